#!/bin/sh
# Runs the test suite on every Airflow (or those named) and every Python that each runs on. Fails where one fails, or where
# a Python is not installed; goes on to the end in any case, and says how each went.
set -u
cd "$(dirname "$0")/.."

ended=
failed=0
for airflow in ${*:-2.11 3.0 3.1 3.2 3.3}; do
    for wanted in $(sh scripts/find-python.sh "$airflow" all); do
        python=$(sh scripts/find-python.sh "$airflow" "$wanted" 2>/dev/null)
        found=$("${python:-false}" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
        if [ "$found" != "$wanted" ]; then
            said="no Python $wanted here"
            failed=1
        elif make --no-print-directory test AIRFLOW="$airflow" PYTHON="$python"; then
            said=passed
        else
            said=FAILED
            failed=1
        fi
        ended="$ended
Airflow $airflow, Python $wanted: $said"
    done
done
echo "$ended"
exit "$failed"

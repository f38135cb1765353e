#!/bin/sh
# Prints a Python that the given Airflow runs on: `find-python.sh AIRFLOW [VERSION]`, VERSION (3.10, say) being tried first;
# `find-python.sh AIRFLOW all` prints which versions those are.
# Looks at python3, then at pythonX.Y on the PATH, then at what pyenv has installed.
set -eu

airflow=$1
case $airflow in
    2.11 | 3.0) versions="3.12 3.11 3.10" ;;
    *) versions="3.12 3.11 3.13 3.10" ;;
esac

# A version that does not start (a shim of pyenv's) or cannot make an environment (Debian without python3-venv) is none.
fits() {
    version=$("$1" -c 'import ensurepip, sys, venv; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || return 1
    case " $2 " in *" $version "*) "$1" -c 'import sys; print(sys.executable)' ;; *) return 1 ;; esac
}

any_of() {
    for wanted in $1; do
        fits "python$wanted" "$wanted" && return
        prefix=$(pyenv prefix "$wanted" 2>/dev/null) && fits "$prefix/bin/python" "$wanted" && return
    done
    return 1
}

if [ "${2-}" = all ]; then echo "$versions" && exit; fi
if [ $# -gt 1 ]; then any_of "$2" && exit; fi
fits python3 "$versions" && exit
any_of "$versions" && exit
echo "No Python for Airflow $airflow: need one of $versions with venv, as python3, pythonX.Y or in pyenv;" \
     "or name one: make PYTHON=/path/to/python" >&2
exit 1

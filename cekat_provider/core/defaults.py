"""The connection's defaults and bounds.

Imports nothing, so that Airflow can read the provider info (which shows them) while it is itself being imported.
"""

from __future__ import annotations

HOST = "https://api.cekat.ai"  # wire fact A
TIMEOUT_SECONDS = 30.0
LONGEST_TIMEOUT_SECONDS = 600.0
CONNECT_TIMEOUT_SECONDS = 10.0
MAX_WAIT_SECONDS = 120.0
LONGEST_WAIT_SECONDS = 3600.0
TIMEZONE = "Asia/Jakarta"  # wire fact C
AUTH_SCHEMES = ("api_key", "bearer", "both")  # wire facts A, B, C
MOST_REQUESTS_PER_MINUTE = 1_000_000

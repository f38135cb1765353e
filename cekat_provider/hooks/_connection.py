"""An Airflow connection to a checked configuration: the one place for both hooks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cekat_provider import connection_form
from cekat_provider.core import config
from cekat_provider.core.limiter import Limiter
from cekat_provider.hooks._trace import trace_headers

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The pace of each key, by base URL, key and budget, for every hook and every shared poll of this process. Without a
#: lock: two threads that ask in the same moment may go together, and whoever comes next waits for both.
LIMITERS: dict[tuple[str, str, float | None], Limiter] = {}


def limiter_of(checked: config.CekatConfig, requests_per_minute: float | None) -> Limiter:
    """Return the pace that all of this process keep for a key; its clock is the monotonic one, as an event loop's."""
    of_whom = (checked.base_url, checked.api_key, requests_per_minute)
    return LIMITERS.setdefault(of_whom, Limiter(requests_per_minute))


def read_connection(connection: Any, extra: Mapping[str, Any], log: Any) -> config.CekatConfig:
    """Check a connection's fields.

    :param connection: Airflow's; its key is already known to the masker.
    :param extra: its extras; read by the caller, since reading them blocks on some versions.
    :raises CekatConfigError: naming the field that is wrong.
    """
    checked = config.from_connection(
        password=connection.password,
        host=connection.host,
        schema=connection.schema,
        port=connection.port,
        extra=extra,
    )
    # The "Test" button of 2.11 sends each extra under a long name, too.
    unknown = sorted(
        name for name in set(extra) - set(connection_form.EXTRA_FIELDS) if not name.startswith("extra__cekat__")
    )
    if unknown:
        log.warning("Connection %r: these extras mean nothing here: %s", connection.conn_id, unknown)
    return replace(checked, trace=trace_headers(checked))

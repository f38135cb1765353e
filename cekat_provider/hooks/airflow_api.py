"""The hook of Airflow's own public API, through which a person's answer reaches a waiting task."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cekat_provider.compat import BaseHook, mask_secret, waiting_for_people
from cekat_provider.core import config, hitl
from cekat_provider.core.errors import AirflowApiRefusedError, CekatConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cekat_provider.core.wire import Response
    from cekat_provider.transports.blocking import BlockingTransport

#: A connection's extras that mean here what they mean for Cekat.
_EXTRAS = ("timeout", "verify", "proxies", "allow_http")


class AirflowApiHook(BaseHook):
    """Read and answer human-in-the-loop requests of an Airflow 3.1 or later.

    The connection may be of any type (``generic`` has the fields): the host is the base URL of Airflow's pages, such as
    ``https://airflow.example.com``. With a login and a password it gets a token from ``/auth/token``, as the Simple and
    the FAB auth manager give it; without a login the password is such a token itself. Extras: ``timeout``,
    ``verify``, ``proxies``, ``allow_http``, as in a connection of type ``cekat``.

    :param airflow_api_conn_id: id of that connection.
    """

    conn_name_attr = "airflow_api_conn_id"
    default_conn_name = "airflow_api_default"

    def __init__(self, airflow_api_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.airflow_api_conn_id = airflow_api_conn_id

    def pending(self, dag_id: str | None = None) -> Iterator[hitl.Pending]:
        """Yield the requests that wait for an answer, of one DAG or of all that the user may see."""
        seen, total = 0, 1
        found: list[hitl.Pending] = []
        # All pages before the first answer: an answer would move what is left to the page before.
        while seen < total:
            page, total = hitl.read_pending(self._send(hitl.list_pending(dag_id, waiting_for_people(), seen)))
            found += page
            if not page:
                break
            seen += len(page)
        yield from found

    def note(self, pending: hitl.Pending) -> hitl.Note | None:
        """Return what was asked on WhatsApp; None where nothing was."""
        response = self._send(hitl.get_note(pending))
        if response.status == 404:
            return None
        return hitl.Note.read(hitl.read(response, "the request's note").get("value"))

    def choose(self, pending: hitl.Pending, option: str) -> bool:
        """Answer a request; return False where somebody has answered it before."""
        response = self._send(hitl.choose(pending, option))
        if response.status == 409:
            return False
        hitl.read(response, "the answer")
        return True

    def close(self) -> None:
        """Close the pooled connections."""
        if "_transport" in self.__dict__:
            self._transport.close()

    def _send(self, request: Any) -> Response:
        return self._transport.send(request)

    @cached_property
    def _transport(self) -> BlockingTransport:
        from cekat_provider.transports.blocking import BlockingTransport

        connection: Any = self.get_connection(self.airflow_api_conn_id)
        token = connection.password
        bare = self._config(connection)
        if connection.login and token:
            first = BlockingTransport(bare)
            try:
                token = hitl.read_token(first.send(hitl.login(connection.login, token)))
            finally:
                first.close()
            mask_secret(token)
        if not token:
            raise AirflowApiRefusedError(
                f"Connection {self.airflow_api_conn_id!r} needs a login and a password, or a token as its password"
            )
        return BlockingTransport(replace(bare, api_key=token, auth_scheme="bearer"))

    def _config(self, connection: Any) -> config.CekatConfig:
        if connection.password:
            mask_secret(connection.password)
        extra = connection.extra_dejson
        try:
            if not connection.host:
                raise CekatConfigError("host", "nothing", "the base URL of Airflow's pages")
            checked = config.from_connection(
                password="-",  # noqa: S106 - the real one is no header
                host=connection.host,
                schema=connection.schema,
                port=connection.port,
                extra={name: extra[name] for name in _EXTRAS if name in extra},
            )
        except CekatConfigError as err:
            raise AirflowApiRefusedError(
                f"Connection {self.airflow_api_conn_id!r}: {err.field} must be {err.wants}, got {err.got}"
            ) from None
        # No header tells the password.
        return replace(checked, auth_scheme="none")

"""Every form of a host."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from samples import GENERATED

from cekat_provider.core.config import from_connection
from cekat_provider.core.errors import CekatConfigError


def base_url(host: str | None, schema: str | None = None, port: int | None = None, **extra: Any) -> str:
    return from_connection(password="key", host=host, schema=schema, port=port, extra=extra).base_url


@pytest.mark.parametrize(
    ("host", "schema", "port", "url"),
    [
        (None, None, None, "https://api.cekat.ai"),
        ("", "", None, "https://api.cekat.ai"),
        ("  ", None, None, "https://api.cekat.ai"),
        (None, "https", None, "https://api.cekat.ai"),
        (None, None, 8443, "https://api.cekat.ai:8443"),
        (None, "v2", None, "https://api.cekat.ai/v2"),
        ("api.cekat.ai", None, None, "https://api.cekat.ai"),
        ("API.Cekat.AI", None, None, "https://api.cekat.ai"),
        (" api.cekat.ai\n", None, None, "https://api.cekat.ai"),
        ("api.cekat.ai", "https", None, "https://api.cekat.ai"),
        ("api.cekat.ai", None, 443, "https://api.cekat.ai:443"),
        ("api.cekat.ai:8443", None, None, "https://api.cekat.ai:8443"),
        ("api.cekat.ai:8443", None, 8443, "https://api.cekat.ai:8443"),
        ("api.cekat.ai/v1", None, None, "https://api.cekat.ai/v1"),
        ("api.cekat.ai:8443/v1/", None, None, "https://api.cekat.ai:8443/v1"),
        ("api.cekat.ai", "/v1/", None, "https://api.cekat.ai/v1"),
        ("https://api.cekat.ai", None, None, "https://api.cekat.ai"),
        ("https://api.cekat.ai/", None, None, "https://api.cekat.ai"),
        ("HTTPS://API.cekat.ai/", None, None, "https://api.cekat.ai"),
        ("https://api.cekat.ai:8443/a/b//", None, None, "https://api.cekat.ai:8443/a/b"),
        ("https://api.cekat.ai/a", "b", None, "https://api.cekat.ai/a/b"),
        ("https://api.cekat.ai", None, 8443, "https://api.cekat.ai:8443"),
        # this machine: plain http by itself
        ("localhost", None, None, "http://localhost"),
        ("localhost", None, 3000, "http://localhost:3000"),
        ("localhost:3000", None, None, "http://localhost:3000"),
        ("cekat.localhost:3000", None, None, "http://cekat.localhost:3000"),
        ("127.0.0.1", None, 3000, "http://127.0.0.1:3000"),
        ("127.8.9.1:3000/cekat", None, None, "http://127.8.9.1:3000/cekat"),
        ("127.0.0.1", "https", 3000, "https://127.0.0.1:3000"),
        ("https://127.0.0.1:3000", None, None, "https://127.0.0.1:3000"),
        ("http://localhost:3000", None, None, "http://localhost:3000"),
        ("localhost", "http", None, "http://localhost"),
        ("::1", None, 3000, "http://[::1]:3000"),
        ("[::1]", None, 3000, "http://[::1]:3000"),
        ("[::1]:3000", None, None, "http://[::1]:3000"),
        ("http://[::1]:3000/x", None, None, "http://[::1]:3000/x"),
        ("2001:db8::1", None, None, "https://[2001:db8::1]"),
        # a name of Docker's, and others
        ("cekat_sandbox", None, 3000, "https://cekat_sandbox:3000"),
        ("192.0.2.7", None, None, "https://192.0.2.7"),
        ("bücher.example", None, None, "https://bücher.example"),
    ],
)
def test_good(host: str | None, schema: str | None, port: int | None, url: str) -> None:
    assert base_url(host, schema, port) == url


@pytest.mark.parametrize(
    ("host", "schema", "port", "field"),
    [
        ("ftp://api.cekat.ai", None, None, "host"),
        ("://api.cekat.ai", None, None, "host"),
        ("https://", None, None, "host"),
        ("https:///v1", None, None, "host"),
        ("/v1", None, None, "host"),
        (":3000", None, None, "host"),
        ("https://[bad", None, None, "host"),
        ("[::1", None, None, "host"),
        ("api cekat.ai", None, None, "host"),
        ("https://api.cekat.ai/a b", None, None, "host"),
        ("api.cekat.ai:port", None, None, "host"),
        ("api.cekat.ai:99999", None, None, "host"),
        ("api.cekat.ai:0", None, None, "host"),
        ("api\x00.cekat.ai", None, None, "host"),
        ("a" * 64 + ".example", None, None, "host"),
        ("api..example", None, None, "host"),
        ("api\\evil.example", None, None, "host"),
        ("api,example", None, None, "host"),
        (".example", None, None, "host"),
        ("https://user@api.cekat.ai", None, None, "host"),
        ("https://user:hunter2@api.cekat.ai", None, None, "host"),
        ("hunter2@api.cekat.ai", None, None, "host"),
        ("https://api.cekat.ai/?key=hunter2", None, None, "host"),
        ("https://api.cekat.ai/#hunter2", None, None, "host"),
        ("api.cekat.ai?key=hunter2", None, None, "host"),
        ("http://api.cekat.ai", None, None, "host"),
        ("api.cekat.ai", "http", None, "host"),
        ("http://192.168.1.7:3000", None, None, "host"),
        ("http://localhost.evil.example", None, None, "host"),
        ("http://127.0.0.1.evil.example", None, None, "host"),
        ("api.cekat.ai:8443", None, 9443, "port"),
        ("https://api.cekat.ai:8443", None, 443, "port"),
        ("api.cekat.ai", None, 99999, "port"),
        ("api.cekat.ai", None, -1, "port"),
        ("api.cekat.ai", "v1?key=hunter2", None, "schema"),
        ("api.cekat.ai", "v1#x", None, "schema"),
        ("api.cekat.ai", "v 1", None, "schema"),
        ("api.cekat.ai", "v1\r\nX: y", None, "schema"),
    ],
)
def test_bad(host: str | None, schema: str | None, port: int | None, field: str) -> None:
    with pytest.raises(CekatConfigError) as caught:
        base_url(host, schema, port)
    assert caught.value.field == field
    assert "hunter2" not in str(caught.value)


def test_plain_http_elsewhere_has_to_be_asked_for() -> None:
    for allowed in (True, "true", "1", "yes"):
        assert base_url("http://cekat.internal:3000", allow_http=allowed) == "http://cekat.internal:3000"
        assert base_url("cekat.internal", "http", 3000, allow_http=allowed) == "http://cekat.internal:3000"
    with pytest.raises(CekatConfigError, match=r"plain http to cekat\.internal"):
        base_url("http://cekat.internal:3000", allow_http="false")


@GENERATED
@given(
    st.none() | st.text(max_size=30) | st.text(" :/@?#[].%ahtp0-1é\\", max_size=20),
    st.none() | st.text(max_size=9),
    st.none() | st.integers(),
)
@example("\ud800", None, None)
@example("http://\u2100.example", None, None)
def test_any_host_is_a_plain_url_or_refused(host: str | None, schema: str | None, port: int | None) -> None:
    try:
        url = base_url(host, schema, port)
    except CekatConfigError as err:
        field = err.field
    else:
        scheme, _, rest = url.partition("://")
        assert scheme in ("http", "https")
        assert not set(rest) & set("?# \r\n\t\x00")
        assert not set(rest.partition("/")[0]) & set("@\\")
        assert not url.endswith("/")
        return
    assert field in ("host", "port", "schema")

"""An Airflow connection, in every way in which one is written, to the hook's configuration."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.models import Connection
from airflow.providers.common.compat.sdk import AirflowNotFoundException
from runs import AIRFLOW

from cekat_provider.core.config import CekatConfig, from_connection
from cekat_provider.core.errors import CekatConfigError
from cekat_provider.hooks.cekat import CekatHook

KEY = "key/0123456789+made=up&%25@:#?"
QUOTED = "key%2F0123456789%2Bmade%3Dup%26%2525%40%3A%23%3F"


def config(monkeypatch: pytest.MonkeyPatch, written: str) -> CekatConfig:
    monkeypatch.setenv("AIRFLOW_CONN_WRITTEN", written)
    return CekatHook("written").config


def expect(base_url: str, **extra: Any) -> CekatConfig:
    return from_connection(password=KEY, host=base_url, schema=None, port=None, extra=extra)


@pytest.mark.parametrize(
    ("fields", "base_url", "extra"),
    [
        ({}, "https://api.cekat.ai", {}),
        ({"host": "api.cekat.ai"}, "https://api.cekat.ai", {}),
        ({"host": "http://localhost:3000"}, "http://localhost:3000", {}),
        ({"host": "localhost", "port": 3000}, "http://localhost:3000", {}),
        ({"host": "localhost", "port": "3000", "schema": "v1"}, "http://localhost:3000/v1", {}),
        ({"host": "https://api.cekat.ai/v1", "extra": None}, "https://api.cekat.ai/v1", {}),
        ({"extra": {"timeout": 5, "verify": False}}, "https://api.cekat.ai", {"timeout": 5, "verify": False}),
        ({"extra": '{"timeout": "5", "verify": "false"}'}, "https://api.cekat.ai", {"timeout": 5, "verify": False}),
        ({"extra": {"default_country_code": "62"}}, "https://api.cekat.ai", {"default_country_code": "62"}),
        # what Airflow 3.3's form saves untouched
        (
            {
                "extra": {
                    "timeout": 30,
                    "auth_scheme": "api_key",
                    "timezone": None,
                    "proxies": None,
                    "allow_http": False,
                }
            },
            "https://api.cekat.ai",
            {},
        ),
    ],
)
def test_json(monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], base_url: str, extra: dict[str, Any]) -> None:
    written = json.dumps({"conn_type": "cekat", "password": KEY, **fields})
    assert config(monkeypatch, written) == expect(base_url, **extra)


@pytest.mark.parametrize(
    ("rest", "base_url", "extra"),
    [
        ("", "https://api.cekat.ai", {}),
        ("api.cekat.ai", "https://api.cekat.ai", {}),
        ("api.cekat.ai/", "https://api.cekat.ai", {}),
        ("api.cekat.ai:8443/v1", "https://api.cekat.ai:8443/v1", {}),
        ("api.cekat.ai/v1%2Fapi", "https://api.cekat.ai/v1/api", {}),
        ("api.cekat.ai/https", "https://api.cekat.ai", {}),
        ("localhost:3000", "http://localhost:3000", {}),
        ("127.0.0.1:3000/prefix", "http://127.0.0.1:3000/prefix", {}),
        ("127.0.0.1:3000/https", "https://127.0.0.1:3000", {}),
        ("http%3A%2F%2Flocalhost%3A3000", "http://localhost:3000", {}),
        ("https%3A%2F%2Fapi.cekat.ai%2Fv1", "https://api.cekat.ai/v1", {}),
        ("cekat.internal:3000/http?allow_http=true", "http://cekat.internal:3000", {"allow_http": True}),
        (
            "api.cekat.ai?timeout=5&verify=false&auth_scheme=both&timezone=Asia%2FMakassar&default_country_code=62",
            "https://api.cekat.ai",
            {
                "timeout": 5,
                "verify": False,
                "auth_scheme": "both",
                "timezone": "Asia/Makassar",
                "default_country_code": "62",
            },
        ),
        (
            "api.cekat.ai?verify=%2Fetc%2Fca.pem&proxies=http%3A%2F%2Fproxy.example.com%3A3128&timeout=",
            "https://api.cekat.ai",
            {"verify": "/etc/ca.pem", "proxies": "http://proxy.example.com:3128"},
        ),
        (
            "api.cekat.ai?__extra__=%7B%22timeout%22%3A+5%2C+%22proxies%22%3A+null%7D",
            "https://api.cekat.ai",
            {"timeout": 5},
        ),
    ],
)
def test_uri(monkeypatch: pytest.MonkeyPatch, rest: str, base_url: str, extra: dict[str, Any]) -> None:
    assert config(monkeypatch, f"cekat://:{QUOTED}@{rest}") == expect(base_url, **extra)


def test_uri_with_a_protocol_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    written = f"cekat://http://:{QUOTED}@127.0.0.1:3000/v1"
    assert config(monkeypatch, written) == expect("http://127.0.0.1:3000/v1")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"host": "api.cekat.ai", "port": 8443},
        {"host": "https://api.cekat.ai/v1/x"},
        {"host": "http://127.0.0.1:3000"},
        {"host": "http://127.0.0.1", "port": 3000, "schema": "v1"},
        {"host": "https://bücher.example"},
        {"extra": {"timeout": 7.5, "verify": False, "proxies": {"https": "http://u:p%40ss@proxy.example.com:1"}}},
        {"extra": {"timeout": None, "verify": None, "allow_http": None, "default_country_code": "62"}},
        {"extra": {"verify": "/etc/ssl/certs & more.pem", "timezone": "Asia/Makassar"}},
    ],
    ids=range(9),
)
def test_the_round_trip_of_the_test_button(monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any]) -> None:
    """Airflow's button "Test" writes the connection as a URI and reads it back."""
    given = {"host": None, "schema": None, "port": None, "extra": {}, **fields}
    plain = from_connection(password=KEY, **given)
    connection = Connection(
        conn_id="written", conn_type="cekat", password=KEY, **{**given, "extra": json.dumps(given["extra"])}
    )
    assert config(monkeypatch, connection.get_uri()) == plain


@pytest.mark.usefixtures("airflow_db")
@pytest.mark.parametrize(
    "arguments",
    [
        ["--conn-host", "http://localhost:3000", "--conn-extra", '{"timeout": 5}'],
        ["--conn-host", "localhost", "--conn-port", "3000", "--conn-extra", '{"timeout": "5"}'],
    ],
)
def test_the_command_line(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    from airflow.cli import cli_parser
    from airflow.utils.session import create_session

    parser = cli_parser.get_parser()
    typed = ["connections", "add", "typed", "--conn-type", "cekat", "--conn-password", KEY, *arguments]
    parsed = parser.parse_args(typed)
    parsed.func(parsed)
    try:
        with create_session() as session:
            uri = session.query(Connection).filter(Connection.conn_id == "typed").one().get_uri()
    finally:
        parsed = parser.parse_args(["connections", "delete", "typed"])
        parsed.func(parsed)
    assert config(monkeypatch, uri) == expect("http://localhost:3000", timeout=5)


def test_the_uri_that_airflow_writes_for_a_sandbox_works(cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = Connection(conn_id="written", **cekat_sandbox.connection)
    for uri in (connection.get_uri(), cekat_sandbox.connection_uri):
        monkeypatch.setenv("AIRFLOW_CONN_WRITTEN", uri)
        hook = CekatHook("written")
        assert hook.test_connection() == (True, "Cekat accepted the API key")
        hook.close()


@pytest.mark.parametrize("extra", ["[1]", '"text"', "7", "[]"])
def test_an_extra_that_is_no_object(monkeypatch: pytest.MonkeyPatch, extra: str) -> None:
    unreadable = AIRFLOW in ("3.0", "3.1")  # for Airflow itself
    with pytest.raises(AirflowNotFoundException if unreadable else CekatConfigError) as caught:
        config(monkeypatch, json.dumps({"conn_type": "cekat", "password": KEY, "extra": extra}))
    assert unreadable or caught.value.field == "extra"


#: The form's Test of 2.11 sends each extra under a long name beside the short one.
EXTRAS = {"timout": "hunter2", "timeout": "30", "extra__cekat__timeout": "30"}


def test_unknown_extras_are_named_in_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    config(monkeypatch, json.dumps({"conn_type": "cekat", "password": KEY, "extra": EXTRAS}))
    # 2.11 logs through the standard library, 3.x past it.
    logged = caplog.text + "".join(capfd.readouterr())
    assert "these extras mean nothing here: ['timout']" in logged
    assert "hunter2" not in logged

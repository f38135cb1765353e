"""A connection's fields to a checked configuration."""

from __future__ import annotations

import copy
import pickle
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import GENERATED

from cekat_provider.core.config import CekatConfig, from_connection
from cekat_provider.core.errors import CekatConfigError

KEY = "key-0123456789-made-up"


def config(**fields: Any) -> CekatConfig:
    given_fields = {"password": KEY, "host": None, "schema": None, "port": None, "extra": {}, **fields}
    return from_connection(**given_fields)


def test_the_key_is_enough() -> None:
    assert config() == CekatConfig(
        api_key=KEY,
        base_url="https://api.cekat.ai",
        auth_scheme="api_key",
        timeout_seconds=30.0,
        zone=ZoneInfo("Asia/Jakarta"),
        default_country_code=None,
        verify=True,
        proxies={},
    )


PROXY = "http://proxy.example.com:3128"


@pytest.mark.parametrize(
    ("extra", "name", "value"),
    [
        ({"timeout": 5}, "timeout_seconds", 5.0),
        ({"timeout": 2.5}, "timeout_seconds", 2.5),
        ({"timeout": "45"}, "timeout_seconds", 45.0),
        ({"timeout": " 1e2 "}, "timeout_seconds", 100.0),
        ({"timeout": 600}, "timeout_seconds", 600.0),
        ({"timeout": 5}, "connect_timeout_seconds", 5.0),
        ({"timeout": 60}, "connect_timeout_seconds", 10.0),
        ({"requests_per_minute": 300}, "triggerer_requests_per_minute", None),
        ({"triggerer_requests_per_minute": "80"}, "triggerer_requests_per_minute", 80.0),
        ({"auth_scheme": "bearer"}, "auth_scheme", "bearer"),
        ({"auth_scheme": "both"}, "auth_scheme", "both"),
        ({"timezone": "UTC"}, "zone", ZoneInfo("UTC")),
        ({"timezone": "Asia/Makassar"}, "zone", ZoneInfo("Asia/Makassar")),
        ({"default_country_code": "62"}, "default_country_code", "62"),
        ({"default_country_code": 62}, "default_country_code", "62"),
        ({"default_country_code": "+62"}, "default_country_code", "62"),
        ({"default_country_code": " 1 "}, "default_country_code", "1"),
        ({"verify": True}, "verify", True),
        ({"verify": False}, "verify", False),
        ({"verify": "false"}, "verify", False),
        ({"verify": "True"}, "verify", True),
        ({"verify": "0"}, "verify", False),
        ({"verify": 1}, "verify", True),
        ({"verify": "/etc/ssl/made-up.pem"}, "verify", "/etc/ssl/made-up.pem"),
        ({"verify": "ca.crt"}, "verify", "ca.crt"),
        ({"proxies": PROXY}, "proxies", {"http": PROXY, "https": PROXY}),
        ({"proxies": {"https": PROXY}}, "proxies", {"https": PROXY}),
        ({"proxies": f'{{"https": "{PROXY}"}}'}, "proxies", {"https": PROXY}),
        ({"proxies": "socks5h://user:pw@proxy.example.com:1080"}, "proxies",
         {"http": "socks5h://user:pw@proxy.example.com:1080", "https": "socks5h://user:pw@proxy.example.com:1080"}),
    ],
)  # fmt: skip
def test_good_extras(extra: dict[str, Any], name: str, value: Any) -> None:
    assert getattr(config(extra=extra), name) == value


@pytest.mark.parametrize("untouched", [None, ""])
def test_what_the_form_saves_untouched_is_the_default(untouched: Any) -> None:
    names = ("timeout", "auth_scheme", "timezone", "default_country_code", "verify", "proxies", "allow_http")
    assert config(extra=dict.fromkeys(names, untouched)) == config()


@pytest.mark.parametrize(
    ("extra", "field", "got"),
    [
        *[({"timeout": bad}, "timeout", repr(bad)) for bad in (0, -1, 601, "soon", "nan", "inf", True, [], {}, "1,5")],
        ({"timeout": 10**400}, "timeout", None),
        *[({"auth_scheme": bad}, "auth_scheme", repr(bad)) for bad in ("basic", "API_KEY", 1, ["both"], "api_key ")],
        *[({"timezone": bad}, "timezone", repr(bad)) for bad in ("Jakarta/Asia", "../UTC", "/etc/localtime", 7, [])],
        *[({"default_country_code": bad}, "default_country_code", repr(bad))
          for bad in ("062", "0", "1234", "six", "٦٢", 62.5, True, [], "+", " ")],
        *[({"verify": bad}, "verify", repr(bad)) for bad in ("maybe", 2, 0.5, [], {}, "ca")],
        *[({"allow_http": bad}, "allow_http", repr(bad)) for bad in ("maybe", 2, [])],
        ({"proxies": 5}, "proxies", "a int"),
        ({"proxies": [PROXY]}, "proxies", "a list"),
        ({"proxies": "{"}, "proxies", "a text that is not JSON"),
        ({"proxies": '{"https": ' + "[" * 100_000}, "proxies", "a text that is not JSON"),
        ({"proxies": "proxy.example.com:3128"}, "proxies", "something that is not a URL"),
        ({"proxies": {"https": 5}}, "proxies", "something that is not a URL"),
        ({"proxies": {"https": None}}, "proxies", "something that is not a URL"),
        ({"proxies": {"https": "http://user:hunter2@[bad"}}, "proxies", "something that is not a URL"),
        ({"proxies": "http://"}, "proxies", "something that is not a URL"),
        ({"proxies": "http://user:hunter2@proxy.example.com:port"}, "proxies", "something that is not a URL"),
    ],
    ids=lambda value: repr(value)[:30],
)  # fmt: skip
def test_bad_extras(extra: dict[str, Any], field: str, got: str | None) -> None:
    with pytest.raises(CekatConfigError) as caught:
        config(extra=extra)
    assert caught.value.field == field
    assert got is None or caught.value.got == got
    assert str(caught.value).startswith(f"Cekat connection: {field} must be ")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "password",
    [
        None,
        "",
        " ",
        "hunter 2",
        "hunter2\n",
        "\r\nhunter2",
        "x\r\nX: hunter2",
        "húnter2",
        "hunter２",
        "hunter2\u200b",
        "\x00",
    ],
)
def test_keys_that_are_none(password: Any) -> None:
    with pytest.raises(CekatConfigError) as caught:
        config(password=password)
    assert caught.value.field == "password"
    assert "nter" not in str(caught.value)


@pytest.mark.parametrize("password", ["x", "!", "~", "a" * 4096, "key:with/all+the=signs&%41{}\"'\\"])
def test_keys_that_may_be(password: str) -> None:
    assert config(password=password).api_key == password


@pytest.mark.parametrize(
    ("scheme", "headers"),
    [
        ("api_key", {"api_key": KEY}),
        ("bearer", {"Authorization": f"Bearer {KEY}"}),
        ("both", {"api_key": KEY, "Authorization": f"Bearer {KEY}"}),
    ],
)
def test_credentials(scheme: str, headers: dict[str, str]) -> None:
    assert config(extra={"auth_scheme": scheme}).credentials() == headers


def test_repr_shows_no_secret() -> None:
    shown = repr(config(extra={"proxies": "http://user:hunter2@proxy.example.com:3128"}))
    assert KEY not in shown
    assert "hunter2" not in shown
    assert "api.cekat.ai" in shown


def test_it_travels() -> None:
    made = config(extra={"timeout": 3, "proxies": PROXY})
    assert pickle.loads(pickle.dumps(made)) == made
    assert copy.deepcopy(made) == made


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=9), inner, max_size=2),
    max_leaves=3,
)
NAMES = ["timeout", "auth_scheme", "timezone", "default_country_code", "verify", "proxies", "allow_http", "more"]


@GENERATED
@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING), st.none() | st.text())
def test_any_extras_are_taken_or_refused_by_name(extra: dict[str, Any], password: str | None) -> None:
    try:
        config(extra=extra, password=password)
    except CekatConfigError as err:
        field = err.field
    else:
        return
    assert field in {*extra, "password"}

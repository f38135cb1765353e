"""The fixture, seen from somebody else's tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from cekat_provider.sandbox.client import Sandbox

from .conftest import RECEIVER

pytest_plugins = ["pytester"]


def python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )


def test_the_plugin_costs_nothing_when_unused():
    code = (
        "import pytest, sys; before = set(sys.modules); import cekat_provider.pytest_plugin; "
        "print(sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    assert python(code).stdout == "['cekat_provider']\n"


def test_the_plugin_loads_with_an_old_pytest():
    # What pluggy 1.0 takes: anything else ends every pytest of that environment before its first test.
    code = (
        "import pytest; known = {'hookwrapper', 'optionalhook', 'tryfirst', 'trylast', 'specname'}; "
        "pytest.hookimpl = lambda **given: (lambda hook: hook) if set(given) <= known else given['not known']; "
        "import cekat_provider.pytest_plugin"
    )
    assert python(code).returncode == 0


def test_importing_the_client_needs_no_extra():
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['fastapi', 'uvicorn', 'starlette', 'pydantic', 'airflow']));"
        "import cekat_provider.sandbox.client"
    )
    assert python(code).returncode == 0


#: Only what the test needs: each pytest of its own would else load every plugin of the environment.
BARE = ("-p", "no:cacheprovider", "-p", "cekat_provider.pytest_plugin")

FOREIGN = """
import json, os, urllib.request, urllib.error
import pytest

def send(url, key, **body):
    headers = {"api_key": key, "Content-Type": "application/json"}
    request = urllib.request.Request(url + "/messages/whatsapp", json.dumps(body).encode(), headers)
    return json.load(urllib.request.urlopen(request))

def connection():
    found = json.loads(os.environ["AIRFLOW_CONN_CEKAT_DEFAULT"])
    assert found["conn_type"] == "cekat"
    return found["host"], found["password"]
"""


def test_in_a_foreign_file(pytester):
    pytester.makepyfile(
        FOREIGN
        + """
URLS = set()

def test_one(cekat_sandbox):
    URLS.add(cekat_sandbox.url)
    send(*connection(), receiver="6281200000001", message="halo")
    assert cekat_sandbox.wait_for_message()["message"] == "halo"
    assert cekat_sandbox.reply("ya")["message"] == "ya"

def test_two_starts_empty(cekat_sandbox):
    URLS.add(cekat_sandbox.url)
    assert cekat_sandbox.sent() == []
    assert len(URLS) == 1
    cekat_sandbox.rotate_key("another")

def test_three_has_the_key_again(cekat_sandbox):
    send(*connection(), receiver="6281200000001", message="halo")

def test_four_without_it():
    assert "AIRFLOW_CONN_CEKAT_DEFAULT" not in os.environ
"""
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=4)


def test_a_failing_test_tells_what_was_refused(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(
        FOREIGN
        + """
def test_it(cekat_sandbox):
    try:
        send(*connection(), receiver="+6281200000001", message="halo")
    except urllib.error.HTTPError:
        pass
    cekat_sandbox.wait_for_message(timeout=0.05)
"""
    )
    result = pytester.runpytest_subprocess(*BARE)
    result.assert_outcomes(failed=1)
    reason = "*POST /messages/whatsapp*400: Validation failed: receiver must be 7 to 15 digits*"
    result.stdout.fnmatch_lines(
        ["*TimeoutError: No such message within 0.05 s. Sent so far: 0*", "*Refused by the Cekat sandbox*", reason]
    )


def test_without_the_extra_one_line_says_what_to_do(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest("import sys\nsys.modules['uvicorn'] = None\n")
    pytester.makepyfile("def test_it(cekat_sandbox):\n    pass\n")
    result = pytester.runpytest_subprocess(*BARE)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(['*uvicorn is missing: pip install "airflow-provider-cekat[[]sandbox]"*'])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_waiting_returns_each_message_once(api, cekat_sandbox):
    api.sent(message="satu")
    api.sent(message="dua", receiver="6281200000002")
    api.sent(message="tiga")
    assert cekat_sandbox.wait_for_message(contains="tiga")["message"] == "tiga"
    assert cekat_sandbox.wait_for_message(receiver="6281200000002")["message"] == "dua"
    assert cekat_sandbox.wait_for_message(predicate=lambda m: m["receiver"] == RECEIVER)["message"] == "satu"
    with pytest.raises(TimeoutError) as caught:
        cekat_sandbox.wait_for_message(timeout=0)
    assert "Sent so far: 3" in str(caught.value)
    assert "to 6281200000002: 'dua'" in str(caught.value)


def test_a_proxy_in_the_environment_is_not_asked(cekat_sandbox, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert Sandbox(cekat_sandbox.url).health()["ok"]


@pytest.mark.parametrize("form", ["json", "uri"])
def test_the_connection_is_read_by_airflow(cekat_sandbox, monkeypatch, form):
    from airflow.models.connection import Connection

    if form == "json":
        read = Connection.from_json(json.dumps(cekat_sandbox.connection))
    else:
        read = Connection(uri=cekat_sandbox.connection_uri)
    assert (read.conn_type, read.host, read.password) == ("cekat", cekat_sandbox.url, cekat_sandbox.api_key)

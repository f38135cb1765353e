"""The command, as a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from cekat_provider.sandbox.client import Sandbox, SandboxError

from .conftest import RECEIVER, Api


def command(*arguments, **more):
    environment = {name: value for name, value in os.environ.items() if name != "CEKAT_SANDBOX_API_KEY"}
    return subprocess.Popen(
        [sys.executable, "-m", "cekat_provider.sandbox", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, **more.pop("env", {})},
        **more,
    )


@contextmanager
def running(folder, *arguments, key="sandbox-key", **more):
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    process = command("--port", "0", "--ready-file", str(ready), *arguments, cwd=folder, **more)
    try:
        deadline = time.monotonic() + 120
        while not ready.exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        told = json.loads(ready.read_text())
        assert told["pid"] == process.pid
        yield process, Sandbox(told["url"], key)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_says_so_and_stops_clean(tmp_path, number):
    with running(tmp_path, "--memory") as (process, sandbox):
        Api(sandbox).sent()
        process.send_signal(number)
        out, err = process.communicate(timeout=90)
        assert out == f"Cekat sandbox on {sandbox.url} (API key: sandbox-key)\n"
        assert (process.returncode, err) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["ready.json"]


def test_it_stops_while_a_client_hangs(tmp_path):
    with running(tmp_path, "--memory") as (process, sandbox):
        sandbox.faults(kind="slow", seconds=600)
        host, port = sandbox.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as client:
            client.sendall(b"GET /messages HTTP/1.1\r\nHost: x\r\napi_key: sandbox-key\r\n\r\n")
            deadline = time.monotonic() + 90
            while not sandbox.requests():
                assert time.monotonic() < deadline
            process.terminate()
            _, err = process.communicate(timeout=90)
        assert (process.returncode, "Traceback" in err) == (0, False)


def test_everything_but_tests_survives_kill_9(tmp_path):
    with running(tmp_path) as (process, sandbox):
        data = Api(sandbox).sent(message="sebelum")
        sandbox.reply("jawab")
        sandbox.auto_reply("nanti", after_seconds=0.5)
        Api(sandbox).sent(message="lagi")
        sandbox.advance(hours=2)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert (tmp_path / "cekat-sandbox.sqlite").exists()
    with running(tmp_path) as (_, sandbox):
        deadline = time.monotonic() + 60
        while len(history := Api(sandbox).history(data["conversation_id"])) < 4:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert [message["message"] for message in history] == ["sebelum", "jawab", "lagi", "nanti"]
        assert sandbox.advance()["offset_seconds"] == 7200
        assert Api(sandbox).sent()["conversation_id"] == data["conversation_id"]


def test_options(tmp_path):
    arguments = ("--memory", "--auto-reply", "Ya, siap", "--after", "0", "--rate-limit", "5")
    with running(tmp_path, *arguments, key="k1", env={"CEKAT_SANDBOX_API_KEY": "k1"}) as (_, sandbox):
        where = Api(sandbox).sent()["conversation_id"]
        assert [m["message"] for m in Api(sandbox).history(where)] == ["halo", "Ya, siap"]
        assert Api(sandbox).read(where).headers["X-RateLimit-Limit"] == "5"
        sandbox.clear()
        where = Api(sandbox).sent()["conversation_id"]
        assert len(Api(sandbox).history(where)) == 2


def test_a_port_in_use_is_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = command("--memory", "--port", str(port))
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (1, "")
    assert err == f"cekat-sandbox: cannot listen on 127.0.0.1:{port}: Address already in use\n"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "cekat.example", "::"])
def test_only_loopback_unless_told_otherwise(host):
    process = command("--memory", "--port", "0", "--host", host)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert err == f"cekat-sandbox: {host} is reachable from other machines; add --allow-remote if that is meant\n"


def test_localhost_is_loopback_and_remote_can_be_allowed(tmp_path):
    with running(tmp_path, "--memory", "--host", "localhost") as (_, sandbox):
        assert sandbox.health()["ok"]
    with running(tmp_path, "--memory", "--host", "0.0.0.0", "--allow-remote") as (_, sandbox):
        assert Sandbox(sandbox.url.replace("0.0.0.0", "127.0.0.1")).health()["ok"]


def test_a_connection_is_dropped_on_ipv6_too(tmp_path):
    with running(tmp_path, "--memory", "--host", "::1") as (_, sandbox):
        assert sandbox.url.startswith("http://[::1]:")
        sandbox.faults(kind="drop")
        with pytest.raises(http.client.RemoteDisconnected):
            Api(sandbox).send()
        assert Api(sandbox).send().status == 200


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "notes.txt").write_text("not a database, " * 100)
    process = command("--port", "0", "--db", str(tmp_path / "notes.txt"))
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert err == f"cekat-sandbox: cannot use the database {tmp_path}/notes.txt: file is not a database\n"


@pytest.mark.parametrize("arguments", [["--port", "70000"], ["--after", "-1"], ["--rate-limit", "0"]])
def test_senseless_options(arguments):
    process = command(*arguments)
    _, err = process.communicate(timeout=120)
    assert (process.returncode, arguments[0] in err) == (2, True)


def test_a_client_says_what_was_wrong(tmp_path):
    with running(tmp_path, "--memory") as (_, sandbox):
        assert RECEIVER in sandbox.conversation(RECEIVER)["receiver"]
        with pytest.raises(SandboxError, match=r"auto-reply answered 400.*times"):
            sandbox.auto_reply("ya", times=0)

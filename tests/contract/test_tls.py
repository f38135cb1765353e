"""Certificates are checked, and a connection that breaks tells whether the request had left."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from peers import certificate, drop, http, peer

from cekat_provider.core.errors import CekatConfigError, NotSentError, OutcomeUnknownError
from cekat_provider.hooks.cekat import CekatHook

Connect = Callable[..., CekatHook]


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    return certificate(tmp_path_factory.mktemp("tls"))


def send(hook: CekatHook) -> Any:
    return hook.send_message(receiver="6281234567890", message="halo")


def test_a_stranger_is_refused_before_anything_is_sent(connect: Connect, tls: Any) -> None:
    with peer(http(), tls=tls[0]) as cekat:
        with pytest.raises(NotSentError) as caught:
            send(connect(cekat.url))
        assert cekat.requests == []
    assert "no connection was made (SSLError" in str(caught.value)


def test_its_own_certificate_vouches_for_it(connect: Connect, tls: Any) -> None:
    with peer(http(b'{"data":{"message_id":"m-1"}}'), tls=tls[0]) as cekat:
        assert send(connect(cekat.url, verify=str(tls[1]))).message_id == "m-1"


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_connections_bundle_goes_before_the_environments(
    connect: Connect, tls: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    import certifi

    monkeypatch.setenv(name, certifi.where())
    with peer(http(), tls=tls[0]) as cekat:
        connect(cekat.url, verify=str(tls[1])).get_messages("c-1")
        assert len(cekat.requests) == 1


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize("name", ["NOTHING", "REQUESTS_CA_BUNDLE"])
def test_verify_false_is_obeyed(connect: Connect, tls: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    import certifi

    monkeypatch.setenv(name, certifi.where())
    with peer(http(), tls=tls[0]) as cekat:
        connect(cekat.url, verify=False).get_messages("c-1")
        assert len(cekat.requests) == 1


def test_a_certificate_for_another_name(connect: Connect, tls: Any) -> None:
    with peer(http(), tls=tls[0]) as cekat, pytest.raises(NotSentError):
        send(connect(f"https://localhost:{cekat.port}", verify=str(tls[1])))


def test_dropped_after_the_request_left(connect: Connect, tls: Any) -> None:
    with peer(drop, tls=tls[0]) as cekat:
        with pytest.raises(OutcomeUnknownError):
            send(connect(cekat.url, verify=str(tls[1])))
        assert len(cekat.requests) == 1


def test_dropped_on_a_kept_connection(connect: Connect, tls: Any) -> None:
    with peer(http(), drop, tls=tls[0]) as cekat:
        hook = connect(cekat.url, verify=str(tls[1]))
        hook.get_messages("c-1")
        with pytest.raises(OutcomeUnknownError):
            send(hook)
        assert (cekat.connections, len(cekat.requests)) == (1, 2)


def test_no_tls_where_tls_was_asked_for(connect: Connect) -> None:
    with peer(http()) as cekat:
        with pytest.raises(NotSentError):
            send(connect(cekat.url.replace("http", "https"), timeout=0.3))
        assert cekat.requests == []


def test_a_file_that_is_no_bundle(connect: Connect, tls: Any, tmp_path: Path) -> None:
    bundle = tmp_path / "made-up.pem"
    bundle.write_text("not a certificate")
    with peer(http(), tls=tls[0]) as cekat:
        with pytest.raises((NotSentError, CekatConfigError)):
            send(connect(cekat.url, verify=str(bundle)))
        assert cekat.requests == []

"""The session that `get_conn` gives: what it sends where, and what it never does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from peers import free_port, headers_of, http, peer, send_one, silence

from cekat_provider.core.errors import CekatConfigError, NotSentError
from cekat_provider.hooks.cekat import CekatHook

Connect = Callable[..., CekatHook]
KEY = "key-0123456789-made-up"


def secrets(request: bytes) -> dict[str, str]:
    return {n: v for n, v in headers_of(request).items() if n.lower() in ("api_key", "authorization", "cookie")}


def test_one_connection_for_all_requests(connect: Connect) -> None:
    with peer(http()) as cekat:
        hook = connect(cekat.url)
        for _ in range(3):
            hook.get_messages("c-1")
            hook.send_message(receiver="6281234567890", message="halo")
        hook.get_conn().get(f"{cekat.url}/other")
        assert (cekat.connections, len(cekat.requests)) == (1, 7)
        assert hook.get_conn() is hook.get_conn()


def test_closed_it_opens_again(connect: Connect) -> None:
    with peer(http()) as cekat:
        hook = connect(cekat.url)
        hook.close()
        for connections in (1, 2):
            hook.get_messages("c-1")
            assert cekat.connections == connections
            hook.close()
            hook.close()


@pytest.mark.parametrize("scheme", ["api_key", "bearer", "both"])
@pytest.mark.parametrize("auth", [None, ("user", "pw")])
def test_the_key_stays_home(connect: Connect, scheme: str, auth: Any) -> None:
    basic = {} if auth is None else {"Authorization": "Basic dXNlcjpwdw=="}
    with peer(http()) as cekat, peer(http()) as other:
        hook = connect(cekat.url, auth_scheme=scheme)
        session = hook.get_conn()
        session.get(f"{other.url}/x", auth=auth)
        session.send(session.prepare_request(requests.Request("GET", f"{other.url}/x", auth=auth)))
        session.get(f"http://localhost:{cekat.port}/x", auth=auth)
        assert [secrets(request) for request in (*other.requests, *cekat.requests)] == [basic] * 3
        session.get(f"{cekat.url}/x")
        assert secrets(cekat.requests[-1]) == hook.config.credentials()


def test_an_international_host_gets_the_key_too(connect: Connect) -> None:
    with peer(http()) as proxy:
        connect("http://bücher.example", allow_http=True, proxies=proxy.url).get_messages("c-1")
        (request,) = proxy.requests
    assert request.startswith(b"GET http://xn--bcher-kva.example/messages?conversation_id=c-1 HTTP/1.1\r\n")
    assert secrets(request) == {"api_key": KEY}


@pytest.mark.parametrize("status", [301, 302, 307])
def test_no_way_through_the_session_follows_a_redirect(connect: Connect, status: int) -> None:
    with peer(http()) as other, peer(http(b"", f"{status} Moved", f"Location: {other.url}/")) as cekat:
        session = connect(cekat.url).get_conn()
        prepared = session.prepare_request(requests.Request("GET", f"{cekat.url}/x"))
        answers = [
            session.get(f"{cekat.url}/x"),
            session.get(f"{cekat.url}/x", allow_redirects=True),
            session.head(f"{cekat.url}/x", allow_redirects=True),
            session.post(f"{cekat.url}/x", json={}),
            session.send(prepared),
            session.send(prepared, allow_redirects=True),
        ]
        assert [answer.status_code for answer in answers] == [status] * 6
        assert other.connections == 0


@pytest.mark.parametrize(
    "ask",
    [
        lambda session, url: session.get(url),
        lambda session, url: session.get(url, timeout=None),
        lambda session, url: session.request("POST", url, data=b"x"),
        lambda session, url: session.send(session.prepare_request(requests.Request("GET", url))),
    ],
)
def test_there_is_always_a_time_out(connect: Connect, ask: Callable[[requests.Session, str], Any]) -> None:
    with peer(silence) as cekat:
        session = connect(cekat.url, timeout=0.2).get_conn()
        with pytest.raises(requests.ReadTimeout):
            ask(session, f"{cekat.url}/x")


def test_netrc_does_not_take_the_keys_place(connect: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password hunter2\ndefault login any password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with peer(http()) as cekat, peer(http()) as other:
        hook = connect(cekat.url, auth_scheme="bearer")
        hook.get_messages("c-1")
        hook.get_conn().get(f"{other.url}/x")
        assert secrets(cekat.requests[0]) == {"Authorization": f"Bearer {KEY}"}
        assert secrets(other.requests[0]) == {}


def test_the_connections_proxy_goes_before_the_environments(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    with peer(http()) as ours, peer(http()) as theirs:
        monkeypatch.setenv("HTTP_PROXY", theirs.url)
        monkeypatch.setenv("http_proxy", theirs.url)
        connect("http://cekat.invalid", allow_http=True).get_messages("c-1")
        assert (ours.connections, theirs.connections) == (0, 1)
        connect("http://cekat.invalid", allow_http=True, proxies={"http": ours.url}).get_messages("c-2")
        assert (ours.connections, theirs.connections) == (1, 1)
        assert ours.requests[0].startswith(b"GET http://cekat.invalid/messages?conversation_id=c-2 ")


def test_the_environment_is_read_once_and_the_session_s_own_settings_each_time(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = requests.sessions.get_environ_proxies
    asked: list[str] = []

    def counted(url: str, **rest: Any) -> Any:
        asked.append(url)
        return read(url, **rest)

    monkeypatch.setattr(requests.sessions, "get_environ_proxies", counted)
    with peer(http()) as cekat, peer(http()) as other, peer(http()) as proxy:
        hook = connect(cekat.url)
        session = hook.get_conn()
        for _ in range(3):
            hook.get_messages("c-1")
            session.get(f"{other.url}/x")
        assert len(asked) == 2
        session.get(f"{other.url}/x", proxies={"http": proxy.url})
        assert len(proxy.requests) == 1
        session.proxies["http"] = proxy.url
        hook.get_messages("c-1")
        assert (len(cekat.requests), len(proxy.requests)) == (3, 2)
        session.trust_env = False
        session.proxies.clear()
        hook.get_messages("c-1")
        assert (len(cekat.requests), len(proxy.requests)) == (4, 2)


@pytest.mark.parametrize("answer", [http(b"", "407 Proxy Authentication Required"), http(b"", "502 Bad Gateway")])
def test_a_proxy_that_refuses_the_tunnel_has_sent_nothing(connect: Connect, answer: bytes) -> None:
    with peer(answer) as proxy:
        hook = connect("https://cekat.invalid", proxies=proxy.url.replace("://", "://user:hunter2@"))
        with pytest.raises(NotSentError) as caught:
            send_one(hook, receiver="6281234567890", message="halo")
        assert proxy.requests[0].startswith(b"CONNECT cekat.invalid:443 HTTP/1")
    assert KEY.encode() not in proxy.requests[0]
    assert "hunter2" not in f"{caught.value} {caught.value.__cause__}"


@pytest.mark.parametrize("host", ["https://cekat.invalid", "http://cekat.invalid"])
def test_a_proxy_out_of_reach_has_sent_nothing(connect: Connect, host: str) -> None:
    hook = connect(host, allow_http=True, proxies=f"http://user:hunter2@127.0.0.1:{free_port()}")
    with pytest.raises(NotSentError) as caught:
        hook.get_messages("c-1")
    assert "hunter2" not in f"{caught.value} {caught.value.__cause__}"


def test_a_ca_bundle_that_is_not_there(connect: Connect) -> None:
    hook = connect("https://127.0.0.1:9", verify="/no/such/bundle.pem")
    with pytest.raises(CekatConfigError) as caught:
        hook.get_messages("c-1")
    assert caught.value.field == "verify"
    with pytest.raises(CekatConfigError):
        hook.get_conn()


def test_nothing_is_looked_up_before_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_CEKAT_DEFAULT", raising=False)
    CekatHook("no_such_connection").close()
    CekatHook().close()

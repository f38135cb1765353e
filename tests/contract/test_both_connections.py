"""What left this machine and what did not; whom the key reaches. Through either transport."""

from __future__ import annotations

import datetime as dt
import gzip
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from both import BOTH, RawServer, Run, answers, configured, raw_server
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cekat_provider.core import wire
from cekat_provider.core.errors import AnswerTooLargeError, CekatConfigError, NotSentError, OutcomeUnknownError
from cekat_provider.core.wire import Response

SEND = wire.send_message({"receiver": "6281234567890", "message": "Halo"})
READ = wire.get_messages("c-1")
OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"data":[]}'
KEY = b"contract-key-1"
pytestmark = BOTH


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that nobody has signed, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path.write_bytes(made.public_bytes(pem) + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return path


def tls_answers(certificate: Path, body: bytes) -> Any:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def serve(connection: socket.socket, server: RawServer) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            while server.read_request(secure):
                secure.sendall(body)

    return serve


@pytest.mark.parametrize("request_", [SEND, READ], ids=["send", "read"])
@pytest.mark.parametrize(
    "host", ["http://127.0.0.1:{port}", "https://127.0.0.1:{port}", "https://no-such-host.invalid"]
)
def test_nothing_left_where_nobody_listens(transport: Run, host: str, request_: wire.Request) -> None:
    config = configured(host.format(port=closed_port()), timeout=5)
    (got,) = transport(config, [request_])
    assert type(got) is NotSentError
    assert KEY.decode() not in str(got)
    assert "c-1" not in str(got)


def test_nothing_left_where_the_host_speaks_no_tls(transport: Run) -> None:
    def serve(connection: socket.socket, server: RawServer) -> None:
        connection.recv(65536)
        connection.sendall(b"this is not TLS\r\n")

    with raw_server(serve) as server:
        (got,) = transport(configured(f"https://127.0.0.1:{server.port}", timeout=5), [SEND])
    assert type(got) is NotSentError


def test_nothing_left_where_the_certificate_is_not_trusted(transport: Run, certificate: Path) -> None:
    with raw_server(tls_answers(certificate, OK)) as server:
        (got,) = transport(configured(f"https://localhost:{server.port}", timeout=5), [SEND])
        assert type(got) is NotSentError
        assert server.received == []


@pytest.mark.parametrize("trust", ["bundle", "environment", "off"])
def test_a_certificate_is_trusted_on_demand(
    transport: Run, certificate: Path, trust: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra: dict[str, Any] = {"bundle": {"verify": str(certificate)}, "off": {"verify": False}}.get(trust, {})
    if trust == "environment":
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with raw_server(tls_answers(certificate, OK)) as server:
        got = transport(configured(f"https://localhost:{server.port}", timeout=5, **extra), [SEND, READ])
        assert [answer.status for answer in got if isinstance(answer, Response)] == [200, 200]
        assert len(server.received) == 2
        assert server.connections == 1  # the second went over the same connection


def test_a_certificate_for_another_name_is_refused(transport: Run, certificate: Path) -> None:
    with raw_server(tls_answers(certificate, OK)) as server:
        (got,) = transport(configured(f"https://127.0.0.1:{server.port}", timeout=5, verify=str(certificate)), [SEND])
        assert type(got) is NotSentError
        assert server.received == []


def test_a_missing_bundle_is_a_wrong_connection(transport: Run) -> None:
    (got,) = transport(configured("https://localhost:1", verify="/nowhere/ca.pem"), [SEND])
    assert type(got) is CekatConfigError
    assert got.field == "verify"


@pytest.mark.parametrize("request_", [SEND, READ], ids=["send", "read"])
def test_a_pooled_connection_that_breaks_is_not_repeated(transport: Run, request_: wire.Request) -> None:
    def serve(connection: socket.socket, server: RawServer) -> None:
        server.read_request(connection)
        connection.sendall(OK)
        server.read_request(connection)  # and closes without an answer

    with raw_server(serve) as server:
        first, second = transport(configured(server.url, timeout=5), [request_, request_])
        assert isinstance(first, Response)
        assert type(second) is OutcomeUnknownError
        assert len(server.received) == 2
        assert server.connections == 1


@pytest.mark.parametrize("request_", [SEND, READ], ids=["send", "read"])
@pytest.mark.parametrize(
    "half",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
        b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x28",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    ],
    ids=["drop", "short", "chunk", "size", "gzip", "ssh", "tls", "status", "headers", "long"],
)
def test_half_an_answer_leaves_the_outcome_open(transport: Run, half: bytes, request_: wire.Request) -> None:
    with raw_server(answers(half)) as server:
        (got,) = transport(configured(server.url, timeout=5), [request_])
        assert type(got) is OutcomeUnknownError
        assert len(server.received) == 1


def test_size_counts_unpacked(transport: Run) -> None:
    packed = gzip.compress(b" " * (33 << 20))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with raw_server(answers(head + packed)) as server:
        (got,) = transport(configured(server.url, timeout=20), [READ])
    assert type(got) is AnswerTooLargeError


def test_a_packed_answer_is_unpacked(transport: Run) -> None:
    packed = gzip.compress(b'{"data":[]}')
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with raw_server(answers(head + packed)) as server:
        (got,) = transport(configured(server.url, timeout=5), [READ])
    assert isinstance(got, Response)
    assert got.content == b'{"data":[]}'
    assert all(name == name.lower() for name in got.headers)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(transport: Run, status: int) -> None:
    with raw_server(answers(OK)) as thief:
        head = f"HTTP/1.1 {status} Go\r\nLocation: {thief.url}/x\r\nContent-Length: 0\r\n\r\n".encode()
        with raw_server(answers(head)) as server:
            (got,) = transport(configured(server.url, timeout=5), [SEND])
            assert isinstance(got, Response)
            assert got.status == status
            assert KEY in server.received[0]
        assert thief.connections == 0


def test_a_redirect_to_nowhere(transport: Run) -> None:
    head = b"HTTP/1.1 302 Go\r\nLocation: http://[bad\r\nContent-Length: 0\r\n\r\n"
    with raw_server(answers(head)) as server:
        (got,) = transport(configured(server.url, timeout=5), [SEND])
        assert isinstance(got, Response)


@pytest.mark.parametrize("through", ["extra", "environment"])
def test_a_proxy_is_used(transport: Run, through: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server(answers(OK)) as proxy:
        url = f"http://user:p%40ss@127.0.0.1:{proxy.port}"
        extra: dict[str, Any] = {"proxies": {"http": url}} if through == "extra" else {}
        if through == "environment":
            monkeypatch.setenv("http_proxy", url)
        (got,) = transport(configured("http://cekat.example", timeout=5, allow_http=True, **extra), [SEND])
        assert isinstance(got, Response)
        assert proxy.received[0].startswith(b"POST http://cekat.example/messages/whatsapp HTTP/1.1\r\n")
        assert b"\r\nproxy-authorization: basic dXNlcjpwQHNz\r\n".lower() in proxy.received[0].lower()


def test_no_proxy_is_kept(transport: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server(answers(OK)) as server, raw_server(answers(OK)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        (got,) = transport(configured(server.url, timeout=5), [SEND])
        assert isinstance(got, Response)
        assert proxy.connections == 0


@pytest.mark.parametrize("refusal", [b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", b""], ids=["407", "drop"])
def test_nothing_left_where_the_tunnel_is_refused(transport: Run, refusal: bytes) -> None:
    with raw_server(answers(refusal)) as proxy:
        config = configured(
            "https://cekat.example", timeout=5, proxies={"https": proxy.url.replace("//", "//user:p%40ss@")}
        )
        (got,) = transport(config, [SEND])
        assert type(got) is NotSentError
        assert proxy.received[0].startswith(b"CONNECT cekat.example:443 HTTP/1")
        assert b"\r\nproxy-authorization: basic dXNlcjpwQHNz\r\n".lower() in proxy.received[0].lower()
        assert KEY not in b"".join(proxy.received)


def test_a_netrc_login_does_not_take_the_keys_place(
    transport: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "netrc"
    path.write_text("machine 127.0.0.1 login other password other\n")
    path.chmod(0o600)
    monkeypatch.setenv("NETRC", str(path))
    with raw_server(answers(OK)) as server:
        transport(configured(server.url, timeout=5, auth_scheme="bearer"), [SEND])
        assert b"Authorization: Bearer contract-key-1\r\n" in server.received[0]

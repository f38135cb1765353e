"""Servers that are not Cekat, for what a sandbox cannot do: raw bytes, half answers, TLS, other hosts."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Play = Callable[[socket.socket, threading.Event], None]


def http(body: bytes = b'{"success":true,"data":[]}', status: str = "200 OK", *headers: str) -> bytes:
    """Write a whole answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


class Peer:
    """Listens, keeps every request byte for byte, and plays the answers in turn, the last one for ever.

    :param answers: whole answers as bytes, or callables given the socket and an event that is set at the end.
    """

    def __init__(self, *answers: bytes | Play, tls: ssl.SSLContext | None = None) -> None:
        self.answers, self.tls = answers, tls
        self.requests: list[bytes] = []
        self.connections = 0
        self.over = threading.Event()
        self._open: list[socket.socket] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    def close(self) -> None:
        self.over.set()
        for sock in (self._socket, *self._open):  # a thread that waits on one wakes up
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self._threads:
            thread.join(timeout=5)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(sock)
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        sock.settimeout(10)
        with contextlib.suppress(OSError, EOFError, ValueError):
            if self.tls:
                sock = self.tls.wrap_socket(sock, server_side=True)
                self._open.append(sock)
            while not self.over.is_set():
                self.requests.append(_read(sock))
                answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
                if callable(answer):
                    answer(sock, self.over)
                else:
                    sock.sendall(answer)
        sock.close()


def _read(sock: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(sock)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(v) for n, v in headers_of(data).items() if n.lower() == "content-length"), 0)
    while len(body) < length:
        body += _some(sock)
    return head + b"\r\n\r\n" + body


def _some(sock: socket.socket) -> bytes:
    data = sock.recv(65536)
    if not data:
        raise EOFError
    return data


def headers_of(request: bytes) -> dict[str, str]:
    """Give a request's headers, names as they were written."""
    lines = request.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
    return dict(line.split(": ", 1) for line in lines)


# What a peer can play


def drop(sock: socket.socket, over: threading.Event) -> None:
    """Close without a word."""
    raise EOFError


def silence(sock: socket.socket, over: threading.Event) -> None:
    """Say nothing, and keep the line."""
    over.wait(10)


def drip(data: bytes, every_seconds: float = 0.02) -> Play:
    """Say it byte by byte, and what is said last again and again."""

    def play(sock: socket.socket, over: threading.Event) -> None:
        for number in range(len(data)):
            sock.sendall(data[number : number + 1])
            over.wait(every_seconds)
        while not over.wait(every_seconds):
            sock.sendall(data[-1:])

    return play


def half(data: bytes) -> Play:
    """Say a part, then close."""

    def play(sock: socket.socket, over: threading.Event) -> None:
        sock.sendall(data)
        raise EOFError

    return play


def free_port() -> int:
    """Give a port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextlib.contextmanager
def peer(*answers: bytes | Play, tls: ssl.SSLContext | None = None) -> Iterator[Peer]:
    running = Peer(*answers, tls=tls)
    try:
        yield running
    finally:
        running.close()


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Make a certificate for 127.0.0.1 that nobody but its own file vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "made-up")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "made-up.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret = folder / "made-up.key"
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, secret)
    return context, path

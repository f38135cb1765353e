"""2. A send through the hook, beside a bare session and the HTTP hook."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from common import Figure, server

BODY = {"receiver": "6281234567890", "message": "Pesanan Anda sudah kami terima."}
ROUNDS, EACH = 30, 20


def main() -> list[Figure]:
    import requests
    from airflow.providers.http.hooks.http import HttpHook

    from cekat_provider.hooks.cekat import CekatHook

    with server() as cekat, requests.Session() as session:
        session.headers["api_key"] = "key"
        ours, http = CekatHook(), HttpHook("POST")
        ways: dict[str, Callable[[], object]] = {
            "a bare requests.Session": lambda: session.post(
                f"{cekat.url}/messages/whatsapp", json=BODY, timeout=30
            ).json(),
            "our hook": lambda: ours.send_message(**BODY),
            "the HTTP hook": lambda: http.run("/messages/whatsapp", json=BODY).json(),
        }
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(ROUNDS + 2):
            for name, send in ways.items():
                start = time.perf_counter()
                for _ in range(EACH):
                    send()
                if number >= 2:  # the first rounds warm up
                    taken[name].append((time.perf_counter() - start) / EACH)
        ours.close()
    median = {name: statistics.median(seconds) for name, seconds in taken.items()}
    bare = median["a bare requests.Session"]
    ratio = median["our hook"] / bare
    return [
        *[
            Figure(f"send, {name}", f"{seconds * 1000:.2f} ms ({seconds / bare:.2f})")
            for name, seconds in median.items()
        ],
        Figure("send, ours / bare", f"{ratio:.2f}", "≤ 1.10", ratio <= 1.10),
    ]

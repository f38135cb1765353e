"""4. The same thousand waits for two real minutes: two requests a second, so they go on beside the others."""

from __future__ import annotations

from bench_thousand import one
from common import Figure, run, server, warm


def main() -> list[Figure]:
    with server():
        run(warm())
    return one("two real minutes", 2.5, 1)

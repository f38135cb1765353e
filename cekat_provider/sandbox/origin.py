"""Whom the sandbox's own endpoints answer: they need no key, so a page of another site must not reach them."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from cekat_provider.sandbox.refusal import Refused


def foreign(headers: Headers, *, loopback_only: bool) -> Refused | None:
    """Give the refusal of a request that a browser makes for another site, or None.

    Where the sandbox listens on loopback alone, its name is a loopback one: any other was made to point here
    (DNS rebinding). A page of another origin names that origin in what it posts.
    """
    host = headers.get("host", "")
    if loopback_only and not is_loopback(_name(f"//{host}")):
        return Refused(403, "FORBIDDEN", "The sandbox listens on loopback, and answers to localhost and 127.0.0.1 only")
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2] != host:
        return Refused(403, "FORBIDDEN", "Another site's page may not use the sandbox")
    return None


def is_loopback(name: str) -> bool:
    """Tell whether a host can be reached from this machine only."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""

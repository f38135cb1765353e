"""The connection's plain values to a checked configuration."""

from __future__ import annotations

import ipaddress
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from cekat_provider.core import defaults
from cekat_provider.core.errors import CekatConfigError

_CONVERSATION_ID: Final = "{conversation_id}"


@dataclass(frozen=True)
class CekatConfig:
    """How to reach Cekat, checked.

    :param api_key: the secret; never shown.
    :param base_url: scheme, host, port and path prefix, without a slash at the end.
    :param auth_scheme: which headers carry the key: ``api_key``, ``bearer`` or ``both``.
    :param timeout_seconds: for one request and its answer; connecting is capped at 10.
    :param max_wait_seconds: how long a send that was certainly not accepted is repeated, in pauses.
    :param zone: what the API's naive times mean.
    :param default_country_code: digits put in the place of a national number's ``0``, or None.
    :param verify: check certificates; or the path of a CA bundle.
    :param proxies: scheme to proxy URL; never shown, since a URL may hold a password.
    :param requests_per_minute: the budget of the key, or None for what the answers' ``X-RateLimit-*`` tell.
    :param triggerer_requests_per_minute: of that budget, what one triggerer may spend, or None for all of it.
    :param inbox_id: the inbox that templates are sent from, or None.
    :param dashboard_url: where a person looks at a conversation, with ``{conversation_id}`` in it, or None.
    :param trace: headers that tell a sandbox which task sends.
    """

    api_key: str = field(repr=False)
    base_url: str = defaults.HOST
    auth_scheme: str = "api_key"
    timeout_seconds: float = defaults.TIMEOUT_SECONDS
    max_wait_seconds: float = defaults.MAX_WAIT_SECONDS
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo(defaults.TIMEZONE))
    default_country_code: str | None = None
    verify: bool | str = True
    proxies: Mapping[str, str] = field(default_factory=dict, repr=False)
    requests_per_minute: float | None = None
    triggerer_requests_per_minute: float | None = None
    inbox_id: str | None = None
    dashboard_url: str | None = None
    trace: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_loopback(self) -> bool:
        """Whether this machine itself is talked to."""
        return _is_loopback(urlsplit(self.base_url).hostname or "")

    @property
    def connect_timeout_seconds(self) -> float:
        """How long a connection may take to be made."""
        return min(self.timeout_seconds, defaults.CONNECT_TIMEOUT_SECONDS)

    def credentials(self) -> dict[str, str]:
        """Return the headers that carry the key."""
        headers = {}
        if self.auth_scheme in ("api_key", "both"):
            headers["api_key"] = self.api_key
        if self.auth_scheme in ("bearer", "both"):
            headers["Authorization"] = f"Bearer {self.api_key}"
        return headers

    def conversation_url(self, conversation_id: str | None) -> str | None:
        """Return where a person looks at a conversation, or None where that is not known."""
        if self.dashboard_url is None or conversation_id is None:
            return None
        return self.dashboard_url.replace(_CONVERSATION_ID, quote(conversation_id, safe=""))


def from_connection(
    *, password: str | None, host: str | None, schema: str | None, port: int | None, extra: Mapping[str, Any]
) -> CekatConfig:
    """Check an Airflow connection's fields.

    A URI or an environment variable gives every extra as text, and Airflow 3.3's form saves untouched ones as
    null: text is read, and null or empty text is the default.

    :param schema: ``http`` or ``https``, or the path prefix (where a connection's URI puts it).
    :raises CekatConfigError: naming the field and what it got.
    """
    if not isinstance(extra, Mapping):  # Airflow hands on any JSON
        raise CekatConfigError("extra", f"a {type(extra).__name__}", "a JSON object")
    given = {name: value for name, value in extra.items() if value is not None and value != ""}
    return CekatConfig(
        api_key=_api_key(password),
        base_url=_base_url(host, schema, port, _flag("allow_http", given.get("allow_http", False))),
        auth_scheme=_auth_scheme(given.get("auth_scheme", "api_key")),
        timeout_seconds=_seconds(given, "timeout", defaults.TIMEOUT_SECONDS, defaults.LONGEST_TIMEOUT_SECONDS),
        max_wait_seconds=_seconds(
            given, "max_wait", defaults.MAX_WAIT_SECONDS, defaults.LONGEST_WAIT_SECONDS, zero=True
        ),
        zone=_zone(given.get("timezone", defaults.TIMEZONE)),
        default_country_code=_country_code(given.get("default_country_code")),
        verify=_verify(given.get("verify", True)),
        proxies=_proxies(given.get("proxies", {})),
        requests_per_minute=_per_minute(given, "requests_per_minute"),
        triggerer_requests_per_minute=_per_minute(given, "triggerer_requests_per_minute"),
        inbox_id=_inbox_id(given.get("inbox_id")),
        dashboard_url=_dashboard_url(given.get("dashboard_url")),
    )


def _api_key(value: str | None) -> str:
    wants = "the API key from Cekat's dashboard: visible ASCII characters in one line"
    if not value:
        raise CekatConfigError("password", "nothing", wants)
    if not all("!" <= char <= "~" for char in value):
        # Never shown, and never sent: a line break in a header is an injection.
        raise CekatConfigError("password", "a text with spaces, line breaks or other characters", wants)
    return value


def _base_url(host: str | None, schema: str | None, port: int | None, allow_http: bool) -> str:
    text = (host or "").strip() or defaults.HOST
    prefix = "" if schema in (None, "", "http", "https") else str(schema)
    if "://" not in text:
        if _is_ip(text, 6):
            text = f"[{text}]"
        scheme = schema if schema in ("http", "https") else "http" if _is_loopback(_hostname(text)) else "https"
        text = f"{scheme}://{text}"
    wants = "a host or an http(s) URL, such as https://api.cekat.ai"
    try:
        parts = urlsplit(text)
        name, written_port = parts.hostname, parts.port
    except ValueError:
        raise CekatConfigError("host", "something that is not one", wants) from None
    good = parts.scheme in ("http", "https") and written_port != 0 and _is_plain(text)
    if not good or not name or not _is_host(name):
        raise CekatConfigError("host", "something that is not one", wants)
    if parts.username or parts.password or parts.query or parts.fragment:
        # Not shown: it may be a key in the wrong place.
        raise CekatConfigError("host", "a URL with a login, a query or a fragment", wants)
    if port is not None and not 0 < port < 65536:
        raise CekatConfigError("port", str(port), "empty, or a number from 1 to 65535")
    if not _is_plain(prefix) or not {"?", "#"}.isdisjoint(prefix):
        raise CekatConfigError("schema", "something that is not one", "http, https, or a path before the API's own")
    if port and written_port and port != written_port:
        raise CekatConfigError("port", str(port), f"empty, or the port of the host ({written_port})")
    if parts.scheme == "http" and not _is_loopback(name) and not allow_http:
        raise CekatConfigError(
            "host",
            f"plain http to {name}",
            "https, so that the API key is not sent in the clear (or set allow_http)",
        )
    netloc = f"[{name}]" if ":" in name else name
    if written_port or port:
        netloc += f":{written_port or port}"
    path = "/".join(piece.strip("/") for piece in ("", parts.path, prefix) if piece.strip("/"))
    return f"{parts.scheme}://{netloc}" + (f"/{path}" if path else "")


def _is_plain(text: str) -> bool:
    return text.isprintable() and " " not in text


def _is_host(name: str) -> bool:
    """Tell whether a name can be looked up at all, so that a slip is not taken for an unreachable host."""
    try:
        ascii_name = name.encode("idna").decode()
    except UnicodeError:
        return False
    return _is_ip(ascii_name, 6) or re.fullmatch(r"[A-Za-z0-9._-]+", ascii_name) is not None


def _hostname(text: str) -> str:
    try:
        return urlsplit(f"//{text}").hostname or ""
    except ValueError:
        return ""


def _is_ip(text: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(text).version == version
    except ValueError:
        return False


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def _auth_scheme(value: Any) -> str:
    if value not in defaults.AUTH_SCHEMES:
        raise CekatConfigError("auth_scheme", repr(value), f"one of {', '.join(defaults.AUTH_SCHEMES)}")
    return str(value)


def _seconds(given: Mapping[str, Any], name: str, default: float, longest: float, *, zero: bool = False) -> float:
    value = given.get(name, default)
    try:
        seconds = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if not 0 <= seconds <= longest or (seconds == 0 and not zero):
        least = "of at least 0" if zero else "above 0"
        raise CekatConfigError(name, repr(value), f"a number of seconds {least}, at most {longest:g}")
    return seconds


def _zone(value: Any) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except Exception:  # ZoneInfo raises KeyError, ValueError, TypeError and every OSError of a path
        raise CekatConfigError("timezone", repr(value), f"an IANA name, such as {defaults.TIMEZONE}") from None


def _country_code(value: Any) -> str | None:
    if value is None:
        return None
    digits = str(value).strip().removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 3 and digits[0] != "0"):
        raise CekatConfigError("default_country_code", repr(value), "one to three digits, such as 62")
    return digits


def _per_minute(given: Mapping[str, Any], name: str) -> float | None:
    value = given.get(name)
    if value is None:
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not 1 <= number <= defaults.MOST_REQUESTS_PER_MINUTE:
        wants = f"a number from 1 to {defaults.MOST_REQUESTS_PER_MINUTE}, or nothing"
        raise CekatConfigError(name, repr(value), wants)
    return number


def _flag(name: str, value: Any) -> bool:
    text = str(value).strip().casefold()
    if text not in ("true", "false", "1", "0", "yes", "no"):
        raise CekatConfigError(name, repr(value), "true or false")
    return text in ("true", "1", "yes")


def _verify(value: Any) -> bool | str:
    try:
        return _flag("verify", value)
    except CekatConfigError:
        if isinstance(value, str) and ("/" in value or value.endswith((".pem", ".crt"))):
            return value
        raise CekatConfigError("verify", repr(value), "true, false or the path of a CA bundle") from None


def _inbox_id(value: Any) -> str | None:
    if value is None:
        return None
    text = str(value).strip()
    if not text or not text.isprintable() or " " in text:
        raise CekatConfigError("inbox_id", repr(value), "an inbox's id from Cekat (a UUID)")
    return text


def _dashboard_url(value: Any) -> str | None:
    if value is None:
        return None
    wants = f"an http(s) URL with {_CONVERSATION_ID}, such as https://chat.example.com/conversations/{_CONVERSATION_ID}"
    text = str(value).strip()
    before, found, after = text.partition(_CONVERSATION_ID)
    if not found or not {"{", "}"}.isdisjoint(before + after):
        raise CekatConfigError("dashboard_url", f"a text without {_CONVERSATION_ID}, or with more in braces", wants)
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and _is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        good = False
    # A page of Airflow's shows it as a link: no javascript:, no login.
    if not good or not _is_plain(text) or "@" in parts.netloc:
        raise CekatConfigError("dashboard_url", "something that is not one", wants)
    return text


def _proxies(value: Any) -> dict[str, str]:
    wants = 'a proxy URL, or an object such as {"https": "http://proxy.example.com:3128"}'
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.lstrip().startswith("{") else {"http": value, "https": value}
        except (ValueError, RecursionError):
            raise CekatConfigError("proxies", "a text that is not JSON", wants) from None
    if not isinstance(value, Mapping):
        raise CekatConfigError("proxies", f"a {type(value).__name__}", wants)
    for url in value.values():
        if not isinstance(url, str) or not _is_proxy(url):
            raise CekatConfigError("proxies", "something that is not a URL", wants)
    return {str(scheme): url for scheme, url in value.items()}


def _is_proxy(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.scheme and _is_host(parts.hostname or "") and parts.port != 0 and _is_plain(url))
    except ValueError:
        return False

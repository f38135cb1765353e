"""Alerts: what is told about a task or a DAG, and when it is better not told again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from cekat_provider.core import limits

Kind = Literal["failure", "retry", "success", "deadline", "other"]
#: These are trouble: told once, then kept quiet.
TROUBLE: Final = ("failure", "retry", "deadline")

_TEXT: Final = 4096
_ONE_LINE: Final = 1000
_CAUSE: Final = 300
#: Long after its quiet period an entry still tells a recovery that it is one.
_KEPT_SECONDS: Final = 7 * 24 * 3600.0
_MOST_ENTRIES: Final = 200
_HEADINGS: Final[Mapping[Kind, str]] = {
    "failure": "❌ Failed",
    "retry": "🔁 Failed, will be tried again",
    "success": "✅ Succeeded",
    "deadline": "⏰ Missed its deadline",
    "other": "ℹ️ Airflow",
}


@dataclass(frozen=True)
class Happening:
    """What happened, as far as the callback's context tells.

    :param task_id: None for a whole DAG run.
    :param map_index: below 0 where the task is not mapped.
    :param tries: how many there are in all.
    :param cause: the exception in words, of any length.
    """

    kind: Kind
    dag_id: str
    run_id: str
    task_id: str | None = None
    map_index: int = -1
    try_number: int | None = None
    tries: int | None = None
    cause: str | None = field(default=None, repr=False)
    log_url: str | None = None

    @property
    def name(self) -> str:
        """Name it as people do: ``dag › task [3]``."""
        mapped = f" [{self.map_index}]" if self.map_index >= 0 else ""
        return f"{self.dag_id} › {self.task_id}{mapped}" if self.task_id else self.dag_id

    @property
    def key(self) -> str:
        """What counts as the same trouble where nothing else is said: DAG, task and run, all its tries and indices."""
        return "/".join((self.dag_id, self.task_id or "", self.run_id))

    def text(self) -> str:
        """Tell it in a few lines; nothing here needs a logical date."""
        lines = [f"{_HEADINGS[self.kind]}: {self.name}", f"Run: {self.run_id}"]
        if self.try_number is not None and self.kind in ("failure", "retry"):
            lines.append(f"Try: {self.try_number}" + (f" of {self.tries}" if self.tries is not None else ""))
        if self.cause and self.kind in TROUBLE:
            lines.append(f"Cause: {shorten(one_line(self.cause), _CAUSE)}")
        if self.log_url:
            lines.append(f"Log: {self.log_url}")
        return "\n".join(lines)

    def recovery_text(self, entry: Mapping[str, Any]) -> str:
        """Tell that it is well again."""
        times = 1 + _count(entry)
        return f"✅ Well again: {self.name}\nRun: {self.run_id}\nIt had failed {times} time{'s' if times > 1 else ''}."


def still_failing(text: str, entry: Mapping[str, Any] | None) -> str:
    """Add what the quiet period kept back."""
    kept = _count(entry)
    return f"{text}\nStill failing, {kept} more time{'s' if kept > 1 else ''}." if kept else text


def is_quiet(entry: Mapping[str, Any] | None, now: float, quiet_seconds: float) -> bool:
    """Tell whether this trouble was told so lately that it is only counted."""
    return entry is not None and 0 <= now - _at(entry) < quiet_seconds


def claimed(now: float, token: str) -> dict[str, Any]:
    """Return the entry of an alert that is being told."""
    return {"at": now, "more": 0, "token": token}


def counted(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry with one more that was kept back."""
    return {**entry, "more": _count(entry) + 1}


def pruned(entries: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Drop what is old, and the oldest of what is too many."""
    kept = {
        key: entry for key, entry in entries.items() if isinstance(entry, Mapping) and now - _at(entry) < _KEPT_SECONDS
    }
    newest = sorted(kept, key=lambda key: _at(kept[key]), reverse=True)[:_MOST_ENTRIES]
    return {key: kept[key] for key in newest}


def one_line(text: str) -> str:
    """Put a text into one line without tabs or rows of spaces: what a template's variable may be."""
    return shorten(" ".join(text.split()), _ONE_LINE)


def shorten(text: str, most: int = _TEXT) -> str:
    """Cut a text where it is too long, and show that it was cut: a long alert is better than none."""
    if limits.length(text) <= most:
        return text
    while limits.length(text) > most - 1:
        # At most half of it are pairs, so this ends after a few rounds.
        text = text[: len(text) - max(1, (limits.length(text) - most + 1) // 2)]
    return text + "…"


def _count(entry: Mapping[str, Any] | None) -> int:
    more = (entry or {}).get("more")
    return more if isinstance(more, int) and not isinstance(more, bool) and more > 0 else 0


def _at(entry: Mapping[str, Any]) -> float:
    at = entry.get("at")
    return float(at) if isinstance(at, int | float) else 0.0

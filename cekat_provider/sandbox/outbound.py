"""What becomes of an accepted send: how it is kept, and which statuses it will climb to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cekat_provider.sandbox.limits import INTERACTIVE

_EXTENSIONS = {
    "image": ("jpg", "jpeg", "png", "webp", "gif"),
    "video": ("mp4", "3gp", "mov"),
    "audio": ("mp3", "ogg", "opus", "aac", "amr", "m4a", "wav"),
}


@dataclass
class Delivery:
    """The ladder that messages accepted from now on will climb; None: that step is never reached."""

    delivered_after_seconds: float | None = None
    read_after_seconds: float | None = None
    failed_after_seconds: float | None = None
    error_code: int | str | None = None
    error_message: str | None = None

    def ladder(self, accepted_ms: int) -> dict[str, Any] | None:
        """Give the times of the steps for a message accepted now."""
        steps: dict[str, Any] = {}
        for status in ("delivered", "read", "failed"):
            after = getattr(self, f"{status}_after_seconds")
            if after is not None:
                steps[f"{status}_ms"] = accepted_ms + int(after * 1000)
        if self.error_code is not None or self.error_message is not None:
            steps["error"] = {"code": self.error_code, "message": self.error_message}
        return steps or None


def outbound_content(body: dict[str, Any]) -> dict[str, Any]:
    """Make the content of a message that came through the API; a bare file's kind is told by its extension."""
    kind = body.get("media_type", "text")
    if kind == "text" and "file_url" in body:
        extension = body["file_url"].rpartition(".")[2].lower()
        kind = next((name for name, known in _EXTENSIONS.items() if extension in known), "document")
    content = {
        "message": body.get("message", ""),
        "media_type": kind,
        "media_url": body.get("file_url") or body.get("header", {}).get("file_url"),
        "location": body.get("location"),
        "action": body.get("action"),
        "sent_by": "api",
        "sent_by_name": "API",
    }
    if kind in INTERACTIVE:
        parts = {key: body[key] for key in ("header", "action") if key in body}
        footer = {"footer": {"text": body["footer"]}} if "footer" in body else {}
        content["interactive"] = {"type": kind, "body": {"text": body["message"]}, **parts, **footer}
    return content

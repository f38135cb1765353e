"""A refusal, in the error bodies that have been seen of Cekat."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

Detail = dict[str, str]


@dataclass(frozen=True)
class Answer:
    """A whole HTTP answer, before it is sent."""

    status: int
    body: bytes
    headers: list[tuple[str, str]] = field(default_factory=list)
    content_type: str = "application/json"

    def header_lines(self) -> list[tuple[bytes, bytes]]:
        """Give the headers as ASGI wants them, ``Content-Length`` included."""
        lines = [("content-type", self.content_type), ("content-length", str(len(self.body))), *self.headers]
        return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in lines]


class Refused(Exception):
    """Raised by an endpoint that will not do what was asked; rendered as the answer.

    ``code`` is a word of the sandbox's own, or one of WhatsApp's numbers. Without a code the answer has the
    form that Cekat gives to a missing key: a status and a message only.
    """

    def __init__(self, status: int, code: str | int | None, message: str, details: list[Detail] | None = None) -> None:
        super().__init__(status, code, message, details)
        self.status = status
        self.code = code
        self.message = message
        self.details = details or []

    def body(self) -> dict[str, Any]:
        """Give the error body."""
        if self.code is None:
            return {"success": False, "status_code": self.status, "error": {"message": self.message}}
        return {
            "success": False,
            "error": {"code": self.code, "message": self.message, "details": self.details},
        }

    def reason(self) -> str:
        """Say in one line why, for the request log and for whoever reads a failing test."""
        said = "; ".join(f"{detail['field']} {detail['message']}" for detail in self.details)
        return f"{self.message}: {said}" if said else self.message

    def answer(self) -> Answer:
        """Give the whole answer."""
        return json_answer(self.status, self.body())


def json_answer(status: int, value: object, headers: list[tuple[str, str]] | None = None) -> Answer:
    """Write a value as a JSON answer."""
    return Answer(status, json.dumps(value, ensure_ascii=False).encode(), headers or [])

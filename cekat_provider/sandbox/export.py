"""Everything that was said, to keep: as JSON, and as Markdown for a ticket or a pull request."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

from fastapi import APIRouter
from starlette.responses import Response

from cekat_provider.sandbox.cekat import Cekat
from cekat_provider.sandbox.clock import iso_utc
from cekat_provider.sandbox.control_people import TheCekat, shown

router = APIRouter(prefix="/sandbox", tags=["Sandbox"])
_SENDERS = {"user": "Customer", "private_note": "Private note", "api": "API"}
#: What means something in Markdown, or is HTML in it.
_MARKS = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&])")


@router.get("/export.json")
async def as_json(cekat: TheCekat) -> Response:
    """Give all conversations and the request log, keys masked, as a file."""
    text = json.dumps(_everything(cekat), ensure_ascii=False, indent=2)
    return _file(text, "application/json", "cekat-sandbox.json")


@router.get("/export.md")
async def as_markdown(cekat: TheCekat) -> Response:
    """Give all conversations as a file to read."""
    return _file("\n".join(_lines(cekat)) + "\n", "text/markdown; charset=utf-8", "cekat-sandbox.md")


def _everything(cekat: Cekat) -> dict[str, Any]:
    told = [
        {**shown(cekat, one), "messages": [cekat.shown(message) for message in cekat.store.messages(one.id)]}
        for one in cekat.store.conversations()
    ]
    return {"exported_at": iso_utc(cekat.clock.now_ms()), "conversations": told, "requests": cekat.log.shown()}


def _lines(cekat: Cekat) -> list[str]:
    everything = _everything(cekat)
    lines = [f"# Cekat sandbox, {everything['exported_at']}"]
    for one in everything["conversations"]:
        window = "open" if one["window_open"] else "closed"
        lines += ["", f"## {_plain(one['name'])} ({one['receiver']})", ""]
        lines += [f"Conversation `{_plain(one['id'])}`, window {window}, until {one['window_ends_at']}."]
        for message in one["messages"]:
            who = _SENDERS.get(message["sent_by_type"], message["sent_by_type"])
            kind = "template" if message["is_template"] else message["media_type"]
            lines += ["", f"**{who}**, {message['created_at']}, {_plain(kind)}, {_plain(message['status'])}"]
            lines += _task(message["request_headers"])
            said = [message["message"], message["media_url"] or ""]
            lines += ["", *(f"> {_plain(line)}" for text in said if text for line in text.splitlines())]
    refused = [entry for entry in everything["requests"] if entry["reason"] is not None]
    if refused:
        lines += ["", "## Refused requests", ""]
        lines += [
            f"- {e['at']} {e['method']} {_plain(e['path'])}: {e['status']}, {_plain(e['reason'])}" for e in refused
        ]
    return lines


def _task(headers: dict[str, str]) -> list[str]:
    names = ("dag-id", "run-id", "task-id", "map-index", "try-number")
    told = {name: headers.get(f"x-airflow-{name}") for name in names}
    said = [f"{name} {_plain(unquote(value))}" for name, value in told.items() if value]
    return [f"sent by {', '.join(said)}"] if said else []


def _plain(text: Any) -> str:
    return _MARKS.sub(r"\\\1", " ".join(str(text).split()))


def _file(text: str, media_type: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(text, media_type=media_type, headers=headers)

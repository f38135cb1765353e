"""The documented endpoints. Those of templates are in ``api_templates.py``."""

from __future__ import annotations

import json
import re
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from cekat_provider.sandbox.cekat import Cekat
from cekat_provider.sandbox.checks import check_send
from cekat_provider.sandbox.limits import CONVERSATION_ID
from cekat_provider.sandbox.refusal import Detail, Refused
from cekat_provider.sandbox.shapes import history

router = APIRouter()


@router.post("/messages/whatsapp")
async def send_message(request: Request) -> JSONResponse:
    """Send a free-form message."""
    cekat: Cekat = request.app.state.cekat
    received = request.state.received
    body = read_object(received.body, received.headers.get("content-type", ""))
    details = check_send(body)
    if details:
        raise invalid(details)
    message, conversation = cekat.accept(body, received.headers)
    data = {
        "message_id": message.id,
        "conversation_id": conversation.id,
        "receiver": conversation.receiver,
        "status": "sent",
        "created_at": cekat.shape.time(message.created_ms),
    }
    return JSONResponse({"success": True, "data": data})


@router.get("/messages")
async def get_messages(request: Request) -> JSONResponse:
    """Read a conversation's history in the shape that is set."""
    cekat: Cekat = request.app.state.cekat
    query = request.query_params
    details: list[Detail] = []
    for name in ("conversation_id", "page", "cursor"):
        if len(query.getlist(name)) > 1:
            details.append({"field": name, "message": "is given more than once"})
    conversation_id = query.get("conversation_id", "")
    if not 1 <= len(conversation_id) <= CONVERSATION_ID:
        details.append({"field": "conversation_id", "message": f"must have 1 to {CONVERSATION_ID} characters"})
    page = _number(query.get("page", "1"), "page", 1, details)
    cursor = _number(query.get("cursor", "0"), "cursor", 0, details)
    if details:
        raise invalid(details)
    conversation = cekat.store.conversation(conversation_id)
    if conversation is None:
        raise Refused(404, "NOT_FOUND", "Conversation not found")
    messages = cekat.store.messages(conversation_id)
    return JSONResponse(history(messages, conversation, cekat.shape, cekat.clock.now_ms(), page, cursor))


def invalid(details: list[Detail]) -> Refused:
    """Make the refusal of a body or a query that breaks a rule."""
    return Refused(400, "VALIDATION_ERROR", "Validation failed", details)


def read_object(body: bytes, content_type: str) -> dict[str, Any]:
    """Read a JSON object, strictly: UTF-8, no NaN, no half of a surrogate pair."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise invalid([{"field": "Content-Type", "message": "must be application/json"}])
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise Refused(400, "INVALID_JSON", "The body is not valid JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise Refused(400, "INVALID_JSON", "The body is not a JSON object")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _number(text: str, field: str, low: int, details: list[Detail]) -> int:
    if re.fullmatch(r"[0-9]{1,9}", text) and int(text) >= low:
        return int(text)
    details.append({"field": field, "message": f"must be a whole number from {low}"})
    return low

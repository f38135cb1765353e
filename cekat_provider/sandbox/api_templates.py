"""The endpoints of templates, and the control endpoint that sets which there are."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from cekat_provider.sandbox.api import invalid, read_object
from cekat_provider.sandbox.cekat import Cekat
from cekat_provider.sandbox.control_people import TheCekat
from cekat_provider.sandbox.refusal import Refused
from cekat_provider.sandbox.shapes import INBOX
from cekat_provider.sandbox.templates import ID, Template, accept_template, check_template_send

router = APIRouter()
control = APIRouter(prefix="/sandbox", tags=["Sandbox"])


@router.get("/templates")
async def list_templates(request: Request) -> JSONResponse:
    """List the templates of an inbox, whatever their status."""
    cekat: Cekat = request.app.state.cekat
    given = request.query_params.getlist("inbox_id")
    if len(given) != 1 or not 1 <= len(given[0]) <= ID:
        raise invalid([{"field": "inbox_id", "message": f"must be given once, with 1 to {ID} characters"}])
    if given[0] != INBOX["id"]:
        raise Refused(404, "NOT_FOUND", "Inbox not found")
    return JSONResponse({"success": True, "data": [template.shown() for template in cekat.templates]})


@router.post("/templates/send")
async def send_template(request: Request) -> JSONResponse:
    """Send a template."""
    cekat: Cekat = request.app.state.cekat
    received = request.state.received
    body = read_object(received.body, received.headers.get("content-type", ""))
    details = check_template_send(body)
    if details:
        raise invalid(details)
    message, conversation = accept_template(cekat, body, received.headers)
    data = {
        "message_id": message.id,
        "conversation_id": conversation.id,
        "receiver": conversation.receiver,
        "status": "sent",
        "created_at": cekat.shape.time(message.created_ms),
    }
    return JSONResponse({"success": True, "data": data})


@control.get("/templates")
async def templates(cekat: TheCekat) -> list[dict[str, Any]]:
    """List the templates."""
    return [template.shown() for template in cekat.templates]


@control.post("/templates")
async def set_templates(body: list[Template], cekat: TheCekat) -> list[dict[str, Any]]:
    """Replace the templates."""
    cekat.templates = body
    return [template.shown() for template in cekat.templates]

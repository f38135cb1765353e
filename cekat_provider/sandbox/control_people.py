"""The control endpoints about conversations and messages: play the customer, look at what was sent."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from cekat_provider.sandbox.cekat import Cekat
from cekat_provider.sandbox.clock import iso_utc
from cekat_provider.sandbox.control_bodies import Inside, NewConversation, Reply, StatusChange
from cekat_provider.sandbox.refusal import Refused
from cekat_provider.sandbox.store import Conversation

router = APIRouter()


async def the_cekat(request: Request) -> Cekat:
    """Give the endpoints the one Cekat of this application."""
    cekat: Cekat = request.app.state.cekat
    return cekat


TheCekat = Annotated[Cekat, Depends(the_cekat)]


def _known(cekat: Cekat, conversation_id: str) -> Conversation:
    conversation = cekat.store.conversation(conversation_id)
    if conversation is None:
        raise Refused(404, "NOT_FOUND", "Conversation not found")
    return conversation


def shown(cekat: Cekat, conversation: Conversation) -> dict[str, Any]:
    """Show a conversation as the control endpoints do."""
    last = conversation.last_inbound_ms
    return {
        "id": conversation.id,
        "receiver": conversation.receiver,
        "name": conversation.name,
        "opened_at": iso_utc(conversation.opened_ms),
        "last_inbound_at": None if last is None else iso_utc(last),
        "window_ends_at": iso_utc(conversation.window_ends_ms),
        "window_open": cekat.clock.now_ms() < conversation.window_ends_ms,
    }


@router.get("/conversations")
async def conversations(cekat: TheCekat) -> list[dict[str, Any]]:
    """List all conversations in the order they were opened."""
    return [shown(cekat, conversation) for conversation in cekat.store.conversations()]


@router.post("/conversations")
async def open_conversation(body: NewConversation, cekat: TheCekat) -> dict[str, Any]:
    """Open a conversation; where the receiver has one already, that one is answered."""
    known = cekat.store.conversation_of(body.receiver)
    if known is None:
        if body.id is not None and cekat.store.conversation(body.id) is not None:
            raise Refused(409, "CONFLICT", "This id belongs to another receiver's conversation")
        opened_ms = cekat.clock.now_ms() - int(body.opened_hours_ago * 3_600_000)
        known = cekat.store.open_conversation(body.receiver, opened_ms, body.id, body.name)
    elif body.id not in (None, known.id):
        raise Refused(409, "CONFLICT", "The receiver has a conversation with another id")
    return shown(cekat, known)


@router.get("/conversations/{conversation_id:path}/messages")
async def messages(
    conversation_id: str, cekat: TheCekat, last: Annotated[int, Query(ge=1, le=2**53)] | None = None
) -> list[dict[str, Any]]:
    """List a conversation's messages in the order accepted, whatever shape and lag are set; ``last``: the newest."""
    _known(cekat, conversation_id)
    return [cekat.shown(message) for message in cekat.store.messages(conversation_id, last or -1)]


@router.post("/conversations/{conversation_id:path}/reply")
async def reply(conversation_id: str, body: Reply, cekat: TheCekat) -> dict[str, Any]:
    """Write or tap as the customer."""
    conversation = _known(cekat, conversation_id)
    fields = (body.message, body.media_type, body.media_url, body.button_id, body.row_id)
    return cekat.shown(cekat.reply(conversation, *fields))


@router.post("/conversations/{conversation_id:path}/note")
async def note(conversation_id: str, body: Inside, cekat: TheCekat) -> dict[str, Any]:
    """Write a private note, or a message as an agent or another sender on the business's side."""
    conversation = _known(cekat, conversation_id)
    return cekat.shown(cekat.write_inside(conversation, body.sent_by_type, body.message, body.name))


@router.get("/messages")
async def all_messages(
    cekat: TheCekat, sent: bool = False, after: Annotated[int, Query(ge=0, le=2**53)] = 0
) -> list[dict[str, Any]]:
    """List messages of all conversations in the order accepted; ``sent``: those sent through the API only."""
    return [cekat.shown(message) for message in cekat.store.all_messages(sent=sent, after_seq=after)]


@router.delete("/messages")
async def clear(cekat: TheCekat) -> dict[str, Any]:
    """Forget everything but the key: messages, conversations, log, faults, rules, shape, the clock."""
    cekat.clear()
    return {"ok": True}


@router.patch("/messages/{message_id}")
async def set_status(message_id: str, body: StatusChange, cekat: TheCekat) -> dict[str, Any]:
    """Set a message's status by hand."""
    if cekat.store.message(message_id) is None:
        raise Refused(404, "NOT_FOUND", "Message not found")
    error = None if body.error is None else body.error.model_dump()
    cekat.store.set_status(message_id, body.status, cekat.clock.now_ms(), error)
    message = cekat.store.message(message_id)
    assert message is not None  # noqa: S101 - for the type checker: it was there above
    return cekat.shown(message)

"""The answers in the OpenAPI document."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
_STRING: Schema = {"type": "string"}
_MAYBE: Schema = {"nullable": True, "type": "string"}
_THING: Schema = {"nullable": True, "type": "object"}


def _json(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _object(properties: Schema, *optional: str) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def error(description: str) -> Schema:
    """Give an error answer, in either of the two forms."""
    detail = _object({"field": _STRING, "message": _STRING})
    code = {"anyOf": [{"type": "string"}, {"type": "integer"}]}
    inner = {"code": code, "message": _STRING, "details": {"type": "array", "items": detail}}
    body = {
        "success": {"type": "boolean", "enum": [False]},
        "status_code": {"type": "integer"},
        "error": _object(inner, "code", "details"),
    }
    return _json(description, _object(body, "status_code"))


def sent_answer() -> Schema:
    """Give the answer to an accepted send."""
    names = ("message_id", "conversation_id", "receiver", "status", "created_at")
    data = _object(dict.fromkeys(names, _STRING))
    answer = _json("Successful response", _object({"success": {"type": "boolean", "enum": [True]}, "data": data}))
    history = {
        "operationId": "Messages_get_messages",
        "parameters": {"conversation_id": "$response.body#/data/conversation_id"},
    }
    return {**answer, "links": {"history": history}}


def history_answer() -> Schema:
    """Give the answer to a read, in every shape that the sandbox can be told to give."""
    items = {"type": "array", "items": {"anyOf": [_new_message(), _old_message()]}}
    nested = [{"type": "object", "properties": {name: items}, "required": [name]} for name in ("messages", "items")]
    enveloped = _object(
        {
            "success": {"type": "boolean", "enum": [True]},
            "data": {"anyOf": [items, *nested]},
            "metadata": _object({"pagination": {"type": "object"}}),
        },
        "metadata",
    )
    return _json("Successful response", {"anyOf": [enveloped, items]})


def _new_message() -> Schema:
    words = (
        "id",
        "message",
        "conversation_id",
        "sent_by",
        "sent_by_name",
        "sent_by_type",
        "media_type",
        "status",
    )
    times = ("created_at", "updated_at", "platform_mid")
    things = ("location", "interactive", "action")
    return _object(
        {
            **dict.fromkeys((*words, *times), _STRING),
            "media_url": _MAYBE,
            "is_template": {"type": "boolean"},
            "additional_data": {
                "type": "object",
                "properties": {"is_private_note": {"type": "boolean"}},
                "required": ["is_private_note"],
            },
            "contact": _object({"phone_number": _STRING, "name": _STRING}),
            "inbox": {"type": "object"},
            **dict.fromkeys(things, _THING),
        }
    )


def _old_message() -> Schema:
    return _object(
        {
            "id": _STRING,
            "conversation_id": _STRING,
            "direction": {"type": "string", "enum": ["inbound", "outbound"]},
            "type": _STRING,
            "content": {"type": "object", "properties": {"text": _STRING}, "required": ["text"]},
            "sender": _object({"name": _STRING, "phone": _MAYBE}),
            "timestamp": _STRING,
        }
    )

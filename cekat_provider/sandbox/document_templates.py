"""The two template endpoints in the OpenAPI document (they are not in the one that Cekat gives)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cekat_provider.sandbox import limits
from cekat_provider.sandbox.document_answers import Schema
from cekat_provider.sandbox.templates import ID, NAME, VARIABLE, VARIABLES


def _text(high: int, description: str, pattern: str | None = None) -> Schema:
    schema: Schema = {"type": "string", "minLength": 1, "maxLength": high, "description": description}
    return schema if pattern is None else {**schema, "pattern": f"^(?:{pattern})$(?!\\n)"}


_VARIABLE = _text(
    VARIABLE,
    "Not blank; no line break, no tab, no more than four spaces in a row.",
    r"(?!.* {5})[^\r\n\t]*\S[^\r\n\t]*",
)
_SEND: Schema = {
    "type": "object",
    "required": ["inbox_id", "wa_template_id", "phone_number"],
    "properties": {
        "inbox_id": _text(ID, "UUID of the inbox."),
        "wa_template_id": _text(ID, "WhatsApp's number of the template, not Cekat's id."),
        "phone_number": _text(15, "Digits with the country code.", limits.RECEIVER_PATTERN),
        "phone_name": _text(NAME, "What the contact is called."),
        "template_body_variables": {"type": "array", "maxItems": VARIABLES, "items": _VARIABLE},
        "file_url": _text(limits.URL, "Where the template has a file above; ends in a file name.", limits.FILE_PATTERN),
    },
}


def _templates_answer() -> Schema:
    words = ("id", "wa_template_id", "name", "status", "language", "category", "body", "inbox_id")
    properties: dict[str, Any] = {
        **{word: {"type": "string"} for word in words},
        "header_type": {"nullable": True, "type": "string"},
        "body_placeholder": {"type": "array", "items": {"type": "string"}},
    }
    template = {"type": "object", "properties": properties, "required": list(properties)}
    body = {
        "type": "object",
        "properties": {
            "success": {"type": "boolean", "enum": [True]},
            "data": {"type": "array", "items": template},
        },
        "required": ["success", "data"],
    }
    return {"description": "Successful response", "content": {"application/json": {"schema": body}}}


def template_paths(answers: Callable[[Schema], Schema], sent: Schema) -> Schema:
    """Give the paths; ``answers`` adds the refusals that every endpoint has."""
    inbox = {
        "name": "inbox_id",
        "in": "query",
        "required": True,
        "schema": _text(ID, "UUID of the inbox."),
    }
    read = {
        "summary": "get templates",
        "tags": ["Templates"],
        "operationId": "Templates_get_templates",
        "description": "Retrieve the message templates of an inbox.",
        "parameters": [inbox],
        "responses": answers(_templates_answer()),
    }
    send = {
        "summary": "send template",
        "tags": ["Templates"],
        "operationId": "Templates_send_template",
        "description": "Send an approved template, within the 24-hour customer service window or outside.",
        "requestBody": {"required": True, "content": {"application/json": {"schema": _SEND}}},
        "responses": answers(sent),
    }
    return {"/templates": {"get": read}, "/templates/send": {"post": send}}

"""The OpenAPI document of the two endpoints: the one that Cekat gives, with what it leaves out.

Names, texts and operation ids are Cekat's. Added are the fields that a real client sends, the limits that the
sandbox keeps, and every answer that it gives, so that a tool can hold the sandbox to it. Two limits have no words
in JSON Schema and stand in a description: ids that must differ, and the rows of all sections together.
"""

from __future__ import annotations

from typing import Any

from cekat_provider.sandbox import limits
from cekat_provider.sandbox.document_answers import error, history_answer, sent_answer
from cekat_provider.sandbox.document_templates import template_paths

Schema = dict[str, Any]


def _text(high: int | None = None, low: int = 1, description: str | None = None) -> Schema:
    schema: Schema = {"type": "string"}
    if low:
        schema["minLength"] = low
    if high is not None:
        schema["maxLength"] = high
    return schema if description is None else {**schema, "description": description}


def _like(pattern: str, high: int, description: str | None = None) -> Schema:
    # "$" alone would let a line break at the end pass in Python's dialect.
    return {**_text(high, description=description), "pattern": f"^(?:{pattern})$(?!\\n)"}


def _object(properties: Schema, *required: str) -> Schema:
    schema: Schema = {"type": "object", "properties": properties}
    return {**schema, "required": list(required)} if required else schema


def _only(*values: str) -> Schema:
    return {"type": "string", "enum": list(values)}


def _array(items: Schema, high: int) -> Schema:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": high}


_FILE_URL = _like(limits.FILE_PATTERN, limits.URL, "An http(s) URL that ends in a file name with an extension.")
_REPLY = _object(
    {"id": _like(limits.BUTTON_ID_PATTERN, limits.BUTTON_ID), "title": _text(limits.BUTTON_TITLE)},
    "id",
    "title",
)
_BUTTON = _object({"type": _only("reply"), "reply": _REPLY}, "type", "reply")
_ROW = _object(
    {
        "id": _text(limits.ROW_ID),
        "title": _text(limits.ROW_TITLE),
        "description": _text(limits.ROW_DESCRIPTION, 0),
    },
    "id",
    "title",
)
_SECTION = _object({"title": _text(limits.SECTION_TITLE), "rows": _array(_ROW, limits.ROWS)}, "rows")
_TITLED_SECTION = {**_SECTION, "required": ["title", "rows"]}
_SECTIONS: Schema = {
    "description": f"At most {limits.ROWS} rows in all; row ids differ.",
    "anyOf": [_array(_SECTION, 1), _array(_TITLED_SECTION, limits.SECTIONS)],
}

_LOCATION: Schema = {
    **_object(
        {
            "latitude": _like(limits.LATITUDE_PATTERN, 64),
            "longitude": _like(limits.LONGITUDE_PATTERN, 64),
            "name": {"type": "string"},
            "address": {"type": "string"},
        },
        "latitude",
        "longitude",
    ),
    "description": "The location value.",
}
_HEADER: Schema = {
    **_object({"text": _text(limits.HEADER), "file_url": _FILE_URL}),
    "description": "The header value.",
}
_LINK_ACTION = _object(
    {
        "name": _only("cta_url"),
        "parameters": _object(
            {"display_text": _text(limits.LINK_TEXT), "url": _like(limits.LINK_PATTERN, limits.URL)},
            "display_text",
            "url",
        ),
    },
    "name",
    "parameters",
)
_BUTTON_ACTION = _object(
    {
        "name": {"type": "string"},
        "buttons": {**_array(_BUTTON, limits.BUTTONS), "description": "Ids differ, and so do titles."},
    },
    "buttons",
)
_LIST_ACTION = _object(
    {"name": {"type": "string"}, "button": _text(limits.LIST_LABEL), "sections": _SECTIONS},
    "button",
    "sections",
)
#: What the given document says of ``action``; each kind says more.
_ACTION: Schema = {
    **_object(
        {
            "name": {"type": "string"},
            "parameters": _object({"display_text": {"type": "string"}, "url": {"type": "string"}}),
            "buttons": {"type": "array", "items": _BUTTON},
            "button": {"type": "string"},
            "sections": {"type": "array", "items": _SECTION},
        }
    ),
    "description": "The action value.",
}

_FIELDS: Schema = {
    "conversation_id": _text(limits.CONVERSATION_ID, description="UUID of the conversation to retrieve messages from."),
    "receiver": _like(limits.RECEIVER_PATTERN, 15, "The receiver value."),
    "message": {"type": "string", "description": "Message content to send."},
    "media_type": {**_only(*limits.MEDIA_TYPES), "description": "The media type value."},
    "file_url": _FILE_URL,
    "location": _LOCATION,
    "header": _HEADER,
    "footer": _text(limits.FOOTER, description="A line below the message."),
    "action": _ACTION,
}


def _kind(name: str, own: Schema, required: tuple[str, ...], without: tuple[str, ...]) -> Schema:
    """Say what holds for one media type; ``without``: fields that do not go with it."""
    kind: Schema = {"title": name, **_object({"media_type": _only(name), **own}, *required)}
    if without:
        kind["not"] = {"anyOf": [{"required": [field]} for field in without]}
    return kind


def _kinds() -> list[Schema]:
    bare = ("location", "action")
    caption = {"message": _text(limits.CAPTION, 0)}
    body = {"message": _text(limits.INTERACTIVE_BODY)}
    typed = ("media_type",)
    return [
        _kind("text", {"message": _text(limits.TEXT)}, ("message",), (*bare, "file_url")),
        _kind("text", caption, ("file_url",), bare),
        *(_kind(name, caption, (*typed, "file_url"), bare) for name in ("image", "video", "document")),
        _kind("audio", {"message": _text(0, 0)}, (*typed, "file_url"), bare),
        _kind("location", {"message": _text(limits.TEXT, 0)}, (*typed, "location"), ("action",)),
        _kind("cta_url", {**body, "action": _LINK_ACTION}, (*typed, "message", "action"), ("location",)),
        _kind("button", {**body, "action": _BUTTON_ACTION}, (*typed, "message", "action"), ("location",)),
        _kind(
            "list",
            {
                "message": _text(limits.LIST_BODY),
                "action": _LIST_ACTION,
                "header": {**_object({"text": _text(limits.HEADER)}), "not": {"required": ["file_url"]}},
            },
            (*typed, "message", "action"),
            ("location",),
        ),
    ]


def _answers(right: Schema) -> Schema:
    answers = {
        "200": right,
        "400": error("Bad request — check required fields and formats."),
        "401": error("Unauthorized — API key is missing or invalid."),
        "404": error("Resource not found."),
        "405": error("The path has no such method."),
        "413": error("The body is too large."),
        "429": error("Too many requests."),
    }
    # Only where the sandbox was given a limit.
    budget = {name: {"schema": {"type": "integer"}} for name in ("X-RateLimit-Limit", "X-RateLimit-Remaining")}
    for answer in answers.values():
        answer["headers"] = budget
    answers["429"]["headers"] = {**budget, "Retry-After": {"schema": {"type": "string"}}}
    return answers


def document(version: str) -> Schema:
    """Give the document."""
    addressed = {"anyOf": [{"required": ["receiver"]}, {"required": ["conversation_id"]}]}
    body = {**_object(_FIELDS), "allOf": [addressed, {"anyOf": _kinds()}]}
    send = {
        "summary": "send wa message",
        "tags": ["Messages"],
        "operationId": "Messages_send_wa_message",
        "description": "Send a free-form WhatsApp message to a contact. "
        "Only available within the 24-hour customer service window.",
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": _answers(sent_answer()),
    }
    read = {
        "summary": "get messages",
        "tags": ["Messages"],
        "operationId": "Messages_get_messages",
        "description": "Retrieve all messages in a specific conversation.",
        "parameters": [
            {
                "name": "conversation_id",
                "in": "query",
                "required": True,
                "description": "UUID of the conversation to retrieve messages from.",
                "schema": _text(limits.CONVERSATION_ID),
            },
            _whole("page", 1, "Which page, where the sandbox was told to answer in pages."),
            _whole("cursor", 0, "Where to go on, where the sandbox was told to answer with a cursor."),
        ],
        "responses": _answers(history_answer()),
    }
    tags = [
        {"name": "Messages", "description": "Send and retrieve WhatsApp messages and conversation history."},
        {"name": "Templates", "description": "Retrieve and send message templates."},
    ]
    return {
        "openapi": "3.0.3",
        "info": {"title": "Cekat Open API (sandbox)", "version": version},
        "tags": tags,
        "servers": [{"url": "/", "description": "This sandbox"}],
        "security": [{"CekatApiKey": []}],
        "components": {"securitySchemes": {"CekatApiKey": _SECURITY}},
        "paths": {
            "/messages/whatsapp": {"post": send},
            "/messages": {"get": read},
            **template_paths(_answers, sent_answer()),
        },
    }


def _whole(name: str, low: int, description: str) -> Schema:
    schema = {"type": "integer", "minimum": low, "maximum": 999_999_999}
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


_SECURITY = {
    "type": "apiKey",
    "in": "header",
    "name": "api_key",
    "description": "Your Cekat API key. Obtain this by calling `POST /register` or from your Cekat dashboard "
    "under Settings → API.",
}

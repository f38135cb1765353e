"""Message templates: which there are, and every reason not to send one."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from cekat_provider.sandbox.findings import Fields, Findings
from cekat_provider.sandbox.limits import FILE_PATTERN, RECEIVER_PATTERN
from cekat_provider.sandbox.refusal import Detail, Refused
from cekat_provider.sandbox.shapes import INBOX
from cekat_provider.sandbox.store import Conversation, Message

if TYPE_CHECKING:
    from cekat_provider.sandbox.cekat import Cekat

Status = Literal["APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED"]
_NAMESPACE = uuid.UUID("5f0c1f9e-0000-4000-8000-00000000000a")
_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
#: WhatsApp's own numbers for a template that cannot be used as it stands.
_CODES = {"PENDING": 132001, "REJECTED": 132001, "PAUSED": 132015, "DISABLED": 132016}
#: WhatsApp takes no line break, no tab and no five spaces in a row in a variable.
_BAD_VARIABLE = re.compile(r"[\r\n\t]| {5}")
VARIABLES, VARIABLE, NAME, ID = 100, 1024, 256, 64
_WINDOW_MS = 24 * 3_600_000


class Template(BaseModel):
    """A template. A variable stands in ``body`` as ``{{1}}``; ``header`` a file kind where it has a file above."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=512)
    body: str = Field(min_length=1)
    wa_template_id: str = Field(default="", pattern=r"^[0-9]{0,64}$")
    language: str = "id"
    status: Status = "APPROVED"
    header: Literal["IMAGE", "VIDEO", "DOCUMENT"] | None = None

    @property
    def number(self) -> str:
        """WhatsApp's number: the one given, or one made of name and language."""
        return self.wa_template_id or str(uuid.uuid5(_NAMESPACE, f"{self.name} {self.language}").int % 10**15)

    @property
    def placeholders(self) -> list[str]:
        """The names of the placeholders, each once, in the order in which they stand."""
        return list(dict.fromkeys(_PLACEHOLDER.findall(self.body)))

    def shown(self) -> dict[str, Any]:
        """Write it as ``GET /templates`` does."""
        return {
            "id": str(uuid.uuid5(_NAMESPACE, self.number)),
            "wa_template_id": self.number,
            "name": self.name,
            "status": self.status,
            "language": self.language,
            "category": "UTILITY",
            "header_type": self.header,
            "body": self.body,
            "body_placeholder": [f"contoh {name}" for name in self.placeholders],
            "inbox_id": INBOX["id"],
        }

    def filled(self, variables: list[str]) -> str:
        """Write the text that the customer reads."""
        values = dict(zip(self.placeholders, variables, strict=True))
        return _PLACEHOLDER.sub(lambda match: values[match[1]], self.body)


def first_templates() -> list[Template]:
    """Give the templates that a sandbox starts with: one of each sort."""
    return [
        Template(name="hello", body="Halo! Ada kabar dari toko kami."),
        Template(name="order_ready", body="Halo {{1}}, pesanan {{2}} siap diambil."),
        Template(name="order_ready", body="Hello {{1}}, order {{2}} is ready.", language="en"),
        Template(name="invoice", body="Nota untuk {{1}}.", header="DOCUMENT"),
        Template(name="alert", body="{{1}}"),
        Template(name="not_yet", body="Promo {{1}}", status="PENDING"),
        Template(name="paused", body="Promo {{1}}", status="PAUSED"),
    ]


def check_template_send(body: Fields) -> list[Detail]:
    """Give every reason to refuse a send that does not need to know the template."""
    found = Findings()
    found.text(body, "inbox_id", 1, ID, required=True)
    found.text(body, "wa_template_id", 1, ID, required=True)
    meaning = "must be 7 to 15 digits with the country code, without '+'"
    found.like(body, "phone_number", RECEIVER_PATTERN, meaning, 64, required=True)
    found.text(body, "phone_name", 1, NAME)
    found.like(body, "file_url", FILE_PATTERN, "must be an http(s) URL that ends in a file name with an extension")
    variables = found.typed(body, "template_body_variables", list) or []
    if len(variables) > VARIABLES:
        found.add("template_body_variables", f"has {len(variables)} variables, at most {VARIABLES} allowed")
    for index, value in enumerate(variables):
        path = f"template_body_variables[{index}]"
        if not isinstance(value, str):
            found.add(path, "must be a string")
        elif not 1 <= len(value) <= VARIABLE or not value.strip():
            found.add(path, f"must have 1 to {VARIABLE} characters")
        elif _BAD_VARIABLE.search(value):
            found.add(path, "must not hold a line break, a tab or more than four spaces in a row")
    return found.details


def accept_template(cekat: Cekat, body: dict[str, Any], headers: dict[str, str]) -> tuple[Message, Conversation]:
    """Take a template; no window is asked for. A conversation that it opens begins with a closed one."""
    if body["inbox_id"] != INBOX["id"]:
        raise Refused(404, "NOT_FOUND", "Inbox not found")
    template = next((t for t in cekat.templates if t.number == body["wa_template_id"]), None)
    if template is None:
        raise Refused(404, "NOT_FOUND", "Template not found")
    if template.status != "APPROVED":
        raise Refused(400, _CODES[template.status], f"Template is {template.status}")
    variables = body.get("template_body_variables", [])
    if len(variables) != len(template.placeholders):
        raise Refused(
            400,
            "VALIDATION_ERROR",
            f"Template body variable must match the number of placeholders ({len(template.placeholders)})",
        )
    if (template.header is None) == ("file_url" in body):
        why = "is required: the template has a file above" if template.header else "does not go with this template"
        raise Refused(400, "VALIDATION_ERROR", "Validation failed", [{"field": "file_url", "message": why}])
    now_ms = cekat.clock.now_ms()
    receiver = body["phone_number"]
    content = {
        "message": template.filled(variables),
        "media_type": (template.header or "text").lower(),
        "media_url": body.get("file_url"),
        "is_template": True,
        "sent_by": "api",
        "sent_by_name": "API",
    }
    with cekat.store.transaction():
        conversation = cekat.store.conversation_of(receiver)
        if conversation is None:
            # Nobody has written yet, so the window is as closed as after a day of silence.
            conversation = cekat.store.open_conversation(receiver, now_ms - _WINDOW_MS, name=body.get("phone_name"))
        message = Message(
            str(uuid.uuid4()),
            conversation.id,
            "api",
            now_ms,
            content,
            ladder=cekat.delivery.ladder(now_ms),
            request_body=body,
            request_headers=headers,
        )
        cekat.store.add(message)
    return message, conversation

"""The bodies of the control endpoints. A name that they do not know is refused, so that no slip passes."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cekat_provider.sandbox.limits import CONVERSATION_ID, RECEIVER_PATTERN


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Key(_Body):
    """A new API key."""

    api_key: str = Field(min_length=1, pattern=r"^[!-~]+$")


class NewConversation(_Body):
    """A conversation to open. ``opened_hours_ago`` may be so long ago that its window is closed."""

    receiver: str = Field(pattern=f"^{RECEIVER_PATTERN}$")
    id: str | None = Field(default=None, min_length=1, max_length=CONVERSATION_ID)
    name: str | None = None
    opened_hours_ago: float = Field(default=0, ge=0, le=1_000_000)


class Reply(_Body):
    """What the customer does: a text, a file, or a tap on a button or row of an earlier message."""

    message: str | None = None
    media_type: str | None = Field(default=None, min_length=1)
    media_url: str | None = None
    button_id: str | None = None
    row_id: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Reply:
        taps = [self.button_id, self.row_id]
        if taps == [None, None] and self.message is None and self.media_url is None:
            raise ValueError("one of message, media_url, button_id, row_id is required")
        if None not in taps:
            raise ValueError("button_id and row_id do not go together")
        return self


class Inside(_Body):
    """A message from the business's side, or a note."""

    message: str
    sent_by_type: Literal["private_note", "agent", "ai", "campaigns", "follow_up", "system", "inbox"] = "private_note"
    name: str = "Agent"


class Failure(_Body):
    """Why a message failed; ``code`` is one of WhatsApp's."""

    code: int | str
    message: str = ""


class StatusChange(_Body):
    """A status set by hand: ``sent``, ``delivered``, ``read``, ``failed``, or any other word."""

    status: str = Field(min_length=1)
    error: Failure | None = None


class AutoReply(_Body):
    """A rule by which the customer answers. ``after_seconds`` is real time; ``times`` None: always."""

    message: str
    after_seconds: float = Field(default=0, ge=0, le=1_000_000)
    conversation_id: str | None = None
    receiver: str | None = None
    contains: str | None = None
    times: int | None = Field(default=None, ge=1)


class Advance(_Body):
    """How far to move the clock; both are added."""

    advance_seconds: float = Field(default=0, ge=-1e9, le=1e9)
    advance_hours: float = Field(default=0, ge=-1e6, le=1e6)


class DeliveryLadder(_Body):
    """When messages climb, in seconds of the sandbox's clock after they were accepted."""

    delivered_after_seconds: float | None = Field(default=None, ge=0, le=1e9)
    read_after_seconds: float | None = Field(default=None, ge=0, le=1e9)
    failed_after_seconds: float | None = Field(default=None, ge=0, le=1e9)
    error_code: int | str | None = None
    error_message: str | None = None


class RateLimitChange(_Body):
    """Requests a minute; None: no limit."""

    per_minute: int | None = Field(ge=1)

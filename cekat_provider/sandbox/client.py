"""A handle on a running sandbox: play the customer, see what was sent, ask for trouble."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import quote

Json = dict[str, Any]


class SandboxError(Exception):
    """The sandbox refused what it was asked; the text says why."""


class Sandbox:
    """Drive a sandbox over HTTP, in this process or elsewhere.

    :param url: where it listens, such as ``http://127.0.0.1:3000``
    :param api_key: the key it asks for; used for nothing but to tell it to you
    """

    def __init__(self, url: str, api_key: str = "sandbox-key") -> None:
        self.url = url.rstrip("/")
        self.api_key = api_key
        self._seen: set[str] = set()
        # Loopback is not reached through a proxy that the environment names.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def __repr__(self) -> str:
        return f"Sandbox({self.url!r})"

    @property
    def connection(self) -> Json:
        """The Airflow connection to it, as ``AIRFLOW_CONN_…`` takes it in JSON."""
        extra = {"dashboard_url": self.dashboard_url}
        return {"conn_type": "cekat", "host": self.url, "password": self.api_key, "extra": extra}

    @property
    def connection_uri(self) -> str:
        """The Airflow connection to it, as ``AIRFLOW_CONN_…`` takes it as a URI."""
        # The URI form has room for a scheme besides the connection type as a prefix of the host.
        extra = f"dashboard_url={quote(self.dashboard_url, safe='')}"
        return f"cekat://:{quote(self.api_key, safe='')}@{quote(self.url, safe='')}/?{extra}"

    @property
    def dashboard_url(self) -> str:
        """The page of a conversation, with ``{conversation_id}`` for its id: the connection's extra of that name."""
        return f"{self.url}/#/conversations/{{conversation_id}}"

    # What was sent

    def sent(self) -> list[Json]:
        """Give the messages accepted through the API, in that order, each with its ``request_body``."""
        return cast("list[Json]", self._call("GET", "/messages?sent=true"))

    def messages(self, conversation_id: str) -> list[Json]:
        """Give all messages of a conversation, in the order accepted.

        :param conversation_id: as `conversations` or a sent message gives it
        """
        return cast("list[Json]", self._call("GET", f"/conversations/{quote(conversation_id, safe='')}/messages"))

    def conversations(self) -> list[Json]:
        """Give all conversations, in the order opened."""
        return cast("list[Json]", self._call("GET", "/conversations"))

    def requests(self) -> list[Json]:
        """Give the last requests to Cekat's endpoints: what came, what was answered, why it was refused."""
        return cast("list[Json]", self._call("GET", "/requests"))

    def refused(self) -> list[Json]:
        """Give the requests that were refused or struck by a fault."""
        return [entry for entry in self.requests() if entry["reason"] is not None]

    def wait_for_message(
        self,
        timeout: float = 10,
        predicate: Callable[[Json], bool] | None = None,
        *,
        receiver: str | None = None,
        conversation_id: str | None = None,
        contains: str | None = None,
    ) -> Json:
        """Wait for the next sent message that no earlier call has returned.

        :param timeout: seconds
        :param predicate: given a message as in `sent`; others are left for later calls
        :param receiver: only to this number, in digits
        :param conversation_id: only in this conversation
        :param contains: only with this part of the text
        :raises TimeoutError: none came; says what was sent and what was refused so far
        """
        deadline = time.monotonic() + timeout
        while True:
            sent = self.sent()
            for message in sent:
                if (
                    message["id"] not in self._seen
                    and receiver in (None, message["receiver"])
                    and conversation_id in (None, message["conversation_id"])
                    and (contains is None or contains in message["message"])
                    and (predicate is None or predicate(message))
                ):
                    self._seen.add(message["id"])
                    return message
            if time.monotonic() >= deadline:
                raise TimeoutError(f"No such message within {timeout:g} s. {self._story(sent)}")
            time.sleep(0.02)

    def _story(self, sent: list[Json]) -> str:
        told = [f"to {m['receiver']}: {m['message'][:60]!r}" for m in sent[-10:]]
        refused = self.refused()
        lines = [
            f"Sent so far: {len(sent)}",
            *told,
            f"Refused so far: {len(refused)}",
            *map(describe, refused[-10:]),
        ]
        return "\n  ".join(lines)

    # Being the customer

    def conversation(self, receiver: str = "6281234567890", **fields: Any) -> Json:
        """Open a conversation, or give the receiver's.

        :param receiver: the customer's number, in digits
        :param fields: ``id``, ``name``, ``opened_hours_ago``
        """
        return cast("Json", self._call("POST", "/conversations", {"receiver": receiver, **fields}))

    def reply(
        self,
        text: str | None = None,
        *,
        conversation_id: str | None = None,
        receiver: str | None = None,
        **fields: Any,
    ) -> Json:
        """Answer as the customer; without a conversation or receiver, in the one that was written to last.

        :param text: what the customer says; none for a tap or a file alone
        :param conversation_id: where
        :param receiver: the customer's number, in place of `conversation_id`
        :param fields: ``media_type``, ``media_url``, or ``button_id`` / ``row_id`` for a tap
        :raises LookupError: there is no such conversation
        """
        where = conversation_id or self._conversation_id(receiver)
        body = {**fields} if text is None else {"message": text, **fields}
        return cast("Json", self._call("POST", f"/conversations/{quote(where, safe='')}/reply", body))

    def note(
        self, text: str, *, conversation_id: str | None = None, receiver: str | None = None, **fields: Any
    ) -> Json:
        """Write a private note, or with ``sent_by_type`` a message as an agent or the system.

        :param text: what it says
        :param conversation_id: where; without it and `receiver`, in the conversation that was written to last
        :param receiver: the customer's number, in place of `conversation_id`
        """
        where = conversation_id or self._conversation_id(receiver)
        body = {"message": text, **fields}
        return cast("Json", self._call("POST", f"/conversations/{quote(where, safe='')}/note", body))

    def _conversation_id(self, receiver: str | None) -> str:
        if receiver is None:
            messages = cast("list[Json]", self._call("GET", "/messages"))
            if messages:
                return str(messages[-1]["conversation_id"])
        known = [c for c in self.conversations() if receiver in (None, c["receiver"])]
        if not known:
            whose = "" if receiver is None else f" with {receiver}"
            raise LookupError(f"There is no conversation{whose} yet: nothing was sent. {self._story(self.sent())}")
        return str(known[-1]["id"])

    def auto_reply(self, message: str, after_seconds: float = 0, **fields: Any) -> None:
        """Have the customer answer by itself.

        :param message: what the customer says
        :param after_seconds: seconds of real time between the message and its answer
        :param fields: ``conversation_id``, ``receiver``, ``contains``, ``times`` narrow what is answered
        """
        self._call("POST", "/auto-reply", {"message": message, "after_seconds": after_seconds, **fields})

    # Making things hard

    def faults(self, *faults: Json, **fault: Any) -> list[Json]:
        """Ask for faults, as dicts or one as keywords: ``faults(kind="drop", on="send", times=3)``.

        Gives the faults that are left.
        """
        asked = [*faults, *([fault] if fault else [])]
        return cast("list[Json]", self._call("POST", "/faults", asked) if asked else self._call("GET", "/faults"))

    def clear_faults(self) -> None:
        """Take back all faults."""
        self._call("DELETE", "/faults")

    def advance(self, *, hours: float = 0, seconds: float = 0) -> Json:
        """Move the sandbox's clock: ``advance(hours=25)`` closes every 24-hour window.

        :param hours: to add
        :param seconds: to add
        """
        return cast("Json", self._call("POST", "/clock", {"advance_hours": hours, "advance_seconds": seconds}))

    def shape(self, **fields: Any) -> Json:
        """Change the shape of the history's answers, as far as given; gives the one that is set."""
        return cast("Json", self._call("POST", "/shape", fields))

    def templates(self, *templates: Json) -> list[Json]:
        """Give the templates, or replace them by these: ``name``, ``body``, ``language``, ``status``, ``header``."""
        asked = self._call("POST", "/templates", list(templates)) if templates else self._call("GET", "/templates")
        return cast("list[Json]", asked)

    def set_status(self, message_id: str, status: str, error: Json | None = None) -> Json:
        """Set a message's status by hand.

        :param message_id: as `sent` gives it, in ``id``
        :param status: ``sent``, ``delivered``, ``read`` or ``failed``
        :param error: of a failed one: ``{"code": …, "message": …}``
        """
        body: Json = {"status": status} if error is None else {"status": status, "error": error}
        return cast("Json", self._call("PATCH", f"/messages/{quote(message_id, safe='')}", body))

    def delivery(self, **fields: Any) -> None:
        """Set when messages become delivered, read or failed from now on: ``delivered_after_seconds=…``."""
        self._call("POST", "/delivery", fields)

    def rate_limit(self, per_minute: int | None) -> None:
        """Limit the requests, as a plan of Cekat's does.

        :param per_minute: how many; None for no limit
        """
        self._call("POST", "/rate-limit", {"per_minute": per_minute})

    def rotate_key(self, api_key: str) -> None:
        """Make the sandbox ask for another key; the connection that was set keeps the old one.

        :param api_key: what it asks for from now on
        """
        self._call("POST", "/key", {"api_key": api_key})
        self.api_key = api_key

    def clear(self) -> None:
        """Forget all messages, conversations, requests, faults, rules, the clock's offset; not the key."""
        self._call("DELETE", "/messages")
        self._seen.clear()

    def health(self) -> Json:
        """Ask whether it is up."""
        return cast("Json", self._call("GET", "/health"))

    def _call(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - the url is the caller's own sandbox
            f"{self.url}/sandbox{path}", data, {"Content-Type": "application/json"}, method=method
        )
        try:
            with self._opener.open(request, timeout=30) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            said = error.read().decode("utf-8", "replace")
            raise SandboxError(f"{method} /sandbox{path} answered {error.code}: {said}") from None


def describe(entry: Json) -> str:
    """Tell a line of the request log in words."""
    outcome = entry["status"] if entry["status"] is not None else "no answer"
    return f"{entry['method']} {entry['path']} → {outcome}: {entry['reason']}"

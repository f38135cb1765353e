"""Airflow's own human-in-the-loop requests: how its public API tells and takes them, and which reply answers which.

The notifier leaves a `Note` beside the waiting task, as an XCom; whoever answers finds there which conversation to
read. A request is named by its task instance's id, which Airflow gives anew to each try.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from cekat_provider.core import alerts, limits
from cekat_provider.core.approval import Answer, Request, question
from cekat_provider.core.errors import AirflowApiError, AirflowApiRefusedError
from cekat_provider.core.match import criteria
from cekat_provider.core.parse import Message
from cekat_provider.core.wire import Request as HttpRequest
from cekat_provider.core.wire import Response

#: The XCom's key.
NOTE_KEY: Final = "cekat_hitl"
#: A task that is answered sooner Airflow may take for one that has died: it is still busy with the process that asked.
EARLIEST_ANSWER_SECONDS: Final = 10.0
_PAGE: Final = 100
#: Beside buttons or a link (limits.py).
_MOST_CHARACTERS: Final = 1024


@dataclass(frozen=True)
class Pending:
    """A request that nobody has answered yet.

    :param ti_id: the waiting task instance's id: also what its buttons are named by.
    """

    ti_id: str
    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    options: tuple[str, ...]

    @property
    def path(self) -> str:
        """Where the API has its task instance."""
        dag, run, task = (quote(one, safe="") for one in (self.dag_id, self.run_id, self.task_id))
        return f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}"

    @property
    def name(self) -> str:
        """What to call it in a log."""
        mapped = f"[{self.map_index}]" if self.map_index >= 0 else ""
        return f"{self.dag_id}.{self.task_id}{mapped} of {self.run_id}"


@dataclass(frozen=True)
class Note:
    """What was asked on WhatsApp, and where.

    :param since: when it was sent, in ISO 8601.
    """

    ti_id: str
    conversation_id: str
    since: str
    request: Request

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able values."""
        return {
            "ti_id": self.ti_id,
            "conversation_id": self.conversation_id,
            "since": self.since,
            "request": self.request.to_dict(),
        }

    @classmethod
    def read(cls, value: Any) -> Note | None:
        """Read what the API gives of the XCom; None where it is no note of ours."""
        try:
            value = json.loads(value) if isinstance(value, str) else value
            request = Request.from_dict(value["request"])
            return cls(str(value["ti_id"]), str(value["conversation_id"]), str(value["since"]), request)
        except (ValueError, TypeError, KeyError, RecursionError):
            return None


def answer(pending: Pending, note: Note, history: Iterable[Message]) -> Answer | None:
    """Return the first message that answers a pending request, or None.

    A note of an earlier try is of another request, even where the task is the same.
    """
    if note.ti_id != pending.ti_id or not set(note.request.options) <= set(pending.options):
        return None
    return note.request.first(criteria(since=note.since).select(history))


def too_early_seconds(note: Note, now: float) -> float:
    """Tell how long a request is to be left alone yet.

    :param now: epoch seconds, on a clock that need not be the one that `note` was written by.
    """
    asked_at = criteria(since=note.since).since
    age = now - asked_at.timestamp() if asked_at is not None else EARLIEST_ANSWER_SECONDS
    return EARLIEST_ANSWER_SECONDS - age if 0 <= age < EARLIEST_ANSWER_SECONDS else 0.0


def request_text(subject: Any, body: Any, link: str | None) -> str:
    """Write what is asked, and where else it can be answered; a body that is too long is cut, with an ellipsis."""
    tail = f"\n\n{link}" if link else ""
    return alerts.shorten(question(subject, body), _MOST_CHARACTERS - limits.length(tail)) + tail


def login(username: str, password: str) -> HttpRequest:
    """``POST /auth/token``, which the Simple and the FAB auth manager have alike."""
    return HttpRequest("POST", "/auth/token", body={"username": username, "password": password})


def list_pending(dag_id: str | None, states: Sequence[str], offset: int) -> HttpRequest:
    """``GET …/hitlDetails``: the unanswered ones whose task still waits."""
    query = (("response_received", "false"), ("limit", str(_PAGE)), ("offset", str(offset)), ("order_by", "ti_id"))
    dag = "~" if dag_id is None else quote(dag_id, safe="")
    waiting = tuple(("state", state) for state in states)
    return HttpRequest("GET", f"/api/v2/dags/{dag}/dagRuns/~/hitlDetails", query + waiting)


def get_note(pending: Pending) -> HttpRequest:
    """``GET …/xcomEntries/cekat_hitl``."""
    query = (("map_index", str(pending.map_index)),)
    return HttpRequest("GET", f"{pending.path}/xcomEntries/{NOTE_KEY}", query)


def choose(pending: Pending, option: str) -> HttpRequest:
    """``PATCH …/hitlDetails``."""
    body = {"chosen_options": [option], "params_input": {}}
    return HttpRequest("PATCH", f"{pending.path}/{pending.map_index}/hitlDetails", body=body)


def read_token(response: Response) -> str:
    """Read the answer to `login`."""
    token = read(response, "the login").get("access_token")
    if not isinstance(token, str) or not token:
        raise AirflowApiError("Airflow's API answered the login without a token")
    return token


def read_pending(response: Response) -> tuple[list[Pending], int]:
    """Read a page of the list; return its requests, and how many there are on all pages."""
    body = read(response, "the list of requests")
    try:
        found = [_pending(detail) for detail in body["hitl_details"]]
        return found, int(body["total_entries"])
    except (KeyError, TypeError, ValueError) as err:
        raise AirflowApiError(f"Airflow's API told its requests in an unknown form ({type(err).__name__})") from None


def read(response: Response, what: str) -> Mapping[str, Any]:
    """Read an answer's JSON object.

    :raises AirflowApiRefusedError: for a 4xx but 429.
    :raises AirflowApiError: for any other status but 2xx, and for what is no JSON object.
    """
    status = response.status
    if 400 <= status < 500 and status not in (408, 429):
        advice = _ADVICE.get(status, "")
        raise AirflowApiRefusedError(f"Airflow's API refused {what} with {status}.{advice}")
    if not 200 <= status < 300:
        raise AirflowApiError(f"Airflow's API answered {what} with {status}")
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, Mapping):
        raise AirflowApiError(f"Airflow's API answered {what} with something that is no JSON object")
    return body


_ADVICE: Final = {
    401: " Check the connection's login and password, or its token.",
    403: " The connection's user lacks the permission, or is not one of the request's assigned_users.",
    404: " Check the connection's host: the base URL of Airflow's pages.",
}


def _pending(detail: Mapping[str, Any]) -> Pending:
    ti = detail["task_instance"]
    return Pending(
        ti_id=str(ti["id"]),
        dag_id=str(ti["dag_id"]),
        run_id=str(ti["dag_run_id"]),
        task_id=str(ti["task_id"]),
        map_index=int(ti["map_index"]),
        options=tuple(map(str, detail["options"])),
    )

"""Airflow's own human-in-the-loop requests on WhatsApp: what is asked, what is answered, what is not."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.exceptions import AirflowException, AirflowFailException
from airflow_api import PASSWORD, TOKEN, AirflowApi, airflow_api, detail
from asks import buttons

from cekat_provider import compat
from cekat_provider.core.errors import AirflowApiError, AirflowApiRefusedError, CekatInputError
from cekat_provider.core.hitl import Note, Pending, too_early_seconds
from cekat_provider.hooks.airflow_api import AirflowApiHook
from cekat_provider.notifications.hitl import CekatHITLNotifier
from cekat_provider.operators.hitl import CekatAnswerHITLOperator

BOSS = "6281200000001"
LINK = "https://airflow.example.com/dags/dag/runs/r/tasks/approve/required_actions?map_index=-1"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[AirflowApi]:
    with airflow_api() as served:
        monkeypatch.setenv("AIRFLOW_CONN_AIRFLOW_API_DEFAULT", served.connection())
        yield served


@pytest.fixture
def _has_hitl(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have an Airflow that knows of people, on every version: nothing else here needs one."""
    found = compat._module_or_none
    monkeypatch.setattr(compat, "_module_or_none", lambda name: SimpleNamespace() if "hitl" in name else found(name))


class Task:
    """An HITLOperator, as much as the notifier asks of one; the real ones are in tests/real."""

    def __init__(self, **fields: Any) -> None:
        self.options, self.multiple, self.params = ["Approve", "Reject"], False, {}
        self.subject, self.body = "Bayar INV-7?", "Rp 5.000"
        vars(self).update(fields)

    def generate_link_to_ui(self, *, task_instance: Any, base_url: str | None) -> str:
        if base_url is None:
            raise ValueError("Not able to retrieve base_url")
        return base_url + LINK.removeprefix("https://airflow.example.com")


def ask(notifier: CekatHITLNotifier, ti_id: str = "ti-1", *, rendered: bool = False, **fields: Any) -> dict[str, Any]:
    """Have the notifier ask; return the XComs. `rendered`: as Airflow calls it (2.11 swallows what it raises)."""
    xcoms: dict[str, Any] = {}

    def push(key: str, value: Any) -> None:
        xcoms[key] = json.loads(json.dumps(value))

    context: Any = {"task": Task(**fields), "ti": SimpleNamespace(id=ti_id, xcom_push=push), "dag": None}
    (notifier if rendered else notifier.notify)(context)
    return xcoms


def notifier(**arguments: Any) -> CekatHITLNotifier:
    return CekatHITLNotifier(**{"receiver": BOSS, "base_url": "https://airflow.example.com", **arguments})


def answering() -> list[dict[str, Any]]:
    return CekatAnswerHITLOperator(task_id="answer").execute({})  # type: ignore[arg-type]


@pytest.mark.usefixtures("_has_hitl")
def test_what_is_asked(cekat_sandbox: Any) -> None:
    xcoms = ask(notifier(responders=BOSS))
    (sent,) = cekat_sandbox.sent()
    assert sent["request_body"]["message"] == f"*Bayar INV-7?*\n\nRp 5.000\n\n{LINK}"
    assert buttons(sent) == {"Approve": "cekat:ti-1:0", "Reject": "cekat:ti-1:1"}
    note = xcoms["cekat_hitl"]
    assert (note["ti_id"], note["conversation_id"]) == ("ti-1", sent["conversation_id"])
    assert note["request"]["responders"] == [BOSS]


@pytest.mark.usefixtures("_has_hitl")
@pytest.mark.parametrize("fields", [{"multiple": True}, {"params": {"amount": 5}}])
def test_what_one_tap_cannot_answer_is_a_link(cekat_sandbox: Any, fields: dict[str, Any]) -> None:
    ask(notifier(), **fields)
    (sent,) = cekat_sandbox.sent()
    assert sent["request_body"]["action"]["parameters"] == {"display_text": "Buka di Airflow", "url": LINK}
    with pytest.raises(CekatInputError, match="base_url"):
        ask(notifier(base_url=None), **fields)


@pytest.mark.usefixtures("_has_hitl")
def test_a_long_body_is_cut_and_the_link_is_not(cekat_sandbox: Any) -> None:
    ask(notifier(), body="x" * 5000)
    (sent,) = cekat_sandbox.sent()
    assert len(sent["message"]) == 1024
    assert sent["message"].endswith(f"x…\n\n{LINK}")


@pytest.mark.usefixtures("_has_hitl")
def test_a_notifier_is_not_changed_by_what_it_renders(cekat_sandbox: Any) -> None:
    shared = notifier(receiver="62812{{ ti.id }}")
    for ti_id in ("00000001", "00000002"):
        ask(shared, ti_id, rendered=True)
    assert [sent["receiver"] for sent in cekat_sandbox.sent()] == [BOSS, "6281200000002"]


@pytest.mark.usefixtures("_has_hitl")
def test_a_message_that_cannot_be_sent_fails_the_task(cekat_sandbox: Any) -> None:
    with pytest.raises(CekatInputError, match="button title"):
        ask(notifier(), options=["x" * 21])
    with pytest.raises(AirflowFailException, match="a human-in-the-loop operator, and this is a BashOperator"):
        notifier().notify({"task": SimpleNamespace(task_type="BashOperator"), "ti": None})  # type: ignore[typeddict-item]


@pytest.mark.usefixtures("_has_hitl")
def test_a_tap_is_given_to_airflow(cekat_sandbox: Any, api: AirflowApi, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    api.pending = [detail("ti-0", "foreign"), detail("ti-1", "first"), detail("ti-2", "second"), detail("ti-3", "late")]
    for ti_id, task_id in (("ti-1", "first"), ("ti-2", "second"), ("ti-3", "late")):
        api.notes[task_id] = ask(notifier(responders=BOSS), ti_id)["cekat_hitl"]
    first, second, _ = cekat_sandbox.sent()
    for sent, title in ((second, "Reject"), (first, "Approve"), (first, "Reject")):
        cekat_sandbox.reply(conversation_id=sent["conversation_id"], button_id=buttons(sent)[title])
    answered = answering()
    assert [(one["task_id"], one["chosen_options"]) for one in answered] == [
        ("first", ["Approve"]),
        ("second", ["Reject"]),
    ]
    assert answered[0]["responded_by_user"] == {"id": BOSS, "name": BOSS}
    assert isinstance(answered[0]["responded_at"], datetime)
    run = "/api/v2/dags/dag/dagRuns/scheduled__2026-01-01T00%3A00%3A00%2B00%3A00/taskInstances"
    assert api.answers() == [
        (f"{run}/first/-1/hitlDetails", {"chosen_options": ["Approve"], "params_input": {}}),
        (f"{run}/second/-1/hitlDetails", {"chosen_options": ["Reject"], "params_input": {}}),
    ]
    # One conversation, read once.
    assert len([request for request in cekat_sandbox.requests() if request["method"] == "GET"]) == 1
    for secret in (PASSWORD, TOKEN, BOSS, "Rp 5.000", cekat_sandbox.api_key):
        assert secret not in caplog.text


@pytest.mark.usefixtures("_has_hitl")
@pytest.mark.parametrize("spoil", ["ti_id", "options", "not a note", "the wrong person"])
def test_what_is_not_answered(cekat_sandbox: Any, api: AirflowApi, spoil: str) -> None:
    api.pending = [detail("ti-1")]
    asked = notifier(responders="6281200000002" if spoil == "the wrong person" else None)
    note = api.notes["approve"] = ask(asked)["cekat_hitl"]
    (sent,) = cekat_sandbox.sent()
    cekat_sandbox.reply(conversation_id=sent["conversation_id"], button_id="cekat:ti-1:0")
    if spoil == "ti_id":  # the request of an earlier try
        api.pending = [detail("ti-2")]
    elif spoil == "options":
        api.pending[0]["options"] = ["Ja", "Nein"]
    elif spoil == "not a note":
        api.notes["approve"] = {"hello": [1]}
    assert answering() == []
    assert api.answers() == []
    # As it was, it counts.
    api.pending = [detail("ti-1")]
    api.notes["approve"] = json.dumps({**note, "request": {**note["request"], "responders": None}})
    assert len(answering()) == 1


@pytest.mark.usefixtures("_has_hitl")
def test_somebody_was_faster_in_airflow(cekat_sandbox: Any, api: AirflowApi) -> None:
    prepared(cekat_sandbox, api)
    api.statuses["PATCH"] = 409
    assert answering() == []


@pytest.mark.usefixtures("_has_hitl")
def test_one_that_cannot_be_answered_does_not_stop_the_others(cekat_sandbox: Any, api: AirflowApi) -> None:
    prepared(cekat_sandbox, api)
    # Its conversation is gone.
    api.pending.insert(0, detail("ti-0", "gone"))
    api.notes["gone"] = {**api.notes["approve"], "ti_id": "ti-0", "conversation_id": "nowhere"}
    with pytest.raises(AirflowException, match="1 of 2 requests could not be answered"):
        answering()
    assert len(api.answers()) == 1


@pytest.mark.usefixtures("_has_hitl")
@pytest.mark.parametrize("status", [400, 403, 500])
def test_an_answer_that_is_refused_fails_the_task(cekat_sandbox: Any, api: AirflowApi, status: int) -> None:
    prepared(cekat_sandbox, api)
    api.statuses["PATCH"] = status
    with pytest.raises(AirflowException, match="1 of 1 requests"):
        answering()


def prepared(sandbox: Any, api: AirflowApi) -> None:
    """Have one request, tapped on."""
    api.pending = [detail("ti-1")]
    api.notes["approve"] = ask(notifier())["cekat_hitl"]
    (sent,) = sandbox.sent()
    sandbox.reply(conversation_id=sent["conversation_id"], button_id="cekat:ti-1:0")


def test_all_pages_are_read(api: AirflowApi) -> None:
    api.pending = [detail(f"ti-{n}", f"t{n}") for n in range(5)]
    assert [one.task_id for one in AirflowApiHook().pending()] == ["t0", "t1", "t2", "t3", "t4"]
    assert api.requests[1][1].startswith("/api/v2/dags/~/dagRuns/~/hitlDetails?")
    assert [one.task_id for one in AirflowApiHook().pending("a/dag")][:1] == ["t0"]
    assert any(path.startswith("/api/v2/dags/a%2Fdag/dagRuns/~/hitlDetails?") for _, path, _ in api.requests)


def test_a_token_needs_no_login(api: AirflowApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_AIRFLOW_API_DEFAULT", api.connection(login=None, password=TOKEN))
    assert list(AirflowApiHook().pending()) == []
    assert [path.partition("?")[0] for _, path, _ in api.requests] == ["/api/v2/dags/~/dagRuns/~/hitlDetails"]


@pytest.mark.parametrize(
    ("fields", "kind", "words"),
    [
        ({"password": "wrong"}, AirflowApiRefusedError, "refused the login with 401. Check the connection's login"),
        ({"login": None, "password": "wrong"}, AirflowApiRefusedError, "refused the list of requests with 401"),
        ({"password": None}, AirflowApiRefusedError, "needs a login and a password, or a token"),
        ({"host": None}, AirflowApiRefusedError, "host must be the base URL of Airflow's pages, got nothing"),
        ({"host": "http://airflow.example.com"}, AirflowApiRefusedError, "'airflow_api_default': host must be https"),
    ],
)
def test_a_connection_that_cannot_work(
    api: AirflowApi, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], kind: Any, words: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_AIRFLOW_API_DEFAULT", api.connection(**fields))
    with pytest.raises(kind, match=words):
        list(AirflowApiHook().pending())


@pytest.mark.parametrize(("status", "kind"), [(500, AirflowApiError), (404, AirflowApiRefusedError)])
def test_a_list_that_does_not_come(api: AirflowApi, status: int, kind: Any) -> None:
    api.statuses["GET"] = status
    with pytest.raises(kind, match=str(status)):
        list(AirflowApiHook().pending())


def test_an_older_airflow_says_what_it_lacks(cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found = compat._module_or_none
    monkeypatch.setattr(compat, "_module_or_none", lambda name: None if "hitl" in name else found(name))
    words = "Human-in-the-loop requests need Airflow 3.1 or later, and this is "
    with pytest.raises(AirflowFailException, match=words):
        answering()
    with pytest.raises(AirflowFailException, match=words):
        notifier().notify({})  # type: ignore[typeddict-item]
    assert cekat_sandbox.requests() == []


def test_the_name_in_a_log() -> None:
    assert Pending("i", "d", "r", "t", 2, ()).name == "d.t[2] of r"


@pytest.mark.usefixtures("_has_hitl")
def test_a_task_is_not_woken_while_airflow_ends_what_asked(
    cekat_sandbox: Any, api: AirflowApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cekat_provider.core.hitl.EARLIEST_ANSWER_SECONDS", 10.0)
    slept: list[float] = []
    monkeypatch.setattr("cekat_provider.operators.hitl.time.sleep", slept.append)
    api.pending = [detail("ti-1")]
    note = api.notes["approve"] = ask(notifier())["cekat_hitl"]
    (sent,) = cekat_sandbox.sent()
    cekat_sandbox.reply(conversation_id=sent["conversation_id"], button_id="cekat:ti-1:0")
    assert len(answering()) == 1
    (seconds,) = slept
    assert 0 < seconds <= 10
    asked = Note.read(note)
    assert asked is not None
    asked_at = datetime.fromisoformat(asked.since).timestamp()
    # A clock that is behind Cekat's says nothing; nobody waits for it.
    assert [too_early_seconds(asked, asked_at + age) for age in (-1, 4, 10, 1000)] == [0, 6, 0, 0]

"""Approvals: every way one can end, what must not end it, and that nobody is asked twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any

import pytest
from airflow.exceptions import AirflowException, TaskDeferred
from airflow.providers.common.compat.sdk import DAG, AirflowFailException, BaseOperator, TaskGroup
from asks import Asked, AskingTI, buttons, tap_later
from modes import IS_2, Memory, given_up
from runs import Run, load

from cekat_provider.core.errors import EventError
from cekat_provider.operators.approval import CekatApprovalOperator
from cekat_provider.operators.branch import CekatBranchOperator
from cekat_provider.operators.cekat import CekatSendWhatsAppOperator
from cekat_provider.operators.choice import _MADE_HERE

BOSS, OTHER = "6281200000001", "6281200000002"
pytestmark = pytest.mark.usefixtures("airflow_db")


@pytest.fixture
def approval(run_fast: Any) -> Callable[..., Asked]:
    def made(**arguments: Any) -> Asked:
        # A rejection that skips needs a whole DAG run; see the runs below.
        given = {"receiver": BOSS, "subject": "Bayar INV-7?", "on_reject": "fail", **arguments}
        return Asked(CekatApprovalOperator, run_fast, **given)

    return made


def tap(sandbox: Any, title: str, message: Any = None) -> None:
    message = message or sandbox.sent()[-1]
    sandbox.reply(conversation_id=message["conversation_id"], button_id=buttons(message)[title])


def test_what_is_sent(cekat_sandbox: Any, approval: Any) -> None:
    asked = approval(body="Rp 5.000", footer="Toko Contoh", header={"file_url": "https://example.com/po-7.pdf"})
    waits = asked.defers()
    (sent,) = cekat_sandbox.sent()
    nonce = waits["request"]["nonce"]
    assert sent["request_body"] == {
        "receiver": BOSS,
        "media_type": "button",
        "message": "*Bayar INV-7?*\n\nRp 5.000",
        "header": {"file_url": "https://example.com/po-7.pdf"},
        "footer": "Toko Contoh",
        "action": {
            "buttons": [
                {"type": "reply", "reply": {"id": f"cekat:{nonce}:0", "title": "Approve"}},
                {"type": "reply", "reply": {"id": f"cekat:{nonce}:1", "title": "Reject"}},
            ]
        },
    }
    assert cekat_sandbox.api_key not in json.dumps(waits)


@pytest.mark.parametrize("kind", [CekatApprovalOperator, CekatBranchOperator])
def test_what_a_send_renders_is_rendered_here_too(kind: Any) -> None:
    assert set(CekatSendWhatsAppOperator.template_fields) - set(kind.template_fields) == set(_MADE_HERE)
    task = kind(
        task_id="t", subject="?", accept_text=True, fallback_template="a", fallback_variables=["{{ params.x }}"]
    )
    task.render_template_fields({"params": {"x": "INV-7"}})
    assert task.fallback_variables == ["INV-7"]


def test_four_options_are_a_list(cekat_sandbox: Any, approval: Any) -> None:
    asked = approval(options=["Setuju", "Tolak", "Tanya keuangan", "Besok"])
    asked.defers()
    (sent,) = cekat_sandbox.sent()
    cekat_sandbox.reply(conversation_id=sent["conversation_id"], row_id=buttons(sent)["Setuju"])
    assert asked.ends()["chosen_options"] == ["Setuju"]


@pytest.mark.parametrize("shape", [{}, {"messages": "old", "times": "naive", "envelope": "bare"}])
def test_approve(cekat_sandbox: Any, approval: Any, shape: dict[str, str]) -> None:
    cekat_sandbox.shape(**shape)
    cekat_sandbox.conversation(BOSS, name="Bu Contoh")
    asked = approval(responders=[OTHER, "+62 812-0000-0001"])
    asked.defers()
    tap(cekat_sandbox, "Approve")
    result = asked.ends()
    assert isinstance(responded_at := result.pop("responded_at"), datetime)
    assert responded_at.tzinfo is not None
    assert result == {
        "chosen_options": ["Approve"],
        "params_input": {},
        "responded_by_user": {"id": BOSS, "name": "Bu Contoh"},
    }


def test_reject(cekat_sandbox: Any, approval: Any) -> None:
    asked = approval()
    asked.defers()
    tap(cekat_sandbox, "Reject")
    with pytest.raises(AirflowFailException, match="The request was rejected"):
        asked.ends()
    assert asked.ti.xcoms["return_value"]["chosen_options"] == ["Reject"]


def test_the_first_tap_decides(cekat_sandbox: Any, approval: Any) -> None:
    asked = approval()
    asked.defers()
    tap(cekat_sandbox, "Approve")
    tap(cekat_sandbox, "Reject")
    assert asked.ends()["chosen_options"] == ["Approve"]


def test_no_answer_is_a_rejection(cekat_sandbox: Any, approval: Any) -> None:
    asked = approval(response_timeout=600)
    asked.defers()
    with pytest.raises(AirflowFailException, match=r"No answer came within 600 seconds\. That is a rejection"):
        asked.ends()
    assert asked.ti.xcoms["return_value"]["chosen_options"] == []
    assert asked.ti.xcoms["return_value"]["responded_by_user"] is None


@pytest.mark.parametrize("default", ["Approve", ["Approve"]])
def test_no_answer_with_a_default(cekat_sandbox: Any, approval: Any, default: Any) -> None:
    asked = approval(response_timeout=600, defaults=default)
    asked.defers()
    result = asked.ends()
    assert (result["chosen_options"], result["responded_by_user"]) == (["Approve"], None)


def test_what_is_not_an_answer(cekat_sandbox: Any, approval: Any) -> None:
    """A tap on an older request, a typed title, a word of the business's: then the time is up."""
    old = approval()
    old.defers()
    asked = approval(response_timeout=600)
    asked.defers()
    older, newer = cekat_sandbox.sent()
    assert buttons(older).keys() == buttons(newer).keys()
    tap(cekat_sandbox, "Approve", older)
    cekat_sandbox.reply("Approve", receiver=BOSS)
    cekat_sandbox.note("Approve", receiver=BOSS, sent_by_type="agent")
    with pytest.raises(AirflowFailException, match="No answer came"):
        asked.ends()
    assert old.ends()["chosen_options"] == ["Approve"]


def test_the_wrong_person(cekat_sandbox: Any, approval: Any) -> None:
    asked = approval(responders=OTHER, response_timeout=600)
    asked.defers()
    tap(cekat_sandbox, "Approve")
    with pytest.raises(AirflowFailException, match="No answer came"):
        asked.ends()


def test_a_typed_answer_where_it_counts(cekat_sandbox: Any, approval: Any) -> None:
    asked = approval(accept_text=True)
    asked.defers()
    for text in ("Sebentar", " approve ", "Reject"):
        cekat_sandbox.reply(text, receiver=BOSS)
    assert asked.ends()["chosen_options"] == ["Approve"]


def test_a_retry_asks_nobody_again_and_the_same_button_answers(cekat_sandbox: Any, approval: Any) -> None:
    asked = approval(retries=2)
    first = asked.defers()
    assert asked.defers(retry=True) == first
    (sent,) = cekat_sandbox.sent()
    tap(cekat_sandbox, "Approve", sent)
    assert asked.ends()["chosen_options"] == ["Approve"]


def test_clearing_asks_anew_and_the_old_button_is_dead(cekat_sandbox: Any, approval: Any) -> None:
    asked = approval(retries=1, response_timeout=600)
    first = asked.defers()
    second = asked.defers(clear=True)
    assert first["request"]["nonce"] != second["request"]["nonce"]
    tap(cekat_sandbox, "Approve", cekat_sandbox.sent()[0])
    with pytest.raises(AirflowFailException, match="No answer came"):
        asked.ends()


def test_what_is_no_longer_remembered_approves_nothing(cekat_sandbox: Any, approval: Any) -> None:
    asked = approval()
    asked.defers()
    tap(cekat_sandbox, "Approve")
    event = asked.event()
    asked.ti.run_id = "another"
    asked.context.get("task_state_store", {}).clear()
    with pytest.raises(EventError, match="another request"):
        asked.resumes(event)


WRONG = [
    ({"options": []}, "options must be 1 to 10 texts, got none"),
    ({"options": None}, "options must be a list .*, got None"),
    ({"options": "Ya,Tidak"}, "options must be a list .*, got a text that is not JSON"),
    ({"options": ["Ya", "ya"]}, "options"),
    ({"options": [str(n) for n in range(11)]}, "options must be 1 to 10 texts, got 11"),
    ({"options": ["Approve", "x" * 21]}, r"button title \(action.buttons\[1\].* at most 20 characters, got 21: 'xxx"),
    ({"options": ["Approve", "🙏" * 11]}, r"at most 20 characters, got 22 \(an emoji counts as two or more\): '🙏"),
    ({"options": ["a", "b", "c", "x" * 25]}, r"row title \(action.sections\[0\].rows\[3\].* 24 characters, got 25"),
    ({"defaults": "Maybe"}, "defaults must be one of the options"),
    ({"responders": "nobody"}, r"responders\[0\] must be a phone number"),
    ({"responders": [BOSS, None]}, r"responders\[1\] must be a phone number, got a NoneType"),
    ({"responders": "081200000001"}, r"responders\[0\] must be a number with its country code"),
    ({"responders": []}, "responders must be one phone number or several, got none"),
    ({"responders": " , "}, "responders must be one phone number or several, got none"),
    ({"responders": f"['{BOSS}']"}, "responders must be a list .*, got a text that is not JSON"),
    ({"responders": {"boss": BOSS}}, "responders must be one phone number, or a list of them, got a dict"),
    ({"subject": ""}, "subject must be a text"),
    ({"on_reject": "shrug"}, "on_reject must be one of skip, fail"),
    ({"response_timeout": 0}, "response_timeout must be"),
    ({"response_timeout": "1h"}, "response_timeout must be a timedelta or a number of seconds.*, got '1h'"),
    ({"response_timeout": float("inf")}, "response_timeout must be .* at most ten years, got inf"),
    ({"response_timeout": timedelta.max}, "response_timeout must be .* at most ten years"),
    ({"response_timeout": timedelta(seconds=-1)}, "response_timeout must be .* above 0"),
    ({"poke_interval": 0}, "poke_interval must be a timedelta or a number of seconds, above 0.*, got 0"),
    ({"poke_interval": "60"}, "poke_interval must be a timedelta or a number of seconds.*, got '60'"),
    ({"message": "Hi"}, "message must be left out"),
    ({"choices": ["a"]}, "choices must be left out"),
    ({"fallback_template": "order_ready"}, "fallback_template must be left out"),
]


@pytest.mark.parametrize(("arguments", "words"), WRONG)
def test_a_mistake_asks_nobody(cekat_sandbox: Any, approval: Any, arguments: dict[str, Any], words: str) -> None:
    asked = approval(**arguments)
    with pytest.raises(AirflowFailException, match=words):
        asked.operator().execute(asked.context)
    assert cekat_sandbox.requests() == []


RESPONDERS = [
    "+62 812-0000-0001, +62 812-0000-0002",
    f"{OTHER};{BOSS}",
    json.dumps([OTHER, BOSS]),
    {BOSS},
    int(BOSS),
    ["0812 0000 0001"],
]


@pytest.mark.parametrize("responders", RESPONDERS)
def test_a_responder_in_any_notation(
    cekat_sandbox: Any, approval: Any, responders: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = {**cekat_sandbox.connection, "extra": {"default_country_code": "62"}}
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps(connection))
    asked = approval(responders=responders)
    asked.defers()
    tap(cekat_sandbox, "Approve")
    assert asked.ends()["responded_by_user"]["id"] == BOSS


NOWHERE = [
    ({"A": "nowhere"}, "options_mapping must be the id .*, got 'nowhere' for 'A', which is none"),
    ({"A": "after_that"}, "right after this one, got 'after_that' for 'A'"),
    ({"A": "next"}, "got 'B' for 'B', which is none"),
    ({"A": "next", "B": "parcel", "C": "next"}, "got the key 'C'"),
    ({"A": "next", "B": ["parcel"]}, "options_mapping must be the id of a task or a task group, got a list for 'B'"),
    (["next", "parcel"], "options_mapping must be a mapping of options to task ids, got a list"),
]


@pytest.mark.parametrize(("mapping", "words"), NOWHERE)
def test_a_branch_to_nowhere_asks_nobody(cekat_sandbox: Any, mapping: Any, words: str) -> None:
    operator = branching(mapping)
    context: dict[str, Any] = {"ti": AskingTI()} | ({} if IS_2 else {"task_state_store": Memory()})
    with pytest.raises(AirflowException, match=words):
        operator.execute(context)
    assert cekat_sandbox.requests() == []


@pytest.mark.parametrize("tapped", [True, False])
def test_a_default_counts_where_the_triggerer_is_away_and_no_tap_came(
    cekat_sandbox: Any, approval: Any, tapped: bool
) -> None:
    asked = approval(response_timeout=1e-3, defaults="Approve")
    asked.defers()
    if tapped:
        tap(cekat_sandbox, "Reject")
    with pytest.raises(AirflowFailException, match="rejected") if tapped else nullcontext():
        asked.operator().resume_execution(*given_up(), asked.context)
    assert asked.ti.xcoms.get("return_value", {}).get("chosen_options") == (["Reject"] if tapped else None)


def test_a_branch_to_a_task_or_a_group(cekat_sandbox: Any) -> None:
    operator = branching({"A": "next", "B": "parcel"})
    context: dict[str, Any] = {"ti": AskingTI()} | ({} if IS_2 else {"task_state_store": Memory()})
    with pytest.raises(TaskDeferred):
        operator.execute(context)


def branching(mapping: Any) -> CekatBranchOperator:
    with DAG("d", start_date=datetime(2026, 1, 1), schedule=None):
        ask = CekatBranchOperator(
            task_id="ask", receiver=BOSS, subject="?", options=["A", "B"], options_mapping=mapping
        )
        after = BaseOperator(task_id="next")
        with TaskGroup("parcel") as parcel:
            BaseOperator(task_id="weigh") >> BaseOperator(task_id="hand_over")
        ask >> [after, parcel]
        after >> BaseOperator(task_id="after_that")
    return ask


def test_the_example_approved(cekat_sandbox: Any) -> None:
    tap_later(cekat_sandbox, "Setuju")
    tap_later(cekat_sandbox, "SiCepat")
    run = Run(load("examples", "cekat_approval"))
    assert run.states == {
        "approve_refund": "success",
        "pay_back": "success",
        "choose_way": "success",
        "ship": "success",
        "keep_at_counter": "skipped",
        "close": "skipped",
    }
    assert run.xcom("approve_refund")["chosen_options"] == ["Setuju"]
    # As the next task gets it, a datetime: its date and time stand apart.
    option, _, at = run.xcom("pay_back").partition(" at ")
    assert (option, len(at.split())) == ("Setuju", 2)
    assert datetime.fromisoformat(at).tzinfo is not None
    assert run.xcom("ship") == "SiCepat"


def test_a_rejection_skips_what_comes_next(cekat_sandbox: Any) -> None:
    tap_later(cekat_sandbox, "Reject")
    run = Run(rejecting())
    assert run.states == {"ask": "success", "next": "skipped", "whatever": "success"}
    assert run.xcom("ask")["chosen_options"] == ["Reject"]


def test_a_rejection_skips_all_that_comes_after(cekat_sandbox: Any) -> None:
    # Nobody answers.
    run = Run(rejecting(ignore_downstream_trigger_rules=True, response_timeout=1))
    assert run.states == {"ask": "success", "next": "skipped", "whatever": "skipped"}
    assert run.xcom("ask")["chosen_options"] == []


def rejecting(**arguments: Any) -> DAG:
    dag = load("tests", "cekat_test_approval")
    vars(dag.get_task("ask")).update(arguments)
    return dag

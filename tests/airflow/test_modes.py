"""One table of scenarios, through poke, reschedule and deferrable: the same outcome, the same XCom."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from modes import MODES, run
from virtual import Clock

from cekat_provider.core.errors import RateLimitedError, ServerError

pytestmark = pytest.mark.usefixtures("airflow_db")
SECOND = timedelta(seconds=1)


class Scene:
    """A conversation, and what happens in it."""

    def __init__(self, sandbox: Any, clock: Clock) -> None:
        self.sandbox = sandbox
        self.id = sandbox.conversation()["id"]
        self.later = clock.later

    def say(self, text: str = "Ya", **fields: Any) -> None:
        self.sandbox.reply(text, conversation_id=self.id, **fields)

    def fault(self, **fault: Any) -> None:
        self.sandbox.faults(on="read", **fault)

    def down(self, **fault: Any) -> None:
        self.fault(times=None, **fault)


def only_yes(message: Any) -> bool:
    return message.text.startswith("Ya")


def broken(message: Any) -> bool:
    raise LookupError("a bug in the DAG")


@dataclass
class Case:
    """What happens, how the sensor is set, how it ends."""

    play: Callable[[Scene], Any]
    state: str
    texts: list[str] | None = None
    error: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    no_sooner: float = 0.0


def now(shift: timedelta = timedelta(0)) -> str:
    return (datetime.now(timezone.utc) + shift).isoformat()


def old_then_new(scene: Scene) -> None:
    scene.say("old")
    scene.sandbox.advance(hours=1)
    scene.later(16, lambda: scene.say("new"))


def several(scene: Scene) -> None:
    scene.say("Tidak")
    scene.later(12, lambda: scene.say("Mungkin"))
    scene.later(32, lambda: scene.say("Ya, betul"))


def odd(**shape: Any) -> Callable[[Scene], None]:
    def play(scene: Scene) -> None:
        scene.sandbox.shape(**shape)
        for text in ("satu", "dua", "tiga"):
            scene.say(text)
            scene.sandbox.advance(seconds=2)
        scene.sandbox.note("catatan", conversation_id=scene.id)
        scene.later(12, lambda: scene.say("empat"))

    return play


DOWN = {"status": 503, "kind": "status"}
CASES: dict[str, Case] = {
    "answer before the first look": Case(lambda s: s.say(), "done", ["Ya"]),
    "answer during": Case(lambda s: s.later(16, s.say), "done", ["Ya"]),
    "old message": Case(old_then_new, "done", ["new"], arguments={"since": lambda: now(59 * 60 * SECOND)}),
    "no answer": Case(lambda s: None, "failed", error="AirflowSensorTimeout", arguments={"timeout": 24}),
    "no answer, soft_fail": Case(lambda s: None, "skipped", arguments={"timeout": 24, "soft_fail": True}),
    "no answer, never_fail": Case(
        lambda s: None, "failed", error="AirflowSensorTimeout", arguments={"timeout": 24, "never_fail": True}
    ),
    "answer between the last look and the time-out": Case(
        lambda s: s.later(40, s.say), "done", ["Ya"], arguments={"timeout": 48, "poke_interval": 52}
    ),
    "401": Case(lambda s: s.down(kind="status", status=401), "failed", error="AirflowFailException"),
    "401 during": Case(lambda s: s.down(kind="status", status=401, skip=3), "failed", error="AirflowFailException"),
    "401 during, soft_fail": Case(
        lambda s: s.down(kind="status", status=401, skip=3), "skipped", arguments={"soft_fail": True}
    ),
    "401 during, never_fail": Case(
        lambda s: s.down(kind="status", status=401, skip=3), "skipped", arguments={"never_fail": True}
    ),
    "404": Case(lambda s: setattr(s, "id", "no-such"), "failed", error="AirflowFailException"),
    "404 during, silent_fail": Case(
        lambda s: s.down(kind="status", status=404, skip=3),
        "failed",
        error="AirflowFailException",
        arguments={"silent_fail": True},
    ),
    "429 with Retry-After": Case(
        lambda s: (s.say(), s.fault(kind="rate_limit", retry_after=1)), "done", ["Ya"], no_sooner=1
    ),
    "429 with Retry-After, as a date": Case(
        lambda s: (s.say(), s.fault(kind="rate_limit", retry_after=2, retry_after_date=True)), "done", ["Ya"]
    ),
    "500, then well": Case(lambda s: (s.say(), s.fault(kind="status", times=3)), "done", ["Ya"]),
    "500 during, then well": Case(
        lambda s: (s.fault(kind="status", times=3, skip=2), s.later(20, s.say)), "done", ["Ya"]
    ),
    "dropped connections, then well": Case(lambda s: (s.say(), s.fault(kind="drop", times=2)), "done", ["Ya"]),
    "malformed answers, then well": Case(
        lambda s: (s.say(), s.sandbox.faults({"kind": "not_json"}, {"kind": "deep"}, {"kind": "truncated"})),
        "done",
        ["Ya"],
    ),
    "down": Case(lambda s: s.down(**DOWN), "retry", error="ServerError", arguments={"max_consecutive_failures": 4}),
    "down, soft_fail": Case(
        lambda s: s.down(**DOWN),
        "retry",
        error="ServerError",
        arguments={"max_consecutive_failures": 3, "soft_fail": True},
    ),
    "down, never_fail": Case(
        lambda s: s.down(**DOWN), "skipped", arguments={"max_consecutive_failures": 3, "never_fail": True}
    ),
    "down for a while, silent_fail": Case(
        lambda s: (s.say(), s.fault(**DOWN, times=4)),
        "done",
        ["Ya"],
        arguments={"max_consecutive_failures": 2, "silent_fail": True},
    ),
    "down now and then, never too long": Case(
        lambda s: (
            s.sandbox.faults(*[{"kind": "status", "on": "read", "skip": 2 * n, "times": 1} for n in range(6)]),
            s.later(40, s.say),
        ),
        "done",
        ["Ya"],
        arguments={"max_consecutive_failures": 2},
    ),
    "naive times": Case(odd(times="naive"), "done", ["satu", "dua", "tiga", "empat"], arguments={"min_messages": 4}),
    "out of order": Case(
        odd(order="shuffled"), "done", ["satu", "dua", "tiga", "empat"], arguments={"min_messages": 4}
    ),
    "pages": Case(
        odd(page_size=2, order="newest_first"),
        "done",
        ["satu", "dua", "tiga", "empat"],
        arguments={"min_messages": 4},
    ),
    "old shape": Case(
        odd(messages="old", envelope="data.items"),
        "done",
        ["satu", "dua", "tiga", "empat"],
        arguments={"min_messages": 4},
    ),
    "pattern": Case(several, "done", ["Ya, betul"], arguments={"pattern": r"^Ya\b"}),
    "match": Case(several, "done", ["Ya, betul"], arguments={"match": only_yes}),
    "match by path": Case(several, "done", ["Ya, betul"], arguments={"match": "test_modes.only_yes"}),
    "match refuses, no answer": Case(
        lambda s: s.later(8, lambda: s.say("Tidak")),
        "failed",
        error="AirflowSensorTimeout",
        arguments={"timeout": 40, "match": only_yes},
    ),
    "match is broken": Case(lambda s: s.later(12, s.say), "retry", error="LookupError", arguments={"match": broken}),
    "match is broken, never_fail": Case(
        lambda s: s.later(12, s.say), "skipped", arguments={"match": broken, "never_fail": True}
    ),
    "match is broken, silent_fail": Case(
        lambda s: s.later(12, s.say),
        "failed",
        error="AirflowSensorTimeout",
        arguments={"timeout": 40, "match": broken, "silent_fail": True},
    ),
    "a wrong argument": Case(lambda s: None, "failed", error="AirflowFailException", arguments={"pattern": "("}),
    "a wrong path": Case(
        lambda s: None, "failed", error="AirflowFailException", arguments={"match": "tests.no_such.thing"}
    ),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", CASES)
def test_the_same_in_every_mode(
    cekat_sandbox: Any,
    clock: Clock,
    name: str,
    mode: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    case, scene = CASES[name], Scene(cekat_sandbox, clock)
    arguments = {key: value() if key == "since" else value for key, value in case.arguments.items()}
    started = clock.monotonic()
    case.play(scene)
    end = run(mode, clock, monkeypatch, conversation_id=scene.id, **arguments)
    assert end.state == case.state, repr(end.error)
    assert (end.xcom and [message["text"] for message in end.xcom]) == case.texts
    if case.error:
        assert type(end.error).__name__ == case.error
    took = clock.monotonic() - started
    if mode != "deferrable":
        assert took >= case.no_sooner
    if case.error == "AirflowSensorTimeout":
        # Counted from the first look, however often it was deferred.
        assert arguments["timeout"] <= took < arguments["timeout"] + 3
    if end.xcom:
        assert end.xcom[-1]["raw"]["id"] == end.xcom[-1]["id"]
    # Refused messages do not wake the task again.
    assert len(end.triggers) <= 3
    # What travels through Airflow's database and logs holds neither the key nor what people say.
    travels = json.dumps([end.triggers, end.events]) + caplog.text
    assert cekat_sandbox.api_key not in travels
    assert "Ya, betul" not in travels
    assert cekat_sandbox.sent() == []


@pytest.mark.parametrize("error", [ServerError("x", 503), RateLimitedError("x", 429)])
def test_errors_come_back_as_they_were(error: Exception) -> None:
    from cekat_provider.core.outcome import Outcome, read

    event = json.loads(json.dumps(Outcome(5.0, error=error).to_event()))
    assert type(read(event).error) is type(error)
    assert str(read(event).error) == str(error)

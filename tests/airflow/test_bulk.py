"""Many messages in one task, over real HTTP: what is sent, what a retry sends, how it ends."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from instances import BulkInstance, Killed, Store, Variables

from cekat_provider.compat import AirflowFailException
from cekat_provider.core.errors import AuthError, OutcomeUnknownError, RateLimitedError
from cekat_provider.hooks.cekat_async import CekatAsyncHook
from cekat_provider.messages import Buttons
from cekat_provider.operators import bulk_run
from cekat_provider.operators.bulk import CekatBulkSendOperator

MANY = 30


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for a message once, at once: the sandbox's history does not lag unless it is told to."""
    monkeypatch.setattr(CekatAsyncHook, "settle_seconds", (0.0,))


@pytest.fixture(params=["3.3", "before"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Store | None:
    if request.param == "3.3":
        return Store()
    Variables(monkeypatch)
    return None


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Level and words of each line of the log; Airflow 3.3 does not write with `logging`."""
    lines: list[tuple[str, str]] = []

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append((record.levelname, record.getMessage()))

    logger = logging.Logger("told", logging.INFO)
    logger.addHandler(Lines())
    monkeypatch.setattr(CekatBulkSendOperator, "log", logger)
    return lines


def conversation(index: int) -> str:
    return f"00000000-0000-4000-8000-{index:012d}"


def orders(many: int = MANY, **more: Any) -> list[dict[str, Any]]:
    return [
        {"receiver": f"62812{n:08d}", "conversation_id": conversation(n), "message": f"Pesanan INV-{n} siap.", **more}
        for n in range(many)
    ]


def numbers_only(many: int = MANY) -> list[dict[str, Any]]:
    return [{"receiver": order["receiver"], "message": order["message"]} for order in orders(many)]


def got(sandbox: Any) -> Counter[str]:
    return Counter(message["receiver"] for message in sandbox.sent())


def each_once(sandbox: Any, many: int = MANY) -> bool:
    return got(sandbox) == Counter({order["receiver"]: 1 for order in orders(many)})


def connect(sandbox: Any, monkeypatch: pytest.MonkeyPatch, **extra: Any) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps({**sandbox.connection, "extra": extra}))


def test_each_gets_one_and_the_counts_are_told(cekat_sandbox: Any, store: Store | None) -> None:
    report = BulkInstance(store=store, messages=orders()).run()
    assert each_once(cekat_sandbox)
    assert report == {"total": MANY, "sent": MANY, "by_template": 0, "failed": 0, "skipped": 0, "failures": []}


def test_no_message_is_no_work(cekat_sandbox: Any) -> None:
    assert BulkInstance(store=Store(), messages=[]).run()["total"] == 0
    assert cekat_sandbox.requests() == []


@pytest.mark.parametrize(
    ("messages", "got"),
    [
        (None, "None"),
        ("None", "None"),
        ("[{'receiver': '62812'}]", "a text that is not JSON"),
        ('{"receiver": "62812"}', "JSON of a dict"),
        ({"receiver": "62812"}, "a dict"),
        (7, "a int"),
    ],
)
def test_what_is_no_list_is_named(cekat_sandbox: Any, messages: Any, got: str) -> None:
    with pytest.raises(AirflowFailException, match=f"messages must be a list .*, got {got}$"):
        BulkInstance(store=Store(), messages=messages).run()
    assert cekat_sandbox.requests() == []


def test_those_on_the_way_at_once_are_noted_at_once(cekat_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[str] = []
    monkeypatch.setattr(Store, "set", lambda store, key, value, retention: writes.append(key))
    BulkInstance(store=Store(), messages=orders(), concurrency=10**9).run()
    # All that leave in one, their answers as they come, and the end: one by one they would be twice as many.
    assert len(writes) <= 1 + MANY + 1


TO = {"receiver": "+62 812-0000-0001"}
PLAIN = {"receiver": "6281200000001"}
REPLIES = [{"type": "reply", "reply": {"id": "Ya", "title": "Ya"}}]
BODIES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({**TO, "message": "Halo"}, {**PLAIN, "message": "Halo"}),
    ({"conversation_id": conversation(1), "message": "Halo"}, {"conversation_id": conversation(1), "message": "Halo"}),
    (
        {**TO, "message": Buttons("Jadi?", ["Ya"])},
        {**PLAIN, "media_type": "button", "message": "Jadi?", "action": {"buttons": REPLIES}},
    ),
    (
        {**TO, "message": Buttons("Jadi?", ["Ya"]).to_body()},
        {**PLAIN, "media_type": "button", "message": "Jadi?", "action": {"buttons": REPLIES}},
    ),
    (
        {**TO, "message": "Jadi?", "choices": ["Ya"]},
        {**PLAIN, "media_type": "button", "message": "Jadi?", "action": {"buttons": REPLIES}},
    ),
    (
        {**TO, "message": {"message": "Nota", "file_url": "https://example.com/a.pdf"}},
        {**PLAIN, "message": "Nota", "file_url": "https://example.com/a.pdf"},
    ),
    ({**TO, "message": 7, "extra_fields": {"tag": "x"}}, {**PLAIN, "message": "7", "tag": "x"}),
]


@pytest.mark.parametrize(("entry", "body"), BODIES)
def test_what_an_entry_says(cekat_sandbox: Any, entry: dict[str, Any], body: dict[str, Any]) -> None:
    cekat_sandbox.conversation(receiver="6281200000001", id=conversation(1))
    BulkInstance(store=Store(), messages=[entry]).run()
    (sent,) = cekat_sandbox.sent()
    assert sent["request_body"] == body


@pytest.mark.parametrize(
    "messages", [json.dumps(numbers_only(2)), tuple(numbers_only(2)), (order for order in numbers_only(2))]
)
def test_other_sorts_of_lists(cekat_sandbox: Any, messages: Any) -> None:
    BulkInstance(store=Store(), messages=messages).run()
    assert each_once(cekat_sandbox, 2)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("Halo", r"messages\[2\] must be an object such as .* got a str"),
        ({**TO, "mesage": "Halo"}, r"messages\[2\] must be an object with the keys receiver, .* got the key 'mesage'"),
        ({"message": "Halo"}, r"messages\[2\].receiver must be given, or conversation_id"),
        ({"receiver": "0812", "message": "Halo"}, r"messages\[2\].receiver must be a number with its country code"),
        ({**TO, "message": ""}, r"messages\[2\].message must have 1 to 4096 characters, got 0|messages\[2\].*message"),
        ({**TO, "message": "a" * 4097}, r"messages\[2\].*4,?096"),
        ({**TO, "message": Buttons("Jadi?", ["a" * 21])}, r"messages\[2\].button.*title.* 20"),
        ({**TO, "message": {"receiver": "62812"}}, r"messages\[2\].message.receiver must be left out"),
        ({**TO, "footer": "a", "message": {"footer": "b"}}, r"messages\[2\].footer must be left out"),
        ({**TO, "message": "a", "fallback_variables": ["a"]}, r"messages\[2\].fallback_variables must be left out"),
    ],
)
def test_all_are_checked_before_the_first_is_sent(cekat_sandbox: Any, entry: Any, said: str) -> None:
    with pytest.raises(AirflowFailException, match=said) as caught:
        BulkInstance(store=Store(), messages=[*numbers_only(2), entry, "wrong too"]).run()
    assert "6281" not in str(caught.value)
    assert cekat_sandbox.requests() == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"messages": "{{ none }}"}, "messages must be a list"),
        ({"messages": {"receiver": "x"}}, "messages must be a list"),
        ({"concurrency": 0}, "concurrency must be a whole number from 1, got 0"),
        ({"stop_after_failures": 0}, "stop_after_failures must be a whole number from 1, or None"),
        ({"max_failures": 0.5}, "max_failures must be a whole number from 0, or None"),
        ({"on_unknown": "retry"}, "on_unknown must be one of"),
        ({"on_window_closed": "resend"}, "on_window_closed must be one of"),
        ({"validate": "no"}, "validate must be strict, warn or off"),
        ({"check_window": True}, r"messages\[0\].conversation_id must be given beside check_window"),
    ],
)
def test_a_wrong_option_sends_nothing(cekat_sandbox: Any, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(AirflowFailException, match=said):
        BulkInstance(store=Store(), **{"messages": numbers_only(2), **wrong}).run()
    assert cekat_sandbox.requests() == []


def test_as_many_are_on_the_way_as_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    # More than a client has room for by itself; nobody is answered before all of them are there.
    together = threading.Barrier(12)

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            try:
                together.wait(20)
                self.send_response(200)
            except threading.BrokenBarrierError:
                self.send_response(400)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host = f"http://127.0.0.1:{server.server_port}"
        connection = {"conn_type": "cekat", "host": host, "password": "key", "extra": {"timeout": 60}}
        monkeypatch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps(connection))
        report = BulkInstance(store=Store(), messages=numbers_only(12), concurrency=12).run()
        server.shutdown()
    assert report["sent"] == 12


def test_the_same_to_the_same_customer_is_said_once(cekat_sandbox: Any, store: Store | None) -> None:
    twice = orders(2)
    messages = [*twice, {**twice[0], "message": " Pesanan  INV-0 siap. "}, {**twice[1], "message": "Lain"}]
    report = BulkInstance(store=store, messages=messages).run()
    assert sorted(message["message"] for message in cekat_sandbox.sent()) == [
        "Lain",
        "Pesanan INV-0 siap.",
        "Pesanan INV-1 siap.",
    ]
    assert (report["sent"], report["skipped"], report["failed"]) == (3, 1, 0)


@pytest.mark.parametrize("kind", ["accept_then_drop", "drop", "accept_then_status", "status", "not_json"])
def test_never_twice_whatever_drops(cekat_sandbox: Any, store: Store | None, kind: str) -> None:
    cekat_sandbox.faults(on="send", kind=kind, probability=0.3, seed=7, **({"status": 502} if "stat" in kind else {}))
    report = BulkInstance(store=store, messages=orders()).run()
    assert each_once(cekat_sandbox)
    assert report["sent"] == MANY


def test_what_nobody_can_look_up_fails_rather_than_go_twice(cekat_sandbox: Any, store: Store | None) -> None:
    cekat_sandbox.faults(on="send", kind="accept_then_drop", times=3)
    report = BulkInstance(store=store, messages=numbers_only(), max_failures=3).run()
    assert each_once(cekat_sandbox)
    assert (report["sent"], report["failed"]) == (MANY - 3, 3)
    assert {failure["reason"].partition(":")[0] for failure in report["failures"]} == {"CannotLookError"}


def test_a_storm_of_429_is_waited_out(cekat_sandbox: Any) -> None:
    cekat_sandbox.faults(on="send", kind="rate_limit", retry_after=0, probability=0.5, seed=3, times=MANY)
    assert BulkInstance(store=Store(), messages=numbers_only()).run()["sent"] == MANY
    assert each_once(cekat_sandbox)


REFUSED = {"on": "send", "kind": "error_code", "code": 131026, "message": "Message undeliverable"}


@pytest.mark.parametrize(("max_failures", "fails"), [(0, True), (1, True), (2, False), (None, False)])
def test_one_that_is_refused_does_not_end_the_others(
    cekat_sandbox: Any, max_failures: int | None, fails: bool, told: list[tuple[str, str]]
) -> None:
    cekat_sandbox.faults({**REFUSED, "skip": 4}, {**REFUSED, "skip": 9})
    instance = BulkInstance(store=Store(), messages=numbers_only(), max_failures=max_failures, concurrency=1)
    if fails:
        with pytest.raises(AirflowFailException, match="28 of 30 messages sent, 2 failed"):
            instance.run()
    else:
        report = instance.run()
        assert [failure["index"] for failure in report["failures"]] == [4, 9]
        assert all("131026" in failure["reason"] for failure in report["failures"])
        assert [level for level, line in told if line.startswith("28 of 30")] == ["WARNING"]
    assert len(cekat_sandbox.sent()) == MANY - 2
    # A retry neither sends nor tries again.
    before = len(cekat_sandbox.requests())
    if fails:
        with pytest.raises(AirflowFailException):
            instance.run()
    else:
        assert instance.run() == report
    assert len(cekat_sandbox.requests()) == before


def test_too_many_failures_stop_it_and_a_person_goes_on(cekat_sandbox: Any, store: Store | None) -> None:
    cekat_sandbox.faults({**REFUSED, "skip": 10, "times": None})
    instance = BulkInstance(
        store=store, messages=numbers_only(), stop_after_failures=3, max_failures=None, concurrency=1
    )
    with pytest.raises(AirflowFailException, match=r"Stopped after 3 failures.*10 of 30 messages sent, 3 failed"):
        instance.run()
    assert len(cekat_sandbox.requests()) == 13
    cekat_sandbox.clear_faults()
    instance.clear()
    assert instance.run()["sent"] == MANY
    assert each_once(cekat_sandbox)


def test_a_refused_key_stops_it_at_once(
    cekat_sandbox: Any, store: Store | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {**cekat_sandbox.connection, "password": "wrong-key-of-the-test"}
    instance = BulkInstance(store=store, messages=numbers_only(), concurrency=2, max_failures=None)
    with monkeypatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_CEKAT_DEFAULT", json.dumps(wrong))
        with pytest.raises(AirflowFailException, match="0 of 30 messages sent") as caught:
            instance.run()
    assert isinstance(caught.value.__cause__, AuthError)
    assert len(cekat_sandbox.requests()) <= 2
    instance.clear()
    assert instance.run()["sent"] == MANY
    assert each_once(cekat_sandbox)


def test_what_did_not_get_through_is_left_to_the_retries(
    cekat_sandbox: Any, store: Store | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(cekat_sandbox, monkeypatch, max_wait=0)
    cekat_sandbox.faults(on="send", kind="rate_limit", skip=10, times=None)
    instance = BulkInstance(store=store, messages=numbers_only(), concurrency=2)
    for _ in range(2):
        with pytest.raises(RateLimitedError):
            instance.run()
    # Three in a row, and no more is begun.
    assert len(cekat_sandbox.requests()) <= 10 + 2 * 4
    # In the last try, what is missing has failed.
    with pytest.raises(AirflowFailException, match="10 of 30 messages sent, 20 failed"):
        instance.run()
    cekat_sandbox.clear_faults()
    instance.clear()
    assert instance.run()["sent"] == MANY
    assert each_once(cekat_sandbox)


def test_a_history_that_cannot_be_read_is_looked_at_by_the_retry(
    cekat_sandbox: Any, store: Store | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(cekat_sandbox, monkeypatch, max_wait=0)
    cekat_sandbox.faults({"on": "send", "kind": "accept_then_drop"}, {"on": "read", "kind": "status", "status": 500})
    instance = BulkInstance(store=store, messages=orders())
    with pytest.raises(OutcomeUnknownError):
        instance.run()
    assert instance.run()["sent"] == MANY
    assert each_once(cekat_sandbox)


@pytest.mark.parametrize("moment", ["before the request", "after acceptance"])
def test_killed_halfway_and_resumed(
    cekat_sandbox: Any, store: Store | None, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    from cekat_provider.transports.aio import AsyncTransport

    send = AsyncTransport.send
    count = iter(range(1000))

    async def dying(self: Any, request: Any) -> Any:
        last = request.method == "POST" and next(count) == MANY // 2
        if last and moment == "before the request":
            raise Killed
        response = await send(self, request)
        if last:
            raise Killed
        return response

    instance = BulkInstance(store=store, messages=orders(), concurrency=4)
    with monkeypatch.context() as patch:
        patch.setattr(AsyncTransport, "send", dying)
        with pytest.raises(Killed):
            instance.run()
    already = len(cekat_sandbox.sent())
    assert 0 < already < MANY
    posted = sum(entry["method"] == "POST" for entry in cekat_sandbox.requests())
    assert instance.run()["sent"] == MANY
    assert each_once(cekat_sandbox)
    # Only what is missing.
    assert sum(entry["method"] == "POST" for entry in cekat_sandbox.requests()) - posted == MANY - already


def test_a_retry_after_the_end_sends_nothing_and_a_clear_all(cekat_sandbox: Any, store: Store | None) -> None:
    instance = BulkInstance(store=store, messages=orders())
    first = instance.run()
    before = len(cekat_sandbox.requests())
    assert instance.run() == first
    assert len(cekat_sandbox.requests()) == before
    instance.clear()
    instance.run()
    assert set(got(cekat_sandbox).values()) == {2}


def test_once_a_run(cekat_sandbox: Any, store: Store | None) -> None:
    instance = BulkInstance(store=store, messages=orders(), resend_on_clear=False)
    first = instance.run()
    instance.clear()
    assert instance.run() == first
    assert each_once(cekat_sandbox)


def test_another_list_is_not_taken_for_the_earlier_one(cekat_sandbox: Any, store: Store | None) -> None:
    cekat_sandbox.faults({**REFUSED, "skip": 3})
    instance = BulkInstance(store=store, messages=numbers_only())
    with pytest.raises(AirflowFailException):
        instance.run()
    instance.operator.messages = numbers_only()[1:]
    before = len(cekat_sandbox.requests())
    with pytest.raises(AirflowFailException, match="messages must be the list of the earlier try"):
        instance.run()
    assert len(cekat_sandbox.requests()) == before


def test_the_log_is_a_story_without_people(
    cekat_sandbox: Any, told: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_run, "_TELL_EVERY", 0.0)
    cekat_sandbox.faults({**REFUSED, "skip": 4})
    BulkInstance(store=Store(), messages=numbers_only(), max_failures=1, concurrency=1).run()
    lines = [line for _, line in told if "cannot be called outside" not in line]
    assert lines[0] == "30 messages to send, 1 at a time"
    assert lines[1] == "1 of 30 messages sent"
    assert lines[5].startswith("Message 4: failed. BadRequestError: Cekat answered 400")
    assert lines[6] == "4 of 30 messages sent, 1 failed"
    assert lines[-1].startswith("29 of 30 messages sent, 1 failed. The first failure: BadRequestError")
    everything = "\n".join(lines)
    assert "INV-" not in everything
    assert "62812" not in everything
    assert cekat_sandbox.api_key not in everything


def test_without_airflow_it_sends_too(cekat_sandbox: Any) -> None:
    assert BulkInstance(messages=numbers_only(2)).operator.execute({})["sent"] == 2
    assert each_once(cekat_sandbox, 2)


def killed_while(instance: BulkInstance, moment: str) -> None:
    """Run a try whose worker dies at its first send."""
    from cekat_provider.transports.aio import AsyncTransport

    real = AsyncTransport.send

    async def die(self: Any, request: Any) -> Any:
        if request.method != "POST":
            return await real(self, request)
        if moment == "after acceptance":
            await real(self, request)
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AsyncTransport, "send", die)
        with pytest.raises(Killed):
            instance.run()


def test_the_second_dead_worker_is_looked_for_where_the_first_left_nothing(
    cekat_sandbox: Any, store: Store | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = BulkInstance(store=store, messages=orders(1))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 7200)
    killed_while(instance, "before the request")
    monkeypatch.setattr(time, "time", lambda: now)
    killed_while(instance, "after acceptance")
    assert instance.run()["sent"] == 1
    assert each_once(cekat_sandbox, 1)


def test_a_refusal_says_nothing_of_what_an_earlier_try_sent(
    cekat_sandbox: Any, store: Store | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The history lags: the second try saw nothing, and was refused when it sent again."""
    connect(cekat_sandbox, monkeypatch, max_wait=0)
    instance = BulkInstance(store=store, messages=orders(1))
    killed_while(instance, "after acceptance")
    cekat_sandbox.shape(history_lag_seconds=3600)
    cekat_sandbox.faults(on="send", kind="rate_limit")
    with pytest.raises(RateLimitedError):
        instance.run()
    cekat_sandbox.shape(history_lag_seconds=0)
    assert instance.run()["sent"] == 1
    assert each_once(cekat_sandbox, 1)

"""Errors travel between processes: pickled, copied, with notes, through Airflow's own serialization."""

from __future__ import annotations

import copy
import inspect
import pickle
from importlib import import_module

import pytest
from airflow.exceptions import AirflowException

from cekat_provider.core import errors
from cekat_provider.core.errors import CekatError, CekatResponseError

KINDS = [
    kind
    for name, kind in vars(errors).items()
    if inspect.isclass(kind) and issubclass(kind, CekatError) and not name.startswith("_")
]
SAMPLES: list[CekatError] = [
    errors.CekatError("something"),
    errors.CekatConfigError("timeout", "'x'", "a number"),
    errors.CekatInputError("receiver", "nothing", "given"),
    errors.EventError("cannot be read"),
    errors.NotSentError("nothing left"),
    errors.SupersededError("another one sends"),
    errors.OutcomeUnknownError("it left"),
    errors.CannotLookError("it left, and nobody can look"),
    errors.DeliveryTimeoutError("it was accepted"),
    errors.AirflowApiError("no answer"),
    errors.AirflowApiRefusedError("403"),
    *[kind("a sentence.", 418, "said", "131000", 2.5) for kind in KINDS if issubclass(kind, CekatResponseError)],
]


def test_the_samples_are_all_there_is() -> None:
    assert {type(sample) for sample in SAMPLES} == set(KINDS)
    assert all(issubclass(kind, AirflowException) for kind in KINDS)


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(error: CekatError, protocol: int) -> None:
    same(pickle.loads(pickle.dumps(error, protocol)), error)


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy])
def test_copy_with_notes(error: CekatError, how: object) -> None:
    noted = copy.copy(error)
    # What `add_note` does, which Python 3.10 does not have.
    noted.__notes__ = ["while sending"]  # type: ignore[attr-defined]
    again = how(noted)  # type: ignore[operator]
    same(again, error)
    assert again.__notes__ == ["while sending"]
    assert pickle.loads(pickle.dumps(noted)).__notes__ == ["while sending"]


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_airflows_own_serialization(error: CekatError) -> None:
    """What Airflow does with an AirflowException that it sends to another process."""
    path, args, kwargs = error.serialize()
    module, _, name = path.rpartition(".")
    again = getattr(import_module(module), name)(*args, **kwargs)
    assert type(again) is type(error)
    assert str(again) == str(error)


def same(again: CekatError, error: CekatError) -> None:
    assert type(again) is type(error)
    assert again is not error
    assert str(again) == str(error)
    assert again.args == error.args
    assert {k: v for k, v in vars(again).items() if k != "__notes__"} == vars(error)


def test_words() -> None:
    assert str(errors.CekatConfigError("timeout", "'x'", "a number")) == (
        "Cekat connection: timeout must be a number, got 'x'"
    )
    assert str(errors.CekatInputError("message", "0", "1 to 4096 characters")) == (
        "message must be 1 to 4096 characters, got 0"
    )
    assert str(errors.ServerError("Cekat answered 500.", 500)) == "Cekat answered 500."


def test_what_no_retry_can_mend() -> None:
    assert {kind.__name__ for kind in KINDS if kind.permanent} == {
        "CekatConfigError",
        "CekatInputError",
        "CannotLookError",
        "AirflowApiRefusedError",
        "BadRequestError",
        "WindowClosedError",
        "AuthError",
        "NotFoundError",
        "RedirectError",
        "AnswerTooLargeError",
    }

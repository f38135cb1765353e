"""The retry policy, where Airflow has them; elsewhere a sentence that says so."""

from __future__ import annotations

import importlib
from datetime import timedelta
from importlib.metadata import version

import pytest
from packaging.version import Version

from cekat_provider.core.errors import (
    AuthError,
    CannotLookError,
    CekatInputError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    ServerError,
)

HAS_POLICIES = Version(version("apache-airflow")) >= Version("3.3")

DECISIONS = [
    (AuthError("no", 401), "fail", None),
    (CekatInputError("receiver", "nothing", "a number"), "fail", None),
    (RateLimitedError("slow down", 429, None, None, 90.0), "retry", timedelta(seconds=90)),
    (RateLimitedError("slow down", 429, None, None, 1e300), "retry", timedelta(days=1)),
    (ServerError("down", 503, None, None, 30.0), "retry", timedelta(seconds=30)),
    (RateLimitedError("slow down", 429), "default", None),
    (OutcomeUnknownError("dropped"), "default", None),
    (CannotLookError("nobody knows"), "fail", None),
    (ServerError("sorry", 500), "default", None),
    (NotSentError("nobody there"), "default", None),
    (ValueError("none of ours"), "default", None),
]


@pytest.mark.parametrize(("error", "action", "delay"), DECISIONS)
def test_the_decision_goes_by_the_class(error: Exception, action: str, delay: timedelta | None) -> None:
    if not HAS_POLICIES:
        with pytest.raises(ImportError, match=r"need Airflow 3\.3"):
            importlib.import_module("cekat_provider.retry_policy")
        return
    policy = importlib.import_module("cekat_provider.retry_policy").CekatRetryPolicy()
    decision = policy.evaluate(error, try_number=1, max_tries=3)
    assert (decision.action.value, decision.retry_delay) == (action, delay)


def test_it_survives_serialization() -> None:
    if not HAS_POLICIES:
        return
    policy = importlib.import_module("cekat_provider.retry_policy").CekatRetryPolicy
    assert isinstance(policy.deserialize(policy().serialize()), policy)

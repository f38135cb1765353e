"""When Airflow itself should try a Cekat task again: a retry policy for Airflow 3.3 and later."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from cekat_provider.compat import RetryDecision, RetryPolicy
from cekat_provider.core.errors import CekatError

if TYPE_CHECKING:
    from cekat_provider.compat import Context

#: What a server asks for is not believed further: no task waits for ever, and no date overflows.
_LONGEST_SECONDS: Final = 24 * 3600.0


class CekatRetryPolicy(RetryPolicy):
    """Fail at once what no retry can mend, and wait as long as Cekat asks, a day at most.

    For a task's `retry_policy` or a DAG's `default_args`; Airflow 3.3 and later. What is none of Cekat's errors is
    left to the task's own settings, so it fits any task. The operators and sensors of this package decide the first
    half by themselves, on every Airflow.
    """

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        """Decide by the error's class."""
        if not isinstance(exception, CekatError):
            return RetryDecision.default()
        if exception.permanent:
            return RetryDecision.fail(reason=type(exception).__name__)
        seconds = getattr(exception, "retry_after_seconds", None)
        if seconds is None:
            return RetryDecision.default()
        return RetryDecision.retry(delay=timedelta(seconds=min(seconds, _LONGEST_SECONDS)), reason="Retry-After")

    def serialize(self) -> dict[str, Any]:
        """Return what Airflow needs to make this policy again: nothing."""
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> CekatRetryPolicy:
        """Make the policy."""
        return cls()

"""Every error of this package, and which answer of Cekat's becomes which.

    CekatError                   an AirflowException
    ├── CekatConfigError         the connection is wrong; nothing was sent            permanent
    ├── CekatInputError          an argument is wrong; nothing was sent               permanent
    ├── EventError               what a trigger handed over cannot be read
    ├── NotSentError             nothing left this machine                            repeating is safe
    ├── SupersededError          a later try of the task has begun, and sends
    ├── OutcomeUnknownError      it left, and no whole answer came                    never repeated blindly
    │   └── CannotLookError      and no conversation is known to look in              permanent
    ├── DeliveryTimeoutError     accepted, and not delivered in time
    ├── AirflowApiError          Airflow's own API gave no answer that can be used
    │   └── AirflowApiRefusedError   it refused: the login, the permission, the answer    permanent
    └── CekatResponseError       Cekat answered: status, code, said
        ├── BadRequestError      400 and every 4xx not named here                     permanent
        │   └── WindowClosedError    outside the 24-hour window (131047)              permanent
        ├── AuthError            401, 403: the key                                    permanent
        ├── NotFoundError        404                                                  permanent
        ├── RedirectError        3xx, never followed                                  permanent
        ├── RateLimitedError     429: retry_after_seconds
        ├── ServerError          5xx
        └── UnreadableAnswerError    a good status, and an answer that says nothing
            ├── NotJSONError
            └── AnswerTooLargeError

Plain classes with positional arguments and data in attributes: they survive pickle and copy on their way
between Airflow's processes. No message of theirs holds a key, a phone number or a message's text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cekat_provider.compat import AirflowException

if TYPE_CHECKING:
    from typing import ClassVar


class CekatError(AirflowException):
    """Anything that this package raises about Cekat."""

    #: True where no retry of the same call can succeed.
    permanent: ClassVar[bool] = False


class _FieldError(CekatError):
    """One field holds what it may not.

    :param field: the field's name as the user wrote it, with an index where it has one.
    :param got: what it holds, made safe to show.
    :param wants: what it may hold.
    """

    permanent = True
    subject: ClassVar[str] = ""

    def __init__(self, field: str, got: str, wants: str) -> None:
        super().__init__(field, got, wants)
        self.field = field
        self.got = got
        self.wants = wants

    def serialize(self) -> tuple[str, tuple[str, ...], dict[str, str]]:
        """Return what Airflow sends to another process; its own way gives the whole sentence as the one argument."""
        return f"{type(self).__module__}.{type(self).__name__}", self.args, {}

    def __str__(self) -> str:
        return f"{self.subject}{self.field} must be {self.wants}, got {self.got}"


class CekatConfigError(_FieldError):
    """A field of the Airflow connection is wrong. Nothing was sent."""

    subject = "Cekat connection: "


class CekatInputError(_FieldError):
    """An argument is wrong. Nothing was sent."""


class EventError(CekatError):
    """A trigger's event is not one that this version of the provider writes."""


class NotSentError(CekatError):
    """No connection to Cekat was made, so nothing was sent: repeating is safe."""


class SupersededError(CekatError):
    """Airflow has begun a later try of the task, which sends: this one does not, and what is kept is not its own."""


class OutcomeUnknownError(CekatError):
    """The request left, and no whole answer came: Cekat may have acted on it or not."""


class CannotLookError(OutcomeUnknownError):
    """The outcome is unknown, and nothing can tell later: no conversation is known to look in."""

    permanent = True


class DeliveryTimeoutError(CekatError):
    """Cekat accepted the message, and the customer's phone has not got it in time. It may still arrive."""


class AirflowApiError(CekatError):
    """Airflow's public API gave no answer that can be used."""


class AirflowApiRefusedError(AirflowApiError):
    """Airflow's public API refused: the login, the permission or what was asked."""

    permanent = True


class CekatResponseError(CekatError):
    """Cekat answered, and not with what was asked for.

    :param message: the whole sentence.
    :param status: the HTTP status.
    :param said: Cekat's own words, numbers and texts struck out, or None.
    :param code: Cekat's or WhatsApp's error code as a string, or None.
    :param retry_after_seconds: how long Cekat asks to wait, or None.
    """

    advice: ClassVar[str] = ""

    def __init__(
        self,
        message: str,
        status: int = 0,
        said: str | None = None,
        code: str | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.said = said
        self.code = code
        self.retry_after_seconds = retry_after_seconds


class BadRequestError(CekatResponseError):
    """Cekat refused the request: 400, or another 4xx."""

    permanent = True
    advice = "Correct the arguments; a retry sends the same again."


class WindowClosedError(BadRequestError):
    """The customer has not written for 24 hours: only a template can reach them (WhatsApp's 131047)."""

    advice = "Send an approved template, or wait until the customer writes."


class AuthError(CekatResponseError):
    """Cekat refused the API key: 401 or 403."""

    permanent = True
    advice = "Check the API key (the connection's password) and the extra auth_scheme."


class NotFoundError(CekatResponseError):
    """Cekat knows no such thing: 404."""

    permanent = True
    advice = "Check the conversation_id, and the base URL's path."


class RedirectError(CekatResponseError):
    """Cekat's host redirects: never followed, since the API key would travel along."""

    permanent = True
    advice = "Set the connection's host to where the API really lives."


class RateLimitedError(CekatResponseError):
    """Too many requests or messages: 429, or WhatsApp's own limits."""

    advice = "Wait, and send more slowly (an Airflow pool helps)."


class ServerError(CekatResponseError):
    """Cekat, or WhatsApp behind it, is in trouble: 5xx."""

    advice = "Try again later."


class UnreadableAnswerError(CekatResponseError):
    """The status is good and the answer cannot be read, so what happened is not known."""

    advice = "Check that the connection's host is Cekat's API."


class NotJSONError(UnreadableAnswerError):
    """The answer is not JSON, or JSON of a form that this package does not know."""


class AnswerTooLargeError(UnreadableAnswerError):
    """The answer is larger than this package reads (32 MiB)."""

    permanent = True
    advice = "Ask for a shorter history, or check that the connection's host is Cekat's API."

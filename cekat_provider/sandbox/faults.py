"""Faults on demand: which one strikes which request. How each looks on the wire is in ``faults_wire.py``."""

from __future__ import annotations

import random
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal[
    "rate_limit",
    "status",
    "drop",
    "error_code",
    "accept_then_drop",
    "accept_then_status",
    "not_json",
    "truncated",
    "huge",
    "slow",
    "drip",
    "deep",
]
#: These answer before the request is looked at: it has no effect. All others let it have its effect first.
WITHOUT_EFFECT = {"rate_limit", "status", "drop", "error_code"}


class Fault(BaseModel):
    """One fault.

    It lets the first ``skip`` requests pass and strikes ``times`` times (null: for ever), each time with
    ``probability``. Only requests with a good key count. Of several faults the first that is ready strikes.
    """

    model_config = ConfigDict(extra="forbid")

    on: Literal["send", "read", "any"] = "any"
    kind: Kind
    times: int | None = Field(default=1, ge=1)
    skip: int = Field(default=0, ge=0)
    probability: float | None = Field(default=None, ge=0, le=1)
    seed: int = 0

    #: rate_limit: seconds, or null for no header; as an HTTP date with ``retry_after_date``.
    retry_after: float | None = 1
    retry_after_date: bool = False
    #: status, accept_then_status; ``location`` is for redirects.
    status: int = Field(default=500, ge=200, le=599)
    body: Any = None
    headers: dict[str, str] = Field(default_factory=dict)
    location: str | None = None
    #: error_code
    code: int | str = 131000
    message: str = "Something went wrong"
    #: huge, slow, drip, deep
    bytes: int = Field(default=40 * 1024 * 1024, ge=1)
    seconds: float = Field(default=1, ge=0)
    seconds_per_byte: float = Field(default=0.05, ge=0)
    depth: int = Field(default=100_000, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _unending_by_chance(cls, value: Any) -> Any:
        # A chance that strikes once at most would be of little use, so "times" is unlimited by default there.
        if isinstance(value, dict) and value.get("probability") is not None and "times" not in value:
            return {**value, "times": None}
        return value


class FaultPlan:
    """The faults that are left, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._faults: list[tuple[Fault, random.Random]] = []

    def add(self, faults: list[Fault]) -> None:
        """Add faults after those that are left."""
        self._faults += [(fault, random.Random(fault.seed)) for fault in faults]  # noqa: S311 - wanted: the same each time

    def clear(self) -> None:
        """Take all faults back."""
        self._faults.clear()

    def left(self) -> list[Fault]:
        """List the faults that can still strike, with what is left of ``times`` and ``skip``."""
        return [fault for fault, _ in self._faults]

    def pick(self, what: str) -> Fault | None:
        """Give the fault that strikes this request (``send`` or ``read``), and count it."""
        struck: Fault | None = None
        for fault, chance in self._faults:
            if fault.on not in ("any", what):
                continue
            if fault.skip > 0:  # every request counts, also one that another fault struck
                fault.skip -= 1
            elif struck is None and (fault.probability is None or chance.random() < fault.probability):
                struck = fault
                if fault.times is not None:
                    fault.times -= 1
        self._faults = [(fault, chance) for fault, chance in self._faults if fault.times != 0]
        return struck

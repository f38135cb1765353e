"""The sandbox's own endpoints, under ``/sandbox``: this file what sets it up, ``control_people.py`` who talks.

They need no key: whoever reaches the machine's loopback owns the sandbox.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from cekat_provider.sandbox import control_people
from cekat_provider.sandbox.cekat import Cekat
from cekat_provider.sandbox.clock import iso_utc
from cekat_provider.sandbox.control_bodies import Advance, AutoReply, DeliveryLadder, Key, RateLimitChange
from cekat_provider.sandbox.control_people import TheCekat
from cekat_provider.sandbox.customer import Rule
from cekat_provider.sandbox.faults import Fault
from cekat_provider.sandbox.outbound import Delivery
from cekat_provider.sandbox.rate import RateLimit
from cekat_provider.sandbox.request_log import KEPT
from cekat_provider.sandbox.shapes import Shape
from cekat_provider.sandbox.version import version

router = APIRouter(prefix="/sandbox", tags=["Sandbox"])
router.include_router(control_people.router)


@router.get("/health")
async def health() -> dict[str, Any]:
    """Say that the sandbox is up."""
    return {"ok": True, "name": "cekat-sandbox", "version": version()}


@router.post("/key")
async def rotate_key(body: Key, cekat: TheCekat) -> dict[str, Any]:
    """Replace the API key; the old one is refused from now on."""
    cekat.api_key = body.api_key
    return {"ok": True}


@router.get("/auto-reply")
async def rules(cekat: TheCekat) -> list[Rule]:
    """List the rules by which the customer answers."""
    return cekat.rules


@router.post("/auto-reply")
async def add_rule(body: AutoReply, cekat: TheCekat) -> list[Rule]:
    """Add a rule; every rule that fits a message answers it."""
    cekat.rules.append(Rule(**body.model_dump()))
    return cekat.rules


@router.delete("/auto-reply")
async def clear_rules(cekat: TheCekat) -> list[Rule]:
    """Take back all rules, those of the command line too."""
    cekat.rules.clear()
    return cekat.rules


def told_clock(cekat: Cekat) -> dict[str, Any]:
    """Tell the time and the clock's offset."""
    return {"now": iso_utc(cekat.clock.now_ms()), "offset_seconds": cekat.clock.offset_ms / 1000}


@router.get("/clock")
async def clock(cekat: TheCekat) -> dict[str, Any]:
    """Tell the time and the clock's offset."""
    return told_clock(cekat)


@router.post("/clock")
async def advance(body: Advance, cekat: TheCekat) -> dict[str, Any]:
    """Move the clock forward, or back with a negative number."""
    cekat.advance(body.advance_seconds + body.advance_hours * 3600)
    return told_clock(cekat)


@router.get("/shape")
async def shape(cekat: TheCekat) -> Shape:
    """Tell the shape in which history is answered."""
    return cekat.shape


@router.post("/shape")
async def set_shape(body: Shape, cekat: TheCekat) -> Shape:
    """Change the fields of the shape that are given; the others stay."""
    cekat.shape = cekat.shape.model_copy(update=body.model_dump(exclude_unset=True))
    return cekat.shape


@router.post("/delivery")
async def set_delivery(body: DeliveryLadder, cekat: TheCekat) -> DeliveryLadder:
    """Set the status ladder of messages accepted from now on."""
    cekat.delivery = Delivery(**body.model_dump())
    return body


@router.get("/faults")
async def faults(cekat: TheCekat) -> list[Fault]:
    """List the faults that are left."""
    return cekat.faults.left()


@router.post("/faults")
async def add_faults(body: Fault | list[Fault], cekat: TheCekat) -> list[Fault]:
    """Ask for one fault or several."""
    cekat.faults.add(body if isinstance(body, list) else [body])
    return cekat.faults.left()


@router.delete("/faults")
async def clear_faults(cekat: TheCekat) -> list[Fault]:
    """Take back all faults."""
    cekat.faults.clear()
    return []


@router.post("/rate-limit")
async def set_rate_limit(body: RateLimitChange, cekat: TheCekat) -> RateLimitChange:
    """Set the number of requests a minute, or none; the count starts anew."""
    cekat.rate = RateLimit(body.per_minute)
    return body


@router.get("/requests")
async def requests(
    cekat: TheCekat, last: Annotated[int, Query(ge=1)] = KEPT, refused: bool = False
) -> list[dict[str, Any]]:
    """List the last requests to Cekat's endpoints, at most 10,000, with the reason of each refusal."""
    return cekat.log.shown(last, refused=refused)

"""A deferred look behaves as a poke does: `soft_fail`, `never_fail` and `silent_fail` mean the same in every mode.

Airflow applies them itself in poke and reschedule mode only. Of a deferred sensor, 2.11 and 3.0 forget `never_fail`,
none knows `silent_fail`, and `soft_fail` swallows more than it does elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from cekat_provider.compat import (
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTimeout,
    BaseSensorOperator,
)

T = TypeVar("T")


def as_poke(sensor: BaseSensorOperator, step: Callable[[], T], *, may_be_silent: bool = True) -> T | None:
    """Do what a poke does; return its result, or None where `silent_fail` makes it "not yet".

    The branches are those around `self.poke` in `BaseSensorOperator.execute`.
    """
    try:
        return step()
    except (AirflowSensorTimeout, AirflowTaskTimeout, AirflowFailException) as err:
        if sensor.soft_fail or sensor.never_fail:
            raise _skip(sensor) from err
        raise
    except AirflowSkipException:
        raise
    except Exception as err:
        if sensor.silent_fail and may_be_silent:
            sensor.log.exception("Sensor poke failed")
            return None
        if sensor.never_fail:
            raise _skip(sensor) from err
        raise


def timed_out(sensor: BaseSensorOperator, last_error: Any = None) -> Exception:
    """Return what a sensor raises that has waited too long."""
    said = f"Sensor has timed out: it has waited for longer than the specified timeout of {sensor.timeout} seconds."
    if last_error is not None:
        said += f" The last look failed: {last_error}"
    return AirflowSkipException(said) if sensor.soft_fail else AirflowSensorTimeout(said)


def _skip(sensor: BaseSensorOperator) -> Exception:
    flag = "soft_fail" if sensor.soft_fail else "never_fail"
    return AirflowSkipException(f"Skipping due to {flag} is set to True.")

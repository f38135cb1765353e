"""What alerts remember from one callback to the next: an Airflow Variable for each DAG.

Callbacks run in workers, in the DAG processor and in the triggerer, of which only a Variable is within reach of all.
Nothing locks it, so two tasks that fail in the same moment are told apart by a claim that is looked at again a moment
later; a count may be too low by what was written meanwhile. Where a Variable cannot be reached the alert is told all
the same: told twice is better than lost.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Mapping
from typing import Any, Final

from cekat_provider.compat import Variable
from cekat_provider.core import alerts

#: Longer than it takes others to write what they had read before.
_SETTLE_SECONDS: Final = 0.5


class AlertMemory:
    """The alerts of one DAG that were told lately.

    :param dag_id: names the Variable ``cekat_alerts__<dag_id>``.
    :param key: what counts as the same trouble.
    :param log: told once where the Variable cannot be reached.
    """

    def __init__(self, dag_id: str, key: str, log: Any) -> None:
        self._variable = f"cekat_alerts__{dag_id}"[:250]
        self._key = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:16]
        self._log = log
        self._reached = True
        self._before: Mapping[str, Any] | None = None

    def entry(self) -> Mapping[str, Any] | None:
        """Return what is known of this trouble."""
        found = self._read().get(self._key)
        return found if isinstance(found, Mapping) else None

    def claim(self, quiet_seconds: float) -> tuple[bool, Mapping[str, Any] | None]:
        """Tell whether this trouble is ours to tell, and what was kept back before; else count it."""
        self._before = entry = self.entry()
        if alerts.is_quiet(entry, time.time(), quiet_seconds):
            self._write(alerts.counted(entry or {}))
            return False, None
        claim = alerts.claimed(time.time(), uuid.uuid4().hex)
        self._write(claim)
        if self._reached:
            time.sleep(_SETTLE_SECONDS)
            now = self.entry()
            if now is None:
                self._write(claim)  # another task's alert was written over it
            elif now.get("token") != claim["token"]:
                self._write(alerts.counted(now))
                return False, None
        return True, entry

    def give_back(self) -> None:
        """Undo a claim: nobody was told, so the next one is told at once."""
        self._write(self._before)

    def forget(self) -> None:
        """Drop this trouble: it is over."""
        self._write(None)

    def _read(self) -> dict[str, Any]:
        if not self._reached:
            return {}
        try:
            value = json.loads(Variable.get(self._variable, None) or "{}")
        except ValueError:
            value = {}  # somebody wrote something else there
        except Exception as err:  # what may fail is Airflow's: a denied or absent API, a database, a secrets backend
            self._unreachable(err)
            value = {}
        return value if isinstance(value, dict) else {}

    def _write(self, entry: Mapping[str, Any] | None) -> None:
        entries = alerts.pruned(self._read(), time.time())
        entries.pop(self._key, None)
        if entry is not None:
            entries[self._key] = dict(entry)
        if not self._reached:
            return
        try:
            Variable.set(self._variable, json.dumps(entries))
        except Exception as err:  # as above
            self._unreachable(err)

    def _unreachable(self, err: Exception) -> None:
        self._reached = False
        self._log.warning(
            "Alerts cannot be remembered here (%s): every one is told. Variable %s", type(err).__name__, self._variable
        )

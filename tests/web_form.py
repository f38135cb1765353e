"""The connection's form, as the installed Airflow's web pages have it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, NamedTuple

_ASK = """
from airflow.api_fastapi.core_api.services.ui.connections import HookMetaService
(ours,) = [hook for hook in HookMetaService.hook_meta_data() if hook.connection_type == "cekat"]
print("FORM", ours.model_dump_json())
"""


class Form(NamedTuple):
    """What is shown.

    :param titles: standard field → its title, where it has one of its own.
    :param hidden: standard fields that are not shown.
    :param extras: extras that have a field.
    """

    titles: dict[str, str]
    hidden: set[str]
    extras: set[str]


def web_form() -> Form:
    """Ask as the web server does; Airflow 3's in a process of its own, since some put stand-ins in modules' places."""
    try:
        import airflow.sdk  # noqa: F401
    except ImportError:
        from airflow.providers_manager import ProvidersManager

        providers = ProvidersManager()
        behaviour = providers.field_behaviours["cekat"]
        extras = {name.rpartition("__")[2] for name in providers.connection_form_widgets if "__cekat__" in name}
        return Form(behaviour["relabeling"], set(behaviour["hidden_fields"]), extras)
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", _ASK], capture_output=True, text=True, check=True)
    (said,) = [line for line in done.stdout.splitlines() if line.startswith("FORM ")]
    found: dict[str, Any] = json.loads(said.removeprefix("FORM "))
    fields = {name: field for name, field in (found["standard_fields"] or {}).items() if field}
    return Form(
        {name: field["title"] for name, field in fields.items() if field["title"]},
        {name.removeprefix("url_") for name, field in fields.items() if field["hidden"]},
        set(found["extra_fields"] or {}),
    )

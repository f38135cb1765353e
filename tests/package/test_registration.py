"""What Airflow reads to know the provider."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import airflow
import jsonschema

from cekat_provider.get_provider_info import get_provider_info


def test_it_is_valid_for_this_airflow() -> None:
    schema = json.loads(Path(airflow.__file__).with_name("provider_info.schema.json").read_text())
    jsonschema.validate(get_provider_info(), schema)


def test_all_it_names_is_there() -> None:
    info = get_provider_info()
    for kind in ("hooks", "operators", "sensors"):
        [entry] = info[kind]
        for module in entry["python-modules"]:
            assert import_module(module)
    for connection in info["connection-types"]:
        module, _, name = connection["hook-class-name"].rpartition(".")
        assert getattr(import_module(module), name).conn_type == connection["connection-type"]


def test_airflow_knows_it() -> None:
    from airflow.providers_manager import ProvidersManager

    assert "airflow-provider-cekat" in ProvidersManager().providers


def test_reading_it_costs_nothing() -> None:
    # Every `airflow` command reads it, and one that fails here takes all providers with it.
    heavy = "{'airflow', 'aiohttp', 'asyncio', 'fastapi', 'pydantic', 'pytest', 'requests', 'sqlalchemy'}"
    code = (
        "import sys; from cekat_provider.get_provider_info import get_provider_info; get_provider_info();"
        f"sys.exit(str(sorted({heavy} & set(sys.modules)) or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""

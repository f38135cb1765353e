"""What Airflow knows of the provider: its info, its connection type, its form."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import resources
from importlib.metadata import entry_points
from typing import Any

import jsonschema
import pytest
from airflow.providers_manager import ProvidersManager
from runs import AIRFLOW
from web_form import web_form

from cekat_provider import __version__, connection_form
from cekat_provider.core import defaults
from cekat_provider.core.config import from_connection
from cekat_provider.get_provider_info import get_provider_info
from cekat_provider.hooks.cekat import CekatHook

INFO = get_provider_info()
(CONNECTION_TYPE,) = INFO["connection-types"]


def schema(name: str) -> Any:
    return json.loads(resources.files("airflow").joinpath(name).read_text())


def test_it_is_valid() -> None:
    jsonschema.validate(INFO, schema("provider_info.schema.json"))
    assert json.loads(json.dumps(INFO)) == INFO


def test_it_is_registered() -> None:
    (entry,) = (e for e in entry_points(group="apache_airflow_provider") if e.value.startswith("cekat_provider"))
    assert entry.load()() == INFO
    found = ProvidersManager().providers["airflow-provider-cekat"]
    assert found.version == __version__


def test_every_module_it_names_is_there() -> None:
    for kind in ("hooks", "operators", "sensors"):
        for group in INFO[kind]:
            for module in group["python-modules"]:
                __import__(module)


def test_airflow_finds_the_connection_type() -> None:
    hook = ProvidersManager().hooks["cekat"]
    assert hook is not None
    assert (hook.hook_class_name, hook.hook_name, hook.connection_id_attribute_name, hook.connection_type) == (
        "cekat_provider.hooks.cekat.CekatHook",
        "Cekat",
        "cekat_conn_id",
        "cekat",
    )
    assert hook.connection_testable
    assert (CekatHook.conn_type, CekatHook.hook_name) == ("cekat", "Cekat")
    assert (CONNECTION_TYPE["connection-type"], CONNECTION_TYPE["hook-name"]) == ("cekat", "Cekat")


def test_both_forms_say_the_same() -> None:
    info, method = CONNECTION_TYPE["ui-field-behaviour"], CekatHook.get_ui_field_behaviour()
    assert info["hidden-fields"] == method["hidden_fields"] == ["login", "schema"]
    assert info["relabeling"] == method["relabeling"]
    assert info["relabeling"]["password"] == "API key"
    assert info["placeholders"].items() <= method["placeholders"].items()
    assert info["placeholders"]["host"] == defaults.HOST
    jsonschema.validate(method, schema("customized_form_field_behaviours.schema.json"))
    # Airflow looks them up on the class itself.
    assert {"get_ui_field_behaviour", "get_connection_form_widgets"} <= set(vars(CekatHook))


def test_what_the_form_shows_is_what_the_hook_takes() -> None:
    shown = {
        name: field["schema"]["default"]
        for name, field in CONNECTION_TYPE["conn-fields"].items()
        if "default" in field["schema"]
    }
    plain = from_connection(password="key", host=None, schema=None, port=None, extra={})
    assert from_connection(password="key", host=None, schema=None, port=None, extra=shown) == plain
    # 2.11 writes all of them as text.
    as_text = {name: str(value) for name, value in shown.items()}
    assert from_connection(password="key", host=None, schema=None, port=None, extra=as_text) == plain


@pytest.mark.parametrize("name", CONNECTION_TYPE["conn-fields"])
def test_no_field_is_required(name: str) -> None:
    # A bare "string" would keep the form's Save button disabled.
    assert "null" in CONNECTION_TYPE["conn-fields"][name]["schema"]["type"]


def test_the_form_of_the_installed_airflow() -> None:
    form = web_form()
    if AIRFLOW == "3.0":  # whose web pages show no provider's fields; docs/versions.md
        assert form == ({}, set(), set())
    else:
        fields = set(connection_form.EXTRA_FIELDS)
        assert form == ({"password": "API key", "host": "Base URL"}, {"login", "schema"}, fields)


def test_the_widgets_of_2_11_build() -> None:
    flask = pytest.importorskip("flask", reason="only Airflow 2.11's webserver builds the form of widgets")
    babel = pytest.importorskip("flask_babel", reason="only Airflow 2.11's webserver builds the form of widgets")
    wtforms = pytest.importorskip("wtforms", reason="only Airflow 2.11's webserver builds the form of widgets")
    app = flask.Flask(__name__)
    babel.Babel(app)
    form = type("Form", (wtforms.Form,), CekatHook.get_connection_form_widgets())
    with app.test_request_context():
        made = form()
        assert {field.name: str(field.label.text) for field in made} == {
            name: field["label"] for name, field in connection_form.EXTRA_FIELDS.items()
        }
        for field in made:
            assert f'name="{field.name}"' in str(field())
        assert made.validate()


def test_reading_it_imports_nothing_heavy() -> None:
    code = (
        "import sys; from cekat_provider.get_provider_info import get_provider_info; get_provider_info();"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"airflow", "requests", "urllib3", "aiohttp", "asyncio", "flask", "wtforms", "fastapi"} & set(loaded)
    assert "cekat_provider" in loaded

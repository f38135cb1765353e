"""The connection's form, one table: the provider info (Airflow 3.x) and the hook's classmethods (2.11) render it."""

from __future__ import annotations

from typing import Any, Final

from cekat_provider.core import defaults

CONN_TYPE: Final = "cekat"
HOOK_NAME: Final = "Cekat"
HIDDEN_FIELDS: Final = ("login", "schema")
RELABELING: Final = {"password": "API key", "host": "Base URL"}
PLACEHOLDERS: Final = {
    "host": defaults.HOST,
    "password": "from Cekat's dashboard: Settings → API",
    "port": "443, which Airflow 3.3 needs for its Test",
}

#: Name of an extra → its label and its JSON schema. `null` among the types makes a field optional in the form
#: of Airflow 3.x, which saves it as null when it is left alone.
EXTRA_FIELDS: Final[dict[str, dict[str, Any]]] = {
    "timeout": {
        "label": "Timeout (seconds)",
        "description": "For one request and its answer; making a connection is capped at 10.",
        "schema": {
            "type": ["number", "null"],
            "default": defaults.TIMEOUT_SECONDS,
            "maximum": defaults.LONGEST_TIMEOUT_SECONDS,
        },
    },
    "max_wait": {
        "label": "Longest wait (seconds)",
        "description": "In all, to repeat a send that Cekat certainly did not accept (429, no connection).",
        "schema": {
            "type": ["number", "null"],
            "default": defaults.MAX_WAIT_SECONDS,
            "maximum": defaults.LONGEST_WAIT_SECONDS,
        },
    },
    "auth_scheme": {
        "label": "Authentication",
        "description": "The header that carries the key: api_key; bearer, for Authorization: Bearer; or both.",
        "schema": {
            "type": ["string", "null"],
            "enum": list(defaults.AUTH_SCHEMES),
            "default": defaults.AUTH_SCHEMES[0],
        },
    },
    "timezone": {
        "label": "Time zone",
        "description": "What the API's times mean where they name no zone (an IANA name).",
        "schema": {"type": ["string", "null"], "default": defaults.TIMEZONE},
    },
    "default_country_code": {
        "label": "Default country code",
        "description": "Digits. With 62, a receiver 0812… becomes 62812…; empty refuses national numbers.",
        "schema": {"type": ["string", "null"], "pattern": r"^\+?[1-9]\d{0,2}$"},
    },
    "verify": {
        "label": "Verify certificates",
        "description": "true, false, or the path of a CA bundle.",
        "schema": {"type": ["string", "null"], "default": "true"},
    },
    "proxies": {
        "label": "Proxies",
        "description": 'A proxy URL, or JSON such as {"https": "http://proxy.example.com:3128"}.',
        "schema": {"type": ["string", "null"]},
    },
    "requests_per_minute": {
        "label": "Requests a minute",
        "description": "The budget of your Cekat plan: 60, 300 or 1,000. Requests are spaced to keep it.",
        "schema": {"type": ["number", "null"], "minimum": 1, "maximum": defaults.MOST_REQUESTS_PER_MINUTE},
    },
    "triggerer_requests_per_minute": {
        "label": "Requests a minute of one triggerer",
        "description": "Of that budget, where several triggerers share it with sends; empty for all of it.",
        "schema": {"type": ["number", "null"], "minimum": 1, "maximum": defaults.MOST_REQUESTS_PER_MINUTE},
    },
    "inbox_id": {
        "label": "Inbox id",
        "description": "The inbox that templates are sent from, where a task names none (a UUID).",
        "schema": {"type": ["string", "null"]},
    },
    "dashboard_url": {
        "label": "Dashboard URL",
        "description": "Where you look at a conversation: its tasks link to it. Such as "
        "https://chat.example.com/conversations/{conversation_id}.",
        "schema": {"type": ["string", "null"]},
    },
    "allow_http": {
        "label": "Allow plain http",
        "description": "Send the key unencrypted to a host that is not this machine.",
        "schema": {"type": ["boolean", "null"], "default": False},
    },
}


def provider_connection_type() -> dict[str, Any]:
    """Return the connection type's entry for `get_provider_info`."""
    return {
        "connection-type": CONN_TYPE,
        "hook-class-name": "cekat_provider.hooks.cekat.CekatHook",
        "hook-name": HOOK_NAME,
        "ui-field-behaviour": {
            "hidden-fields": list(HIDDEN_FIELDS),
            "relabeling": dict(RELABELING),
            "placeholders": dict(PLACEHOLDERS),
        },
        "conn-fields": EXTRA_FIELDS,
    }


def ui_field_behaviour() -> dict[str, Any]:
    """Return what the hook's classmethod `get_ui_field_behaviour` returns; only 2.11 has placeholders for extras."""
    defaults = {
        name: str(field["schema"]["default"]) for name, field in EXTRA_FIELDS.items() if "default" in field["schema"]
    }
    return {
        "hidden_fields": list(HIDDEN_FIELDS),
        "relabeling": dict(RELABELING),
        "placeholders": {**PLACEHOLDERS, **defaults},
    }


def connection_form_widgets() -> dict[str, Any]:
    """Return the web form's widgets for Airflow 2.11, made of what its webserver has installed."""
    from flask_appbuilder.fieldwidgets import BS3TextFieldWidget
    from flask_babel import lazy_gettext
    from wtforms import BooleanField, StringField
    from wtforms.validators import Optional

    widgets = {}
    for name, field in EXTRA_FIELDS.items():
        label, description = lazy_gettext(field["label"]), field["description"]
        if "boolean" in field["schema"]["type"]:
            widgets[name] = BooleanField(label, description=description)
        else:
            widgets[name] = StringField(
                label, widget=BS3TextFieldWidget(), validators=[Optional()], description=description
            )
    return widgets

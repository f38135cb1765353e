"""What Airflow reads to know this provider: a dict, and nothing heavy imported."""

from __future__ import annotations

from typing import Any

from cekat_provider.connection_form import provider_connection_type


def get_provider_info() -> dict[str, Any]:
    """Return the provider's entry, valid against Airflow's `provider_info.schema.json`."""
    return {
        "package-name": "airflow-provider-cekat",
        "name": "Cekat",
        "description": "`Cekat <https://cekat.ai>`__: WhatsApp messages from and to a DAG.",
        "integrations": [
            {"integration-name": "Cekat", "external-doc-url": "https://cekat.ai", "tags": ["service"]},
        ],
        "connection-types": [provider_connection_type()],
        "hooks": [
            {
                "integration-name": "Cekat",
                "python-modules": ["cekat_provider.hooks.cekat", "cekat_provider.hooks.airflow_api"],
            }
        ],
        "operators": [
            {
                "integration-name": "Cekat",
                "python-modules": [
                    "cekat_provider.operators.cekat",
                    "cekat_provider.operators.ask",
                    "cekat_provider.operators.bulk",
                    "cekat_provider.operators.approval",
                    "cekat_provider.operators.branch",
                    "cekat_provider.operators.hitl",
                    "cekat_provider.operators.template",
                ],
            }
        ],
        # Airflow 2.11 trusts no link that is not named here.
        "extra-links": ["cekat_provider.links.CekatConversationLink"],
        "notifications": [
            "cekat_provider.notifications.cekat.CekatNotifier",
            "cekat_provider.notifications.hitl.CekatHITLNotifier",
        ],
        "task-decorators": [
            {"name": "cekat_whatsapp", "class-name": "cekat_provider.decorators.cekat.cekat_whatsapp_task"}
        ],
        "sensors": [{"integration-name": "Cekat", "python-modules": ["cekat_provider.sensors.cekat"]}],
        "triggers": [{"integration-name": "Cekat", "python-modules": ["cekat_provider.triggers.cekat"]}],
    }

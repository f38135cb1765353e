"""Templates that render to what they hold, and retries."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.providers.common.compat.sdk import DAG, task

from cekat_provider.operators.cekat import CekatSendWhatsAppOperator

with DAG(
    "cekat_test_native",
    start_date=datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    render_template_as_native_obj=True,
    default_args={"retries": 1, "retry_delay": timedelta(0)},
) as dag:
    # As one value: 3.0 pushes each of several by itself, and refuses the None among them.
    @task(multiple_outputs=False)
    def place() -> dict[str, Any]:
        return {"latitude": -6.2, "longitude": 106.8, "name": None}

    place() >> CekatSendWhatsAppOperator(
        task_id="native",
        receiver="{{ 6281234567800 + 9 }}",
        media_type="location",
        location="{{ ti.xcom_pull('place') }}",
        conversation_id="{{ none }}",
    )

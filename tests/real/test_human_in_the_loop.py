"""Airflow's own ApprovalOperator, asked on WhatsApp and answered there: on a real Airflow, through its public API."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from local_airflow import ROOT, LocalAirflow

from cekat_provider import compat

#: The least of the Simple auth manager's roles that may answer.
ROLE = "op"


def a_tap_on_whatsapp_lets_the_task_go_on(cekat_sandbox: Any, tmp_path: Path) -> None:
    passwords = tmp_path / "passwords.json"
    passwords.write_text(json.dumps({"bot": "a password"}))
    airflow = LocalAirflow(
        tmp_path,
        {
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"bot:{ROLE}",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
            "AIRFLOW_CONN_CEKAT_DEFAULT": json.dumps(cekat_sandbox.connection),
        },
        pages=True,
        triggerer=True,
    )
    airflow.env["AIRFLOW__API__BASE_URL"] = airflow.url
    api = {"conn_type": "generic", "host": airflow.url, "login": "bot", "password": "a password"}
    airflow.env["AIRFLOW_CONN_AIRFLOW_API_DEFAULT"] = json.dumps(api)
    shutil.copy(ROOT / "example_dags" / "cekat_hitl.py", tmp_path / "dags")
    with airflow:
        airflow.up()
        airflow.trigger("cekat_hitl", "run+1")  # a run's id must be quoted in the API's paths
        sent = cekat_sandbox.wait_for_message(300)
        replies = [button["reply"] for button in sent["request_body"]["action"]["buttons"]]
        ids = {reply["title"]: reply["id"] for reply in replies}
        assert list(ids) == ["Approve", "Reject"]
        assert f"{airflow.url}/dags/cekat_hitl/runs/run+1/tasks/approve_refund/required_actions" in sent["message"]

        cekat_sandbox.reply(conversation_id=sent["conversation_id"], button_id=ids["Approve"])
        airflow.trigger("cekat_hitl_answers", "answers")
        assert airflow.wait_for_run("cekat_hitl_answers", "answers") == "success"
        assert airflow.wait_for_run("cekat_hitl", "run+1") == "success"
        (row,) = airflow.sql("SELECT chosen_options, responded_by FROM hitl_detail")
        assert json.loads(row[0]) == ["Approve"]
        assert json.loads(row[1])["id"] == "bot"
        assert airflow.sql("SELECT state FROM task_instance WHERE task_id = 'pay_back'") == [("success",)]
        assert len(cekat_sandbox.sent()) == 1


if compat._module_or_none("airflow.sdk.execution_time.hitl") is not None:
    # Older ones have nothing to answer; what they say is in tests/airflow/test_hitl.py.
    test_a_tap_on_whatsapp_lets_the_task_go_on = a_tap_on_whatsapp_lets_the_task_go_on

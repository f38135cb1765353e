"""What the tests do on Airflow's pages, said once for 3.x and once for 2.11, whose pages are other programs."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

from playwright.sync_api import Locator, Page, expect


class Pages:
    """Airflow 3.x.

    :param page: the browser's.
    :param url: Airflow's.
    :param moment_of: tells the time that 2.11 calls a run by.
    """

    def __init__(self, page: Page, url: str, moment_of: Callable[[str, str], str]) -> None:
        self.page = page
        self.url = url
        self.moment_of = moment_of

    def log_in(self, name: str, password: str) -> None:
        """Nobody is asked."""

    # The connection form

    def new_connection(self, conn_id: str) -> None:
        """Open the form for a new connection of type Cekat."""
        self.page.goto(f"{self.url}/connections")
        self.page.get_by_role("button", name="Add Connection").click()
        self.page.locator("input[name=connection_id]").fill(conn_id)
        kind = self.page.get_by_role("dialog").get_by_role("combobox")
        kind.fill("Cekat")
        kind.press("Enter")

    def edit_connection(self, conn_id: str) -> None:
        """Open the form of a connection that there is."""
        self.page.goto(f"{self.url}/connections")
        self._row(conn_id).get_by_role("button", name="Edit Connection").click()

    def field(self, name: str) -> Locator:
        """Return the control of a field, in the part of the form that is open."""
        return self.page.locator(f"[name='{name}'], [name='element_{name}'], [id='element_{name}']").first

    def around(self, name: str) -> Locator:
        """Return a field with its label and help text."""
        return self.page.locator("[data-scope=field][data-part=root]").filter(has=self.field(name))

    def open_part(self, extras: bool) -> None:
        """Open the part of the form that holds the extras, or the fields that every connection has."""
        part = self.page.get_by_role("button", name="Extra Fields" if extras else "Standard Fields", exact=True)
        if part.get_attribute("aria-expanded") == "false":
            part.click()
        expect(part).to_have_attribute("aria-expanded", "true")

    def save(self) -> None:
        """Save, and see that the form is gone."""
        self.page.get_by_role("button", name="Save").click()
        expect(self.page.get_by_role("dialog")).to_be_hidden()

    def test(self, conn_id: str, key: str | None) -> Locator:
        """Press a saved connection's Test; return what is said."""
        self.page.goto(f"{self.url}/connections")
        self._row(conn_id).get_by_role("button", name="Test Connection").click()
        return self.page.locator("[data-scope=toast][data-part=root]")

    def _row(self, conn_id: str) -> Locator:
        return self.page.get_by_role("row").filter(has=self.page.get_by_role("cell", name=conn_id, exact=True))

    # A run

    def grid(self, dag_id: str, run_id: str) -> None:
        """Open a run in the grid."""
        self.page.goto(f"{self.url}/dags/{dag_id}/runs/{quote(run_id)}")

    def log(self, dag_id: str, run_id: str, task_id: str) -> Locator:
        """Open a task's log."""
        self.page.goto(self._task(dag_id, run_id, task_id))
        return self.page.locator("body")

    def rendered(self, dag_id: str, run_id: str, task_id: str) -> Locator:
        """Open a task's rendered templates."""
        self.page.goto(f"{self._task(dag_id, run_id, task_id)}/rendered_templates")
        return self.page.locator("table")

    def xcoms(self, dag_id: str, run_id: str, task_id: str) -> Locator:
        """Open what a task left."""
        self.page.goto(f"{self._task(dag_id, run_id, task_id)}/xcom")
        expect(self.page.get_by_role("row").filter(has_text="return_value")).to_be_visible()
        self.page.get_by_role("button", name="Expand all extra JSON").click()
        return self.page.locator("table")

    def link(self, dag_id: str, run_id: str, task_id: str, name: str) -> Locator:
        """Return a task's link to elsewhere."""
        self.page.goto(f"{self._task(dag_id, run_id, task_id)}/details")
        return self.page.get_by_role("link", name=name)

    def _task(self, dag_id: str, run_id: str, task_id: str) -> str:
        return f"{self.url}/dags/{dag_id}/runs/{quote(run_id)}/tasks/{task_id}"


class PagesOf2(Pages):
    """Airflow 2.11."""

    def log_in(self, name: str, password: str) -> None:
        """Log in."""
        self.page.goto(f"{self.url}/login/")
        self.page.locator("#username").fill(name)
        self.page.locator("#password").fill(password)
        self.page.get_by_role("button", name=re.compile("Sign In", re.I)).click()
        expect(self.page).to_have_url(re.compile("/home"))

    def new_connection(self, conn_id: str) -> None:
        """Open the form for a new connection of type Cekat."""
        self.page.goto(f"{self.url}/connection/add")
        self.page.locator("#conn_id").fill(conn_id)
        # A widget of jQuery's stands before the real control.
        self.page.locator("#conn_type").select_option(label="Cekat", force=True)

    def edit_connection(self, conn_id: str) -> None:
        """Open the form of a connection that there is."""
        self.page.goto(f"{self.url}/connection/list/")
        self._row(conn_id).get_by_role("link", name=re.compile("edit", re.I)).click()

    def field(self, name: str) -> Locator:
        """Return the control of a field."""
        return self.page.locator(f"[name='{name}'], [name='extra__cekat__{name}']")

    def around(self, name: str) -> Locator:
        """Return a field with its label and help text."""
        return self.page.locator("tr, .form-group").filter(has=self.field(name))

    def open_part(self, extras: bool) -> None:
        """All of the form is there."""

    def save(self) -> None:
        """Save, and see that the form is gone."""
        self.page.locator("#model_form button[type=submit]").click()
        expect(self.page.get_by_text(re.compile("(Added|Changed) Row"))).to_be_visible()

    def test(self, conn_id: str, key: str | None) -> Locator:
        """Press Test in a connection's form, whose key must be typed anew; return what is said."""
        self.edit_connection(conn_id)
        self.field("password").fill(key or "")
        self.page.locator("#test-connection").click()
        return self.page.locator(".alert")

    def grid(self, dag_id: str, run_id: str) -> None:
        """Open a run in the grid."""
        self.page.goto(f"{self.url}/dags/{dag_id}/grid?dag_run_id={quote(run_id, safe='')}")

    def log(self, dag_id: str, run_id: str, task_id: str) -> Locator:
        """Open a task's log."""
        self.page.goto(self._task(dag_id, run_id, task_id, "logs"))
        return self.page.get_by_role("tabpanel")

    def rendered(self, dag_id: str, run_id: str, task_id: str) -> Locator:
        """Open a task's rendered templates."""
        moment = quote(self.moment_of(dag_id, run_id))
        self.page.goto(
            f"{self.url}/rendered-templates?dag_id={dag_id}&task_id={task_id}&execution_date={moment}&map_index=-1"
        )
        return self.page.locator("body")

    def xcoms(self, dag_id: str, run_id: str, task_id: str) -> Locator:
        """Open what a task left."""
        self.page.goto(self._task(dag_id, run_id, task_id, "xcom"))
        return self.page.get_by_role("tabpanel")

    def link(self, dag_id: str, run_id: str, task_id: str, name: str) -> Locator:
        """Return a task's link to elsewhere."""
        self.page.goto(self._task(dag_id, run_id, task_id, "details"))
        return self.page.get_by_role("link", name=name)

    def _task(self, dag_id: str, run_id: str, task_id: str, tab: str = "") -> str:
        run = quote(run_id, safe="")
        return f"{self.url}/dags/{dag_id}/grid?dag_run_id={run}&task_id={task_id}&tab={tab}"


def pages_of(version: str, page: Page, url: str, moment_of: Callable[[str, str], str]) -> Pages:
    """Give the pages of an Airflow."""
    return (PagesOf2 if version.startswith("2.") else Pages)(page, url, moment_of)

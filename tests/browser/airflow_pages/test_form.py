"""The connection's form in Airflow: what it shows and keeps, what its Test says, and that no page has the key."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from local_airflow import IS_2
from playwright.sync_api import Error, Page, Request, expect

from cekat_provider import connection_form
from cekat_provider.core import defaults

from .conftest import Up
from .pages import Pages

KEY = "made-up-key-0123456789"


def port_of(url: str) -> int:
    return urlsplit(url).port or 0


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_the_form_shows_the_fields_of_cekat(pages: Pages, screenshot: Callable[[Page, str], None]) -> None:
    pages.page.set_viewport_size({"width": 1000, "height": 850})
    pages.new_connection("cekat_shown")
    pages.open_part(extras=False)
    for name, label in connection_form.RELABELING.items():
        expect(pages.around(name)).to_contain_text(label)
    expect(pages.field("password")).to_have_attribute("type", "password")
    for name, placeholder in connection_form.PLACEHOLDERS.items():
        expect(pages.field(name)).to_have_attribute("placeholder", placeholder)
    for name in connection_form.HIDDEN_FIELDS:
        expect(pages.field(name)).to_be_hidden()
    screenshot(pages.page, "airflow-form")
    pages.open_part(extras=True)
    for name, field in connection_form.EXTRA_FIELDS.items():
        expect(pages.around(name)).to_contain_text(field["label"])
        expect(pages.around(name)).to_contain_text(field["description"])
    screenshot(pages.page, "airflow-form-extras")


def test_what_is_saved_is_read_back_and_edited_and_the_key_is_on_no_page(pages: Pages, up: Up) -> None:
    pages.new_connection("cekat_saved")
    pages.open_part(extras=False)
    pages.field("host").fill(up.sandbox.url)
    pages.field("password").fill(KEY)
    pages.open_part(extras=True)
    pages.field("timeout").fill("12")
    pages.field("default_country_code").fill("62")
    pages.save()
    told: list[str] = []
    pages.page.on("requestfinished", lambda request: told.append(body_of(request)))

    pages.edit_connection("cekat_saved")
    pages.open_part(extras=False)
    expect(pages.field("host")).to_have_value(up.sandbox.url)
    told.append(pages.page.content())
    pages.open_part(extras=True)
    expect(pages.field("timeout")).to_have_value("12")
    expect(pages.field("default_country_code")).to_have_value("62")
    pages.field("timeout").fill("15")
    pages.save()

    pages.edit_connection("cekat_saved")
    pages.open_part(extras=True)
    expect(pages.field("timeout")).to_have_value("15")
    told.append(pages.page.content())
    assert any("cekat_saved" in text for text in told)
    assert not [text for text in told if KEY in text]

    kept = up.stored("cekat_saved")
    assert (kept.password, kept.host) == (KEY, up.sandbox.url), "an edit of another field leaves them alone"
    assert float(kept.extra_dejson["timeout"]) == 15
    assert kept.extra_dejson["default_country_code"] == "62"


def body_of(request: Request) -> str:
    """Give what a page was told; of a redirect and what was given up there is nothing."""
    answer = request.response()
    if request.resource_type not in ("document", "xhr", "fetch") or answer is None or not answer.ok:
        return ""
    with suppress(Error):  # the page went elsewhere before it could be read
        return answer.text()
    return ""


class SomePage(BaseHTTPRequestHandler):
    """Answers what any web server does, and no Cekat."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Some page</title>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="package")
def wrong_ones(up: Up) -> Iterator[None]:
    """Make the connections whose Test must say why not."""
    not_cekat = ThreadingHTTPServer(("127.0.0.1", 0), SomePage)
    threading.Thread(target=not_cekat.serve_forever, daemon=True).start()
    # The port apart, as `make up` does and for the same reason.
    right: dict[str, Any] = {**up.sandbox.connection, "host": "http://127.0.0.1", "port": port_of(up.sandbox.url)}
    up.import_connections(
        {
            "cekat_wrong_key": {**right, "password": "wrong-key-0123456789"},
            "cekat_wrong_host": {**right, "port": closed_port()},
            "cekat_not_cekat": {**right, "port": not_cekat.server_port},
            "cekat_bad_field": {**right, "extra": json.dumps({"timeout": "soon"})},
        }
    )
    yield
    not_cekat.shutdown()
    not_cekat.server_close()


@pytest.mark.usefixtures("wrong_ones")
@pytest.mark.parametrize(
    ("conn_id", "said"),
    [
        ("cekat_default", "Cekat accepted the API key"),
        ("cekat_wrong_key", "Check the API key (the connection's password)"),
        ("cekat_wrong_host", "no connection was made"),
        ("cekat_not_cekat", "Check that the connection's host is Cekat's API"),
        ("cekat_bad_field", "timeout must be a number of seconds above 0, at most 600, got 'soon'"),
    ],
)
def test_the_button_says_in_a_sentence_what_is_wrong(pages: Pages, up: Up, conn_id: str, said: str) -> None:
    # 2.11 sends what the form holds, which is never the key.
    keys = {"cekat_wrong_key": "wrong-key-0123456789"}
    key = keys.get(conn_id, up.sandbox.api_key) if IS_2 else None
    answer = pages.test(conn_id, key)
    expect(answer).to_contain_text(said)
    assert "Traceback" not in answer.inner_text()
    assert defaults.HOST not in answer.inner_text()

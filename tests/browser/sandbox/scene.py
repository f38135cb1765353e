"""A day in a shop's conversations: what the tests click through, and what the pictures show."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Locator, Page

from cekat_provider.sandbox.client import Sandbox

BUDI, SITI, DEWI, AGUS = "6281234567890", "6281298765432", "6281311223344", "6281355667788"
BUTTONS = {"media_type": "button", "action": {"name": "confirm", "buttons": [
    {"type": "reply", "reply": {"id": "confirm", "title": "Ya, proses"}},
    {"type": "reply", "reply": {"id": "cancel", "title": "Batalkan"}},
]}}  # fmt: skip
SLOTS = {"media_type": "list", "action": {"name": "slots", "button": "Pilih jadwal", "sections": [
    {"title": "Besok", "rows": [
        {"id": "pagi", "title": "Pagi", "description": "09.00–12.00, sebelum makan siang"},
        {"id": "sore", "title": "Sore", "description": "15.00–18.00"},
    ]},
    {"title": "Lusa", "rows": [{"id": "lusa", "title": "Kapan saja", "description": "Kurir menelepon dahulu"}]},
]}}  # fmt: skip
LINK = {"media_type": "cta_url", "action": {"name": "cta_url", "parameters": {
    "display_text": "Lacak pesanan", "url": "https://toko.example.com/lacak/1234",
}}}  # fmt: skip
PLACE = {"media_type": "location", "location": {
    "latitude": "-6.2088", "longitude": "106.8456", "name": "Toko Kita", "address": "Jl. Sudirman 1, Jakarta",
}}  # fmt: skip


def task(
    dag: str = "order_confirm", name: str = "ask", attempt: int = 1, map_index: int | None = None
) -> dict[str, str]:
    """Give the headers that the provider adds in a task."""
    run = quote("scheduled__2026-04-10T07:00:00+00:00", safe="")
    told = {
        "X-Airflow-Dag-Id": dag,
        "X-Airflow-Run-Id": run,
        "X-Airflow-Task-Id": name,
        "X-Airflow-Try-Number": str(attempt),
    }
    return told if map_index is None else {**told, "X-Airflow-Map-Index": str(map_index)}


def post(sandbox: Sandbox, path: str, headers: dict[str, str] | None = None, **body: Any) -> dict[str, Any]:
    """Call one of Cekat's endpoints; a refusal is an answer too."""
    sent = {"api_key": sandbox.api_key, "Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(sandbox.url + path, json.dumps(body).encode(), sent)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return dict(json.load(answer))
    except urllib.error.HTTPError as refused:
        return dict(json.load(refused))


def send(
    sandbox: Sandbox, message: str = "", receiver: str = BUDI, headers: dict[str, str] | None = None, **body: Any
) -> Any:
    """Send a message, and give the answer's data."""
    given = {"message": message, **body} if message else body
    return post(sandbox, "/messages/whatsapp", headers, receiver=receiver, **given)["data"]


def template(sandbox: Sandbox, name: str, receiver: str, *variables: str, **more: Any) -> Any:
    """Send one of the templates that a sandbox starts with."""
    found = next(one for one in sandbox.templates() if (one["name"], one["language"]) == (name, "id"))
    body = {"inbox_id": found["inbox_id"], "wa_template_id": found["wa_template_id"], "phone_number": receiver}
    given = {**body, "template_body_variables": list(variables), **more}
    return post(sandbox, "/templates/send", task("daily_reminders", "remind", 1, 7), **given)["data"]


def shop(sandbox: Sandbox) -> str:
    """Play two hours in a shop, up to now; give the id of the conversation with most in it."""
    sandbox.advance(hours=-2)
    for name, number in (("Agus Wijaya", AGUS), ("Dewi Lestari", DEWI), ("Siti Rahma", SITI), ("Budi Santoso", BUDI)):
        sandbox.conversation(number, name=name)
    sandbox.reply("Apakah masih buka sampai malam?", receiver=AGUS)
    sandbox.advance(seconds=25 * 60)
    sandbox.note("Sudah ditelepon, tunggu kabar gudang.", receiver=AGUS, name="Rina")
    template(sandbox, "invoice", DEWI, "Dewi", file_url="https://files.example.com/nota-1187.pdf")
    sandbox.advance(seconds=51 * 60)
    failed = send(sandbox, "Paket Anda sudah di kurir.", SITI, task("shipping", "notify", 3))
    sandbox.set_status(failed["message_id"], "failed", {"code": 131026, "message": "Message undeliverable"})
    sandbox.advance(seconds=32 * 60)
    sandbox.reply("Halo, pesanan saya sampai mana?", receiver=BUDI)
    sandbox.advance(seconds=120)
    text = "Halo Budi! Pesanan *#1234* siap dikirim:\n2× _kopi Gayo_, 1× ~teh~ madu.\nKami proses sekarang?"
    asked = send(sandbox, text, headers=task(), footer="Toko Kita · balas kapan saja", **BUTTONS)
    sandbox.advance(seconds=180)
    sandbox.reply(button_id="confirm", receiver=BUDI)
    slots = send(sandbox, "Baik! Kapan kurir boleh datang?", headers=task("order_confirm", "choose_slot", 2), **SLOTS)
    sandbox.advance(seconds=300)
    sandbox.reply(row_id="sore", receiver=BUDI)
    link = send(sandbox, "Tercatat. Pantau di sini:", headers=task("order_confirm", "tell"), **LINK)
    sandbox.advance(seconds=120)
    for message in (asked, slots, link):
        sandbox.set_status(message["message_id"], "read")
    return str(asked["conversation_id"])


def bubble(page: Page, text: str) -> Locator:
    """Find a message on the page."""
    return page.locator(".message").filter(has_text=text)

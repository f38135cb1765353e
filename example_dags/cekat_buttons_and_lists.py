"""Say more than a text: reply buttons, a list, a link, a file, a place."""

from __future__ import annotations

from datetime import datetime

from airflow.providers.common.compat.sdk import DAG, chain, task

from cekat_provider.messages import Button, Buttons, File, Link, Location, Menu, Row, Section
from cekat_provider.operators.cekat import CekatSendWhatsAppOperator

with DAG(
    "cekat_buttons_and_lists",
    start_date=datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    params={"receiver": "6281234567890", "order": "INV-7"},
    default_args={"receiver": "{{ params.receiver }}"},
    tags=["cekat"],
) as dag:

    @task
    def couriers() -> list[dict[str, str]]:
        return [
            {"title": "JNE", "id": "jne", "description": "2 hari, Rp 18.000"},
            {"title": "SiCepat", "id": "sicepat", "description": "1 hari, Rp 24.000"},
        ]

    confirm = CekatSendWhatsAppOperator(
        task_id="confirm",
        message=Buttons(
            "Pesanan {{ params.order }}: kirim sekarang?",
            [Button("Ya", "yes-{{ params.order }}"), Button("Nanti", "later-{{ params.order }}")],
            footer="Toko Contoh",
        ),
    )

    pick_courier = CekatSendWhatsAppOperator(
        task_id="pick_courier",
        # The rows come from the task above; its XCom is named inside the message.
        message=Menu(
            "Pilih kurir untuk {{ params.order }}",
            "Lihat kurir",
            [Section(couriers(), "Dikirim"), Section([Row("Ambil sendiri", "pickup")], "Di toko")],
        ),
    )

    rate = CekatSendWhatsAppOperator(
        task_id="rate",
        message="Bagaimana pelayanan kami?",
        # Up to three choices are buttons, four to ten a list.
        choices=["Sangat baik", "Baik", "Cukup", "Kurang"],
        choices_label="Beri nilai",
    )

    track = CekatSendWhatsAppOperator(
        task_id="track",
        message=Link("Paket Anda di jalan.", "Lacak paket", "https://example.com/track/{{ params.order }}"),
    )

    invoice = CekatSendWhatsAppOperator(
        task_id="invoice",
        message=File("https://example.com/files/{{ params.order }}.pdf", caption="Nota {{ params.order }}"),
    )

    shop = CekatSendWhatsAppOperator(
        task_id="shop",
        message=Location(-6.2088, 106.8456, "Toko Contoh", "Jl. Sudirman 5, Jakarta"),
    )

    chain(confirm, pick_courier, rate, track, invoice, shop)

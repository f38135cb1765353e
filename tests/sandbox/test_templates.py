"""The sandbox's templates: listed, sent, refused, and what the window makes of them."""

from __future__ import annotations

import json

import pytest

INBOX = "5f0c1f9e-0000-4000-8000-000000000001"
PHONE = "6281200000009"


def listed(api):
    return {(t["name"], t["language"]): t for t in api.raw("GET", f"/templates?inbox_id={INBOX}").json["data"]}


def number(api, name, language="id"):
    return listed(api)[name, language]["wa_template_id"]


def send(api, **fields):
    body = {"inbox_id": INBOX, "phone_number": PHONE, **fields}
    return api.raw("POST", "/templates/send", json.dumps(body).encode())


def test_the_list_tells_what_a_send_needs(api):
    template = listed(api)["order_ready", "id"]
    assert template["wa_template_id"].isdigit()
    assert template["wa_template_id"] != template["id"]
    assert (template["status"], template["body"]) == ("APPROVED", "Halo {{1}}, pesanan {{2}} siap diambil.")
    assert len(template["body_placeholder"]) == 2
    assert {t["status"] for t in listed(api).values()} == {"APPROVED", "PENDING", "PAUSED"}


@pytest.mark.parametrize(
    ("query", "status"), [("", 400), ("?inbox_id=", 400), ("?inbox_id=a&inbox_id=b", 400), ("?inbox_id=a", 404)]
)
def test_a_list_needs_an_inbox(api, query, status):
    assert api.raw("GET", f"/templates{query}").status == status


def test_a_template_is_kept_as_the_customer_reads_it(api, cekat_sandbox):
    got = send(api, wa_template_id=number(api, "order_ready"), phone_name="Budi", template_body_variables=["Budi", "7"])
    assert got.status == 200, got.raw
    data = got.json["data"]
    (message,) = api.history(data["conversation_id"])
    assert (message["message"], message["is_template"]) == ("Halo Budi, pesanan 7 siap diambil.", True)
    assert message["id"] == data["message_id"]
    assert cekat_sandbox.conversations()[0]["name"] == "Budi"
    assert cekat_sandbox.sent()[0]["request_body"]["template_body_variables"] == ["Budi", "7"]


def test_a_template_goes_out_when_the_window_is_closed(api, cekat_sandbox):
    api.sent(receiver=PHONE)
    cekat_sandbox.advance(hours=25)
    assert api.send(receiver=PHONE, message="x").status == 400
    assert send(api, wa_template_id=number(api, "hello")).status == 200
    assert len(cekat_sandbox.conversations()) == 1


def test_a_template_opens_no_window_and_an_answer_does(api, cekat_sandbox):
    assert send(api, wa_template_id=number(api, "hello")).status == 200
    got = api.send(receiver=PHONE, message="x")
    assert (got.status, got.json["error"]["code"]) == (400, 131047)
    cekat_sandbox.reply("halo", receiver=PHONE)
    assert api.send(receiver=PHONE, message="x").status == 200


@pytest.mark.parametrize("variables", [[], ["a"], ["a", "b", "c"]])
def test_a_wrong_number_of_variables_is_told_as_cekat_tells_it(api, variables):
    got = send(api, wa_template_id=number(api, "order_ready"), template_body_variables=variables)
    assert got.status == 400
    assert got.json["error"]["message"] == "Template body variable must match the number of placeholders (2)"


@pytest.mark.parametrize(("name", "code"), [("not_yet", 132001), ("paused", 132015)])
def test_only_an_approved_one_is_sent(api, cekat_sandbox, name, code):
    got = send(api, wa_template_id=number(api, name), template_body_variables=["a"])
    assert (got.status, got.json["error"]["code"]) == (400, code)
    assert cekat_sandbox.sent() == []


def test_cekats_own_id_is_not_whatsapps_number(api):
    assert send(api, wa_template_id=listed(api)["hello", "id"]["id"]).status == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"phone_number": "+6281200000009"}, "phone_number"),
        ({"phone_number": 6281200000009}, "phone_number"),
        ({"phone_name": ""}, "phone_name"),
        ({"wa_template_id": 7}, "wa_template_id"),
        ({"inbox_id": None}, "inbox_id"),
        ({"file_url": "nota"}, "file_url"),
        ({"template_body_variables": "a"}, "template_body_variables"),
        *(
            ({"template_body_variables": ["a", value]}, "template_body_variables[1]")
            for value in ("", " ", "a\nb", "a\tb", "a     b", 1, None, "x" * 1025)
        ),
    ],
)
def test_a_bad_field_is_named(api, change, field):
    got = send(api, **{"wa_template_id": "1", **change})
    assert (got.status, [detail["field"] for detail in got.json["error"]["details"]]) == (400, [field])


def test_a_file_goes_with_a_template_that_has_one(api):
    invoice, hello = number(api, "invoice"), number(api, "hello")
    file = "https://files.example.com/nota.pdf"
    assert send(api, wa_template_id=invoice, template_body_variables=["a"], file_url=file).status == 200
    assert send(api, wa_template_id=invoice, template_body_variables=["a"]).status == 400
    assert send(api, wa_template_id=hello, file_url=file).status == 400


def test_templates_can_be_set(api, cekat_sandbox):
    cekat_sandbox.templates({"name": "promo", "body": "{{who}} {{what}} {{who}}", "wa_template_id": "77"})
    assert send(api, wa_template_id="77", template_body_variables=["a", "b"]).status == 200
    assert cekat_sandbox.sent()[0]["message"] == "a b a"
    cekat_sandbox.clear()
    assert ("hello", "id") in listed(api)


def test_a_template_needs_the_key_and_meets_faults(api, cekat_sandbox):
    assert api.raw("GET", f"/templates?inbox_id={INBOX}", None, {}).status == 401
    cekat_sandbox.faults(kind="accept_then_drop", on="send")
    with pytest.raises(ConnectionError):
        send(api, wa_template_id="1")

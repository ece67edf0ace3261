"""What the log never holds (safety T039, T080), and that a record stays one record (T058)."""

from __future__ import annotations

import json
import logging
import uuid

import pytest
import structlog
from django.test import Client

from servicedesk import redaction
from tests.factories import PASSWORD
from tests.safety.login_case import sign_in
from tests.tickets import hospital_case
from tests.watching.heard import listening
from tickets.models import Ticket

NASTY = "first\r\nsecond\x1b[2J\x1b[31m\u2028third\u202egnp.exe\x85\x00end"
LOG = logging.getLogger("tests.watching")


@pytest.mark.django_db
def test_a_fault_is_filed_and_none_of_its_words_are_written() -> None:
    case = hospital_case.make()
    client = Client()
    client.force_login(case.nurse)
    sent = {
        "client_key": str(uuid.uuid4()),
        "device": case.terminal.pk,
        "tile": case.tile("no_picture").pk,
        "severity": "today",
        "contact_name": "李四光",
        "contact_phone": "13987654321",
        "text": "患者王小明的会诊终端黑屏",
    }
    with listening(level=logging.DEBUG) as log:
        assert client.post("/report/", sent).status_code == 302
        client.get("/requests/?q=王小明")
    assert Ticket.objects.get().contact_name == "李四光"
    assert len(log.records) >= 2
    for word in ("李四光", "王小明", "13987654321", case.nurse.name, case.nurse.email, case.nurse.phone):
        assert word not in log.text
        assert json.dumps(word)[1:-1] not in log.text


@pytest.mark.django_db
def test_signing_in_wrongly_and_rightly_writes_neither_name_nor_password(client: Client) -> None:
    nurse = hospital_case.make().nurse
    with listening() as log:
        for _ in range(6):
            sign_in(Client(), nurse.email, "not-the-password-1")
        sign_in(client, "nobody-here", "not-the-password-1")
    assert [record["status"] for record in log.records if record["logger"] == "desk.requests"][-2:] == [429, 200]
    for word in (nurse.email, nurse.name, "not-the-password-1", "nobody-here", PASSWORD, client.session.session_key):
        assert word is None or word not in log.text


@pytest.mark.django_db
def test_a_reset_link_keeps_its_token_out_of_the_log(client: Client) -> None:
    with listening() as log:
        client.get("/account/reset/MQ/c8fakx-0123456789abcdef0123456789abcdef/")
        client.get("/files/0b0e4b1c-1c3b-4f0e-9d77-0123456789ab/")
    assert [record["path"] for record in log.records] == ["/account/reset/<uidb64>/<token>/", "/files/<key>/"]


@pytest.mark.parametrize("as_json", [True, False])
def test_what_people_write_stays_inside_its_record(as_json: bool) -> None:
    with listening(as_json=as_json) as log:
        LOG.warning("a name: %s", NASTY)
        structlog.get_logger("tests.watching").warning("spoken", word=NASTY)
        LOG.warning("%s happened", LookupError(NASTY))
    assert len(log.text.splitlines()) == len(log.text.rstrip("\n").split("\n")) == 3
    assert not redaction.CONTROLS.search(log.text.replace("\n", ""))


@pytest.mark.parametrize(
    ("said", "secret"),
    [
        ("550 5.1.1 <nurse.li@hospital.example.cn>: no such user", "nurse.li"),
        ("call 13812345678 now", "13812345678"),
        ("call +86 138-1234-5678 now", "1234-5678"),
        ("call 028-85421234 now", "85421234"),
        ("patient 51010219900101123X", "19900101"),
        ("Authorization: Bearer abcdefgh12345", "abcdefgh12345"),
        ("redis://user:hunter2@10.0.0.1/0 is away", "hunter2"),
        ("GET https://example.org/search?q=zhangsan failed", "zhangsan"),
        ("connect failed: password=hunter2 host=db", "hunter2"),
        ("{'csrftoken': 'aaaabbbbcccc'}", "aaaabbbbcccc"),
    ],
)
def test_secrets_are_masked_wherever_they_are_said(said: str, secret: str) -> None:
    with listening() as log:
        LOG.warning("%s", said)
        LOG.warning(said.replace("%", "%%"))
        structlog.get_logger("tests.watching").warning("told", reason=said)
    assert len(log.records) == 3
    assert secret not in log.text


@pytest.mark.parametrize(
    "said",
    [
        "delivery 4711 given up",
        "engine@host-1 swept 1200 clocks in 13 ms at 2026-11-22T10:00:00Z",
        "task 8c1386b0-1391-4345-8899-a13812345678 done",
        "SR-2026-001234",
    ],
)
def test_what_an_operator_needs_is_left_as_it_is(said: str) -> None:
    with listening() as log:
        LOG.warning(said)
    assert log.records[0]["event"] == said


def test_a_value_under_a_secret_name_is_never_written() -> None:
    with listening() as log:
        structlog.get_logger("tests.watching").warning(
            "told", password="a1", api_token="b2", title="c3", phone="d4", count=5, body={"text": "e6"}
        )
    record = log.records[0]
    assert record["count"] == 5
    assert {record[key] for key in ("password", "api_token", "title", "phone", "body")} == {"…"}


def replay(book: dict[str, str]) -> str:
    try:
        return book["site"]
    except KeyError as first:
        raise RuntimeError("no book") from first


def test_an_error_that_led_to_another_is_told_with_it_once() -> None:
    with listening() as log:
        try:
            replay({})
        except RuntimeError:
            LOG.exception("replay failed")
    story = log.records[0]["exception"]
    assert story.index("KeyError: 'site'") < story.index("which led to") < story.index("RuntimeError: no book")

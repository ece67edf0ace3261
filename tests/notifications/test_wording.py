"""What a notification says: in the reader's language, when it is read, and never more than it should."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils.translation import override

from notifications import wording
from notifications.models import Notification
from notifications.table import TABLE
from people.models import User
from tests.factories import LeadFactory, NurseFactory

NOW = datetime(2026, 11, 18, 3, 24, tzinfo=UTC)

CONTEXT = {
    "ticket": "SR-2026-000123",
    "title": "会诊黑屏",
    "hospital": "绵阳三院",
    "who": "李航",
    "promise": "1 小时响应",
    "clause": "A1",
    "due_at": "2026-11-18T03:40:00+00:00",
    "expected_at": "2026-11-18T04:16:00+00:00",
    "arrived_at": "2026-11-18T03:20:00+00:00",
    "roles": ["engineer"],
    "count": 12,
    "year": 2027,
    "address": "x@y.example",
    "late_seconds": 0,
}

CASES = [
    pytest.param(kind, at_hospital, id=f"{kind}-{'hospital' if at_hospital else 'staff'}")
    for kind, row in TABLE.items()
    for at_hospital, sentence in ((False, row.to_staff), (True, row.to_hospital))
    if sentence is not None
]


def reader(at_hospital: bool) -> User:
    factory = NurseFactory if at_hospital else LeadFactory
    return factory.build(hospital=None)


def said(kind: str, at_hospital: bool = False, language: str = "en", **more: Any) -> wording.Words:
    row = Notification(kind=kind, context={**CONTEXT, **more}, created_at=NOW)
    with override(language):
        return wording.words(row, reader(at_hospital), NOW + timedelta(minutes=1))


APPS = {path.parent.name for path in Path(settings.BASE_DIR).glob("*/apps.py")}


def kinds_in_code() -> Iterator[str]:
    """String constants that name a kind, as arguments of a call anywhere in our apps."""
    for path in Path(settings.BASE_DIR).glob("*/**/*.py"):
        app = path.relative_to(settings.BASE_DIR).parts[0]
        if app not in APPS:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in {"tell", "tell_many", "Message", "hospital", "handlers"}:
                values = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "kind")]
                for value in values:
                    if isinstance(value, ast.Constant) and isinstance(value.value, str) and "." in value.value:
                        yield value.value


def test_every_kind_that_the_code_tells_has_its_words() -> None:
    used = set(kinds_in_code())
    assert {"sla.page", "ticket.answered", "mail.given_up"} <= used
    assert used <= set(TABLE)


@pytest.mark.parametrize(("kind", "at_hospital"), CASES)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_kind_is_a_whole_sentence_for_its_readers(kind: str, at_hospital: bool, language: str) -> None:
    words = said(kind, at_hospital, language)
    assert words.sentence
    assert words.button
    assert not {"%", "None", "{", "}"} & set(words.sentence.replace("80 %", ""))


@pytest.mark.parametrize(("kind", "at_hospital"), CASES)
def test_a_context_with_nothing_in_it_still_reads(kind: str, at_hospital: bool) -> None:
    row = Notification(kind=kind, context={}, created_at=NOW)
    assert wording.words(row, reader(at_hospital), NOW).sentence


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_hospital_people_never_read_the_words_of_the_trade(language: str) -> None:
    for case in CASES:
        kind, at_hospital = case.values
        if at_hospital:
            words = said(kind, at_hospital, language)
            trade = ("SLA", "P1", "ticket", "工单", "系统异常", "A1")
            assert not any(word in f"{words.sentence} {words.button}" for word in trade), kind


def test_a_page_before_the_deadline_says_what_is_left() -> None:
    assert said("sla.page").sentence == "SR-2026-000123: 1 小时响应 (A1) is due by 11:40, 16 min left."


def test_a_page_after_the_deadline_says_how_much_is_over() -> None:
    sentence = said("sla.page", due_at="2026-11-18T03:16:00+00:00").sentence
    assert sentence == "SR-2026-000123: 1 小时响应 (A1) was due by 11:16, now 8 min over."


def test_a_page_that_comes_late_says_so() -> None:
    assert "3 min late" in said("sla.page", late_seconds=180).sentence
    assert "late" not in said("sla.page", late_seconds=20).sentence


def test_a_digest_lists_its_pages() -> None:
    item = {key: CONTEXT[key] for key in ("ticket", "promise", "clause", "due_at", "late_seconds")}
    words = said("sla.digest", items=[item, {**item, "ticket": "SR-2026-000124"}])
    assert words.sentence.startswith("12 clocks")
    assert len(words.quote.splitlines()) == 2
    assert "SR-2026-000124" in words.quote


def test_nobody_on_duty_names_the_roles_in_words() -> None:
    assert "Field engineer" in said("sla.nobody_on_duty").sentence


def test_a_kind_of_a_newer_version_still_reads_as_a_sentence() -> None:
    assert said("ticket.something_new").sentence == "There is news on SR-2026-000123: 会诊黑屏"


@pytest.mark.parametrize("evil", ["%(who)s", "{{ settings.SECRET_KEY }}", "{% now 'Y' %}", "100 %", "%s %d"])
def test_text_of_users_is_never_read_as_a_template(evil: str) -> None:
    assert evil in said("ticket.answered", title=evil).sentence
    assert evil in said("ticket.answered", text=evil).quote


def test_a_subject_is_one_short_line_whatever_the_title_holds() -> None:
    subject = said("ticket.answered", title="a\r\nBcc: x@evil.example\r\n\r\n" + "长" * 500).subject
    assert len(subject) <= wording.SUBJECT_LENGTH
    assert subject.isprintable()
    assert "\n" not in subject

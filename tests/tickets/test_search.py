"""Finding a ticket by number, serial, phone or Chinese words, only among one's own (T032, T035)."""

from __future__ import annotations

import pytest

from people.models import User
from tests.factories import DeviceFactory, NurseFactory, TicketFactory
from tests.tickets.conftest import Scene
from tickets import search, workflow
from tickets.models import Ticket


@pytest.fixture
def found(scene: Scene):
    """A ticket with everything to find it by, and one that must not be found with it."""
    device = DeviceFactory(site=scene.site, name="终端 TE-3", serial="TE3-20240315-017", room="远程会诊中心")
    ticket = scene.file(
        device=device,
        site=scene.site,
        title="会诊终端开机后一直黑屏",
        description="电源灯是绿的，下午有肿瘤多学科会诊",
        contact_name="周敏",
        contact_phone="13800002217",
    )
    scene.file(title="打印机卡纸")
    return ticket


def numbers(user: User, text: str) -> list[Ticket]:
    return list(search.find(user, text))


@pytest.mark.parametrize(
    "text",
    [
        "黑屏",
        "会诊终端",
        "肿瘤 会诊",
        "终端，黑屏！",
        "TE-3",
        "te3-20240315-017",
        "20240315",
        "13800002217",
        "周敏",
        "远程会诊中心",
    ],
)
def test_words_serials_and_phones_find_it(scene: Scene, found: Ticket, text: str) -> None:
    assert numbers(scene.operator, text) == [found]


def test_every_word_has_to_occur(scene: Scene, found: Ticket) -> None:
    assert numbers(scene.operator, "黑屏 打印机") == []


def test_the_number_finds_it_whole_short_or_by_its_beginning(scene: Scene, found: Ticket) -> None:
    for text in (found.number, found.number.lower(), found.number[3:], f"2026-{int(found.number[8:])}"):
        assert numbers(scene.operator, text) == [found]
    assert found in numbers(scene.operator, found.number[:-1])
    assert numbers(scene.operator, "SR-2025-") == []
    assert len(numbers(scene.operator, "SR-2026-")) == 2


def test_an_edited_title_is_found_and_the_old_one_no_more(scene: Scene, found: Ticket) -> None:
    workflow.edit(
        found, title="麦克风啸叫", description="", place="", version=1, by=scene.operator, now=scene.at("09:10")
    )
    assert numbers(scene.operator, "啸叫") == [found]
    assert numbers(scene.operator, "黑屏") == []


def test_another_hospital_finds_nothing_by_number_serial_phone_or_phrase(scene: Scene, found: Ticket) -> None:
    """T032."""
    stranger = NurseFactory()
    TicketFactory(reporter=stranger)
    for text in (found.number, "TE3-20240315-017", "13800002217", "会诊终端开机后一直黑屏"):
        assert numbers(stranger, text) == []
        assert numbers(scene.nurse, text) == [found]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "'; DROP TABLE tickets_ticket; --",
        "a & | ! ( : * <->",
        "\x00",
        "\ud800",
        "%_%",
        "SR-99999999-1",
        "😀",
        "会" * 10_000,
        "x " * 10_000,
        "._connector=OR",
    ],
)
def test_odd_input_is_harmless(scene: Scene, found: Ticket, text: str) -> None:
    assert found not in numbers(scene.operator, text)


def test_words_are_cut_by_meaning_without_punctuation() -> None:
    assert search.words("远程会诊系统，TE-3 死机！") == ["远程", "会诊", "系统", "te", "3", "死机"]

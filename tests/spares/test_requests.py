"""A request for parts, step by step, and the clocks that it starts and stops (A6, A7, A11; worked example 6)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from notifications.models import Notification
from sla import defaults
from sla.evidence import Evidence
from sla.facts import Kind
from sla.models import Deadline
from spares import promised, requests, sourcing
from spares.models import CarrierEvent, PartRequest, Return, StockItem, Unit
from spares.refusal import Refused
from spares.requests import Wanted
from tests.factories import DepotClerkFactory, EngineerFactory, ManagerFactory, TechnicianFactory
from tests.sla.cases import declared_failed
from tests.spares.request_case import Matter, local, state_of

pytestmark = pytest.mark.django_db
State = PartRequest.State


@pytest.fixture
def matter(db: None) -> Matter:
    defaults.load()
    return Matter()


def told(person: object) -> list[str]:
    return list(Notification.objects.filter(person=person).order_by("pk").values_list("kind", flat=True))


def figures(matter: Matter) -> tuple[int, int]:
    item = StockItem.objects.get(depot=matter.chengdu, part=matter.board)
    return item.on_hand, item.reserved


def test_asking_starts_both_clocks_and_holds_the_part_in_the_depot_that_makes_it(matter: Matter) -> None:
    row = matter.ask()
    assert (row.state, row.depot, row.number[:8]) == (State.RESERVED, matter.chengdu, "RQ-2026-")
    assert row.ship_by == matter.at("2026-03-12 12:00")
    assert row.deliver_by == matter.at("2026-03-13 18:00")
    assert row.expected_at == matter.at("2026-03-12 18:00")
    assert figures(matter) == (2, 1)
    assert [(one["name"], one["verdict"], one["late_s"]) for one in row.choice] == [
        ("成都备件库", "makes", 0),
        ("北京备件库", "late", 3 * 86400),
    ]
    assert matter.clock("fix").state == Deadline.State.MET
    assert told(matter.clerk) == ["parts.requested"]


def test_where_no_depot_makes_it_the_lead_is_told_and_chooses_with_a_reason(matter: Matter) -> None:
    row = matter.ask((matter.board, 1), (matter.fan, 9), by=EngineerFactory())
    assert (row.state, row.depot) == (State.REQUESTED, None)
    assert told(matter.lead) == ["parts.no_depot"]
    with pytest.raises(Refused, match="say why"):
        requests.choose(row, matter.beijing, by=matter.lead, now=matter.at("12:05"))
    row = requests.choose(row, matter.beijing, reason="风扇随后从成都发", by=matter.lead, now=matter.at("12:05"))
    assert (row.depot, row.state) == (matter.beijing, State.REQUESTED)  # fans are lacking there
    assert [one["because"] for one in row.choice if one["chosen"]] == ["风扇随后从成都发"]
    with pytest.raises(Refused, match="Only 0 of FAN-01 are free in 北京备件库"):
        requests.reserve(row, by=matter.clerk, now=matter.at("12:06"))
    assert not StockItem.objects.filter(reserved__gt=0).exists()


def test_another_depot_frees_what_the_first_one_held(matter: Matter) -> None:
    row = requests.choose(matter.ask(), matter.beijing, reason="成都停电", by=matter.lead, now=matter.at("12:05"))
    assert (row.state, figures(matter)) == (State.RESERVED, (2, 0))
    assert StockItem.objects.get(depot=matter.beijing, part=matter.board).reserved == 1
    assert row.expected_at == matter.at("2026-03-16 18:00")


def test_further_parts_join_a_request_that_is_not_packed_and_wait_for_the_shelf(matter: Matter) -> None:
    first = matter.ask()
    same = matter.ask((matter.fan, 2), (matter.board, 1), at="13:00")
    assert same == first
    assert (same.state, figures(matter)) == (State.RESERVED, (2, 2))
    assert dict(same.lines.values_list("part__code", "quantity")) == {"MCU-MB": 2, "FAN-01": 2}
    assert same.ship_by == first.ship_by
    assert matter.case.timeline.facts.filter(kind=Kind.PART_NEEDED).count() == 1
    for scanned in ("A1", "FAN-01", "A2", "FAN-01"):
        requests.scan(same, scanned, by=matter.clerk, now=matter.at("13:10"))
    requests.pack(same, by=matter.clerk, now=matter.at("13:20"))
    other = matter.ask((matter.fan, 1), at="13:30")
    assert other != same
    assert (other.ship_by, matter.case.timeline.deadlines.filter(code="spare_shipped").count()) == (
        matter.at("2026-03-12 13:30"),
        2,
    )


def test_the_same_key_asks_once(matter: Matter) -> None:
    key = uuid4()
    asked = [matter.ask(evidence=Evidence(client_key=key)) for _ in range(2)]
    assert asked[0] == asked[1]
    assert PartRequest.objects.count() == 1


def test_a_key_that_came_with_another_matter_gives_nothing_of_it(matter: Matter) -> None:
    key, other = uuid4(), declared_failed()
    matter.ask(evidence=Evidence(client_key=key))
    assert other.site is not None
    about: dict[str, Any] = {"hospital": other.site.hospital, "site": other.site, "timeline": other.timeline}
    with pytest.raises(Refused, match="another request"):
        requests.ask(
            [Wanted(matter.fan)], **about, subject="", by=matter.lead, now=matter.at("12:00"),
            evidence=Evidence(client_key=key),
        )  # fmt: skip
    assert PartRequest.objects.count() == 1


def test_asked_offline_it_counts_from_when_it_was_needed(matter: Matter) -> None:
    late = Evidence(at=matter.at("12:00") + timedelta(seconds=3), device_id="phone", clock_offset_ms=3000)
    row = matter.ask(at="14:00", evidence=late)
    assert row.requested_at == matter.at("12:00")
    assert row.ship_by == matter.at("2026-03-12 12:00")
    with pytest.raises(Refused, match="future"):
        matter.ask((matter.fan, 1), at="14:00", evidence=Evidence(at=matter.at("15:00")))


@pytest.mark.parametrize(
    ("wanted", "says"),
    [([], "which parts"), ([0], "How many"), ([-1], "How many"), ([100], "At most")],
)
def test_what_is_asked_for_is_named_and_counted(matter: Matter, wanted: list[int], says: str) -> None:
    asked = [Wanted(matter.fan, count) for count in wanted]
    with pytest.raises(Refused, match=says):
        requests.ask(
            asked, hospital=matter.site.hospital, site=matter.site, subject="", by=matter.lead, now=matter.at("12:00")
        )
    matter.fan.is_active = False
    with pytest.raises(Refused, match="no longer in use"):
        matter.ask((matter.fan, 1))


def test_without_a_timeline_the_contract_still_says_what_is_foreseen(matter: Matter) -> None:
    due = promised.foreseen(
        matter.site.hospital, matter.site, timeline=None, device=None, now=local("2026-02-13 10:00")
    )
    assert (due.ship_by, due.deliver_by) == (local("2026-02-14 10:00"), local("2026-02-24 18:00"))


def test_the_preview_says_what_asking_would_and_writes_nothing(matter: Matter) -> None:
    seen = requests.preview(
        [Wanted(matter.board)],
        hospital=matter.site.hospital,
        site=matter.site,
        timeline=matter.case.timeline,
        now=matter.at("12:00"),
    )
    assert [one.name for one in seen.options] == ["成都备件库", "北京备件库"]
    assert not PartRequest.objects.exists()
    row = matter.ask()
    assert (seen.promised.ship_by, seen.promised.deliver_by) == (row.ship_by, row.deliver_by)


def test_the_engines_draft_runs_from_the_limit_and_goes_on_when_somebody_says_which_parts(matter: Matter) -> None:
    matter.case.rebuild("13:25")
    at = matter.at("13:20")
    about = {"hospital": matter.site.hospital, "site": matter.site, "timeline": matter.case.timeline, "device": None}
    drafted = requests.draft(**about, subject="门诊 MCU 不通", at=at, now=matter.at("13:25"))
    assert (drafted.state, drafted.requested_at) == (State.DRAFT, at)
    assert (drafted.ship_by, drafted.deliver_by) == (matter.at("2026-03-12 13:20"), matter.at("2026-03-13 18:00"))
    row = matter.ask(at="14:00")
    assert (row.pk, row.state, row.ship_by) == (drafted.pk, State.RESERVED, matter.at("2026-03-12 13:20"))
    assert matter.case.timeline.deadlines.filter(code="spare_shipped").count() == 1
    assert (row.depot, row.origin) == (matter.chengdu, PartRequest.Origin.ENGINE)


def test_a_draft_that_is_withdrawn_ends_its_clocks_without_a_verdict(matter: Matter) -> None:
    matter.case.rebuild("13:25")
    about = {"hospital": matter.site.hospital, "site": matter.site, "timeline": matter.case.timeline, "device": None}
    drafted = requests.draft(**about, subject="", at=matter.at("13:20"), now=matter.at("13:25"))
    with pytest.raises(Refused, match="why"):
        requests.cancel(drafted, reason=" ", by=matter.lead, now=matter.at("13:30"))
    requests.cancel(drafted, reason="重启后恢复", by=matter.lead, now=matter.at("13:30"))
    assert matter.clock("spare_shipped").state == Deadline.State.CANCELLED
    assert matter.clock("spare_delivered").state == Deadline.State.CANCELLED


def test_scanning_takes_what_is_wanted_and_refuses_the_rest_in_a_sentence(matter: Matter) -> None:
    row = matter.ask((matter.board, 1), (matter.fan, 2))
    at = {"by": matter.clerk, "now": matter.at("12:10")}
    for scanned, says in (
        ("B1", "lies in|北京备件库"),
        ("ZZ", "Unknown: ZZ"),
        ("", "Unknown"),
    ):
        with pytest.raises(Refused, match=says):
            requests.scan(row, scanned, **at)
    requests.scan(row, "A2", **at)
    with pytest.raises(Refused):
        requests.scan(row, "A1", **at)
    with pytest.raises(Refused, match="state"):
        requests.pack(row, **at)
    requests.scan(row, "FAN-01", **at)
    requests.scan(row, "FAN-01", **at)
    row.refresh_from_db()
    assert row.state == State.PICKED
    line = row.lines.get(part=matter.board)
    row = requests.unpick(row, line, serial="A2", **at)
    assert (row.state, state_of("A2")) == (State.RESERVED, "in_stock")
    row = requests.pick(row, line, serial="A1", **at)
    assert (row.state, requests.pack(row, **at).packed_at) == (State.PICKED, at["now"])


def test_a_serial_of_another_part_is_named_with_what_is_wanted(matter: Matter) -> None:
    row = matter.ask((matter.fan, 1))
    with pytest.raises(Refused, match="Wrong: MCU 主板 was scanned, 风扇盘 is wanted here"):
        requests.scan(row, "A1", by=matter.clerk, now=matter.at("12:10"))


def test_handed_to_the_carrier_in_time_stops_the_24_hours(matter: Matter) -> None:
    row = matter.shipped()
    assert (row.state, row.waybill, row.shipped_at) == (State.SHIPPED, "SF1", matter.at("15:00"))
    assert row.expected_at == matter.at("2026-03-12 18:00")
    assert matter.clock("spare_shipped").state == Deadline.State.MET
    assert matter.clock("spare_delivered").state == Deadline.State.RUNNING
    assert (figures(matter), state_of("A1")) == ((1, 0), "shipped")
    with pytest.raises(Refused, match="state"):
        requests.cancel(row, reason="迟了", by=matter.clerk, now=matter.at("15:10"))


def test_a_waybill_belongs_to_one_request(matter: Matter) -> None:
    matter.shipped(waybill="SF7")
    row = matter.ask((matter.fan, 1), at="15:10")
    requests.scan(row, "FAN-01", by=matter.clerk, now=matter.at("15:11"))
    requests.pack(row, by=matter.clerk, now=matter.at("15:12"))
    with pytest.raises(Refused, match="Waybill SF7 is that of RQ-"):
        requests.ship(row, carrier="顺丰", waybill="SF7", by=matter.clerk, now=matter.at("15:13"))
    row.refresh_from_db()
    assert row.state == State.PACKED


def test_signed_for_stops_the_two_days_and_told_twice_it_stands_as_told_first(matter: Matter) -> None:
    row = matter.delivered()
    assert (row.state, row.received_by, state_of("A1")) == (State.DELIVERED, "刘海燕", "delivered")
    clock = matter.clock("spare_delivered")
    assert (clock.state, clock.stopped_at) == (Deadline.State.MET, matter.at("2026-03-12 10:00"))
    again = requests.deliver(row, received_by="别人", by=matter.lead, now=matter.at("2026-03-12 11:00"))
    assert again.received_by == "刘海燕"
    assert [event.kind for event in row.events.all()] == ["handed_over", "delivered"]


def test_a_signature_told_late_counts_when_a_lead_confirms_it(matter: Matter) -> None:
    row = matter.shipped()
    signed = Evidence(at=matter.at("2026-03-13 17:00"), device_id="phone")
    requests.deliver(row, received_by="刘海燕", by=matter.lead, now=matter.at("2026-03-14 09:00"), evidence=signed)
    clock = matter.clock("spare_delivered")
    assert (clock.state, clock.is_disputed) == (Deadline.State.MISSED, True)
    fact = matter.case.timeline.facts.get(kind=Kind.PART_DELIVERED)
    matter.case.say(Kind.EVIDENCE_CONFIRMED, "2026-03-14 09:10", fact=fact.pk)
    assert matter.clock("spare_delivered").state == Deadline.State.MET


def test_a_carriers_word_is_kept_once_and_its_delivery_is_the_signature(matter: Matter) -> None:
    row = matter.shipped()
    said = {"source": CarrierEvent.Source.WEBHOOK, "by": None, "now": matter.at("2026-03-12 11:00")}
    for _ in range(2):
        requests.note_event(
            row, "in_transit", at=matter.at("2026-03-12 02:00"), place="绵阳", external_id="sf:1", **said
        )
    requests.note_event(row, "problem", at=matter.at("2026-03-12 09:00"), text="地址不详", external_id="sf:2", **said)
    done = requests.note_event(
        row, "delivered", at=matter.at("2026-03-12 10:30"), text="刘海燕", external_id="sf:3", **said
    )
    assert (done.state, done.received_by) == (State.DELIVERED, "刘海燕")
    assert matter.clock("spare_delivered").stopped_at == matter.at("2026-03-12 10:30")
    assert [event.kind for event in row.events.all()] == ["handed_over", "in_transit", "problem", "delivered"]
    assert told(matter.clerk)[-1] == "parts.problem"


def test_fitting_puts_the_unit_in_its_place_and_owes_the_faulty_one(matter: Matter) -> None:
    row = matter.delivered()
    line, at = row.lines.get(), {"by": matter.lead, "now": matter.at("2026-03-12 11:00")}
    for serial, says in (("A2", "did not come with"), ("", "Which serial")):
        with pytest.raises(Refused, match=says):
            requests.fit(row, line, serial=serial, **at)
    done = requests.fit(row, line, serial="A1", faulty_serial="OLD-9", **at)
    requests.fit(done, line, serial="A1", faulty_serial="OLD-9", **at)  # told twice
    assert (done.state, state_of("A1")) == (State.FITTED, "installed")
    owed = Return.objects.get()
    assert (owed.faulty_serial, owed.good_unit, owed.depot) == ("OLD-9", Unit.objects.get(serial="A1"), matter.chengdu)


def test_withdrawing_gives_the_stock_back_and_tells_the_depot(matter: Matter) -> None:
    row = requests.cancel(matter.packed(), reason="医院改期", by=matter.lead, now=matter.at("12:30"))
    assert (row.state, figures(matter), state_of("A1")) == (State.CANCELLED, (2, 0), "in_stock")
    assert matter.clock("spare_shipped").state == Deadline.State.CANCELLED
    assert told(matter.clerk) == ["parts.requested", "parts.cancelled"]


def test_the_copies_follow_a_clock_that_a_manager_moved(matter: Matter) -> None:
    row = matter.ask()
    clock = matter.clock("spare_delivered")
    promised.deadlines.retarget(
        clock, due_at=matter.at("2026-03-16 12:00"), reason="约定", by=ManagerFactory(), now=matter.at("12:30")
    )
    assert promised.refresh() == 1
    row.refresh_from_db()
    assert row.deliver_by == matter.at("2026-03-16 12:00")
    assert promised.refresh() == 0


def test_the_copies_of_a_draft_follow_an_arrival_that_was_told_late(matter: Matter) -> None:
    matter.case.rebuild("13:25")
    about = {"hospital": matter.site.hospital, "site": matter.site, "timeline": matter.case.timeline, "device": None}
    drafted = requests.draft(**about, subject="", at=matter.at("13:20"), now=matter.at("13:25"))
    matter.case.say(Kind.ARRIVED, "11:05", now="14:00")
    assert promised.refresh() == 1
    drafted.refresh_from_db()
    assert (drafted.ship_by, drafted.deliver_by) == (matter.at("2026-03-12 13:05"), matter.at("2026-03-13 18:00"))
    assert promised.refresh() == 0


def test_the_choice_takes_three_queries_whatever_there_is(matter: Matter, django_assert_num_queries: object) -> None:
    for number in range(6):
        matter.depot(f"more-{number}", f"备件库 {number}", number)
    needs = {matter.board.pk: 1, matter.fan.pk: 1}
    about = {"asked_at": matter.at("12:00"), "ship_by": None, "deliver_by": None}
    sourcing.options(needs, "绵阳", **about)  # the calendar is compiled once
    with django_assert_num_queries(3):  # type: ignore[operator]
        found = sourcing.options(needs, "绵阳", **about)
    assert len(found) == 8


def test_the_depot_sees_every_request_and_a_hospital_its_own_without_drafts(matter: Matter) -> None:
    row = matter.ask()
    theirs, other = TechnicianFactory(hospital=matter.site.hospital), TechnicianFactory()
    seen = PartRequest.objects.for_user
    assert (list(seen(DepotClerkFactory())), list(seen(theirs)), list(seen(other))) == ([row], [row], [])
    assert list(seen(EngineerFactory())) == []
    assert list(seen(EngineerFactory(team__region=matter.site.hospital.region))) == [row]
    PartRequest.objects.update(state=State.DRAFT)
    assert list(seen(theirs)) == []

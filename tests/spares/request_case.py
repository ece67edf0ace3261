"""A matter with running clocks, depots that reach its site, and people of a depot, in a few words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from people.models import User
from sla.facts import Kind
from sla.models import Deadline
from spares import requests
from spares.models import Depot, Lane, Part, PartRequest, Unit
from spares.requests import Wanted
from tests.factories import DepotClerkFactory, LeadFactory, RotationFactory
from tests.sla.cases import FAULT, Case, local
from tests.spares.stock_case import depot, part, stocked


class Matter:
    """Wed 2026-03-11: an engineer arrived at 11:20; a board lies in Chengdu (1 day), fans there and in Beijing (3)."""

    def __init__(self, day: str = "2026-03-11") -> None:
        self.case = Case(day)
        self.case.say(Kind.NOTIFIED, "09:00", **FAULT)
        self.case.say(Kind.RESPONDED, "09:40")
        self.case.say(Kind.REMOTE_FAILED, "10:12")
        self.case.say(Kind.ARRIVED, "11:20")
        self.site = self.case.timeline.site
        assert self.site is not None
        self.clerk, self.lead = DepotClerkFactory(), LeadFactory()
        RotationFactory(role="lead", people=[self.lead])
        self.chengdu = self.depot("chengdu", "成都备件库", 1)
        self.beijing = self.depot("beijing", "北京备件库", 3)
        self.board = part("MCU-MB", serials=True, name="MCU 主板")
        self.fan = part("FAN-01", name="风扇盘")
        stocked(self.chengdu, self.board, ["A1", "A2"])
        stocked(self.beijing, self.board, ["B1"])
        stocked(self.chengdu, self.fan, 5)

    def depot(self, code: str, name: str, lane: int) -> Depot:
        made = depot(code, name, [self.clerk], cut_off=time(16))
        Lane.objects.create(depot=made, carrier="顺丰", days=lane, arrives_by=time(18))
        return made

    def at(self, when: str) -> datetime:
        return self.case.at(when)

    def ask(self, *wanted: tuple[Part, int], at: str = "12:00", by: User | None = None, **more: Any) -> PartRequest:
        return requests.ask(
            [Wanted(*one) for one in wanted or ((self.board, 1),)],
            hospital=self.site.hospital,
            site=self.site,
            timeline=self.case.timeline,
            subject="门诊 MCU 不通",
            by=by or self.lead,
            now=self.at(at),
            **more,
        )

    def packed(self, at: str = "12:10", serials: Sequence[str] = ("A1",)) -> PartRequest:
        """A request whose board is picked and packed."""
        row = self.ask()
        for serial in serials:
            requests.scan(row, serial, by=self.clerk, now=self.at(at))
        return requests.pack(row, by=self.clerk, now=self.at(at))

    def shipped(self, at: str = "15:00", waybill: str = "SF1") -> PartRequest:
        return requests.ship(self.packed(), carrier="顺丰", waybill=waybill, by=self.clerk, now=self.at(at))

    def delivered(self, at: str = "2026-03-12 10:00") -> PartRequest:
        return requests.deliver(self.shipped(), received_by="刘海燕", by=self.lead, now=self.at(at))

    def clock(self, code: str) -> Deadline:
        return self.case.clock(code)

    def due(self, code: str) -> str:
        return self.case.due(code)


def state_of(serial: str) -> str:
    """Of the one unit with this serial."""
    return Unit.objects.get(serial=serial).state


__all__ = ["Matter", "local", "state_of"]

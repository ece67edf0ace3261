"""What each row of a list would do to the register, and what is wrong with it. Nothing is written here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Model

from devices.importing import columns
from devices.importing.columns import plain
from devices.importing.register import Register, same_serial
from devices.importing.words import Problem, is_error, problem
from devices.models import Device, DeviceModel, ImportRow, Project, State
from devices.serials import tidy
from people.models import Hospital, Site, User

V = ImportRow.Verdict
ROUNDED = re.compile(r"\d+(\.\d+)?E\+?\d+", re.IGNORECASE)
DEEPEST = 20
"""MCUs above one device; a longer chain is a mistake."""

Places = Mapping[str, int]
"""Column → which heading of the file it is."""


@dataclass(slots=True)
class Judged:
    """A row and what was found out about it. Made things (`model`, `project`) have no key yet."""

    row: ImportRow
    said: dict[str, str]
    problems: list[Problem] = field(default_factory=list)
    hospital: Hospital | None = None
    site: Site | None = None
    model: DeviceModel | None = None
    project: Project | None = None
    parent: Device | None = None
    parent_row: Judged | None = None
    days: dict[str, date] = field(default_factory=dict)
    device: Device | None = None
    diff: dict[str, list[str]] = field(default_factory=dict)

    @property
    def serial(self) -> str:
        return self.said.get("serial", "")

    @property
    def is_wrong(self) -> bool:
        return any(is_error(one) for one in self.problems)

    @property
    def verdict(self) -> ImportRow.Verdict:
        if self.is_wrong:
            return V.ERROR
        if self.device is None:
            return V.NEW
        return V.CHANGED if self.diff else V.SAME

    def find(self, code: str, column: str, **more: object) -> None:
        """Put a problem down."""
        self.problems.append(problem(code, column, **more))


def judge(rows: Sequence[ImportRow], mapping: Places, user: User) -> list[Judged]:
    """Compare rows with each other and with the register, as `user` sees it."""
    judged = [Judged(row, _said(row, mapping)) for row in rows]
    register = Register.read((text for one in judged for text in (one.serial, one.said.get("parent", ""))), user)
    for one in judged:
        _cells(one, mapping)
        _place(one, register)
        _product(one, register)
        _days(one)
    _once(judged)
    for one in judged:
        _device(one, register)
    _parents(judged, register)
    for one in judged:
        if one.device is not None and not one.is_wrong:
            one.diff = _diff(one, one.device)
    return judged


def ranks(judged: Iterable[Judged]) -> Iterator[tuple[Judged, int]]:
    """Each row with how many rows of the list stand above it: an MCU is written before its terminals."""
    for one in judged:
        depth, above = 0, one.parent_row
        while above is not None and depth <= DEEPEST:
            depth, above = depth + 1, above.parent_row
        yield one, depth


def is_made_up(row: Model) -> bool:
    """Whether a list names it and the register does not have it yet."""
    return row.pk is None


def _said(row: ImportRow, mapping: Places) -> dict[str, str]:
    said = {code: row.cells[at] for code, at in mapping.items() if at < len(row.cells)}
    for code in ("serial", "parent"):
        if code in said:
            said[code] = tidy(said[code])
    return said


def _cells(one: Judged, mapping: Places) -> None:
    """What a cell says of itself: missing, too long, a formula."""
    for column in columns.ALL:
        text = one.said.get(column.code, "")
        if mapping.get(column.code) in one.row.formulas:
            one.find("formula", column.code)
        elif column.required and not text:
            one.find("missing", column.code)
        elif len(text) > column.longest:
            one.find("too_long", column.code, most=column.longest)
        elif column.code in {"serial", "parent"} and ROUNDED.fullmatch(text):
            one.find("serial_rounded", column.code, text=text)


def _place(one: Judged, register: Register) -> None:
    """Hospital, site and project."""
    name, site, project = (one.said.get(code, "") for code in ("hospital", "site", "project"))
    one.hospital = register.hospitals.get(plain(name))
    if one.hospital is None:
        if name:
            one.find("no_hospital", "hospital", text=name)
        return
    sites = register.sites.get(one.hospital.pk, {})
    if site:
        one.site = sites.get(plain(site))
        if one.site is None:
            one.find("no_site", "site", text=site)
    elif len(sites) == 1:
        (one.site,) = sites.values()
    if project:
        key = (one.hospital.pk, plain(project))
        one.project = register.projects.get(key)
        if one.project is None:
            # Kept for the rows that follow, so that it is one.
            one.project = register.projects[key] = Project(hospital=one.hospital, name=project)
            one.find("project_new", "project", text=project)


def _product(one: Judged, register: Register) -> None:
    """The model: a known one, or one that the row describes well enough to be made."""
    maker, name, said_kind = (one.said.get(code, "") for code in ("maker", "model", "kind"))
    kind = columns.kind_of(said_kind) if said_kind else None
    if said_kind and kind is None:
        one.find("no_kind", "kind", text=said_kind)
    if not name:
        return
    fits = [model for model in register.models.get(plain(name), ()) if not maker or plain(model.maker) == plain(maker)]
    if len(fits) > 1:
        one.find("model_ambiguous", "model", text=name)
    elif fits:
        one.model = fits[0]
        if not is_made_up(one.model) and kind and kind != one.model.kind:
            one.find("kind_ignored", "kind", kind=one.model.get_kind_display())
    elif maker and kind:
        one.model = DeviceModel(maker=maker, name=name, kind=kind)
        register.models.setdefault(plain(name), []).append(one.model)
        one.find("model_new", "model", text=one.model)
    else:
        one.find("model_unknown", "model", text=name)


def _days(one: Judged) -> None:
    for code in ("installed_on", "accepted_on"):
        if text := one.said.get(code, ""):
            found = columns.day(text)
            if found is None:
                one.find("no_date", code, text=text)
            else:
                one.days[code] = found
    if one.days.keys() == {"installed_on", "accepted_on"} and one.days["accepted_on"] < one.days["installed_on"]:
        one.find("accepted_early", "accepted_on")


def _once(judged: Iterable[Judged]) -> None:
    """The same maker and serial number twice in one list: the first one stands."""
    first: dict[tuple[str, str], int] = {}
    for one in judged:
        if not one.serial or one.model is None:
            continue
        key = (one.model.maker.lower(), same_serial(one.serial))
        if key in first:
            one.find("serial_twice", "serial", text=one.serial, row=first[key])
        else:
            first[key] = one.row.number


def _device(one: Judged, register: Register) -> None:
    """The device of the register that the row is about. Of one that may not be seen nothing is told but that."""
    if one.model is None or not one.serial:
        return
    device = register.device(one.model.maker, one.serial)
    if device is None:
        if one.site is None and one.hospital is not None and not one.said.get("site"):
            one.find("site_needed", "site")
    elif not register.may_see(device):
        one.find("serial_taken", "serial", text=one.serial)
    elif one.hospital is not None and device.hospital_id != one.hospital.pk:
        one.find("serial_elsewhere", "serial", text=one.serial, hospital=device.hospital)
    elif device.state != State.IN_USE:
        one.find("not_in_use", "serial", text=one.serial)
    else:
        one.device = device


def _parents(judged: Sequence[Judged], register: Register) -> None:
    """What each device is connected to: a device of the same hospital, in the list or in the register."""
    listed: dict[tuple[int, str], Judged] = {}
    for one in judged:
        if one.hospital is not None and one.serial:
            listed.setdefault((one.hospital.pk, same_serial(one.serial)), one)
    for one in judged:
        text = one.said.get("parent", "")
        if text and one.hospital is not None:
            one.parent_row = listed.get((one.hospital.pk, same_serial(text)))
            if one.parent_row is None:
                one.parent = _registered_parent(one.hospital, text, register)
                if one.parent is None:
                    one.find("no_parent", "parent", text=text)
    for one in judged:
        _no_loop(one)
    for one in judged:
        model = one.parent_row.model if one.parent_row else one.parent.model if one.parent else None
        if model is not None and model.kind != DeviceModel.Kind.MCU:
            one.find("parent_no_mcu", "parent", text=one.said["parent"])
    _no_wrong_parents(judged)


def _registered_parent(hospital: Hospital, text: str, register: Register) -> Device | None:
    found = register.devices.get(same_serial(text), ())
    return next((one for one in found if one.hospital_id == hospital.pk and one.state == State.IN_USE), None)


def _no_loop(one: Judged) -> None:
    above, steps = one.parent_row, 0
    while above is not None and above is not one and steps < DEEPEST:
        above, steps = above.parent_row, steps + 1
    if above is not None:
        one.find("parent_loop", "parent", text=one.said["parent"])
        one.parent_row = None


def _no_wrong_parents(judged: Sequence[Judged]) -> None:
    """A row whose MCU is not written can't be connected to it: from the top down."""
    for one, _depth in sorted(ranks(judged), key=lambda pair: pair[1]):
        above = one.parent_row
        if above is not None and above.is_wrong and above.device is None:
            one.find("parent_error", "parent", text=one.said["parent"])


def _diff(one: Judged, device: Device) -> dict[str, list[str]]:
    """What the row changes on its device, in words. An empty cell leaves what stands."""
    new = _words(one)
    old = words_of(device)
    return {code: [old[code], text] for code, text in new.items() if text and text != old[code]}


def _words(one: Judged) -> dict[str, str]:
    """What the row says, in the register's own words."""
    words = {code: one.said.get(code, "") for code in ("room", "name", "software_version")}
    words["site"] = one.site.name if one.site and one.said.get("site") else ""
    words["model"] = one.model.name if one.model else ""
    words["project"] = one.project.name if one.project else ""
    # Serial numbers differ in case only by a slip: the register's writing stays.
    words["parent"] = one.parent.serial if one.parent else _row_serial(one.parent_row)
    return words | {code: day.isoformat() for code, day in one.days.items()}


def _row_serial(above: Judged | None) -> str:
    if above is None:
        return ""
    return above.device.serial if above.device else above.serial


def words_of(device: Device) -> dict[str, str]:
    """A device as an exported row, by column: what an import compares with."""
    return {
        "hospital": device.hospital.name,
        "site": device.site.name,
        "room": device.room,
        "name": device.name,
        "maker": device.maker,
        "model": device.model.name,
        "kind": str(device.model.get_kind_display()),
        "serial": device.serial,
        "project": device.project.name if device.project else "",
        "parent": device.parent.serial if device.parent else "",
        "installed_on": _iso(device.installed_on),
        "accepted_on": _iso(device.accepted_on),
        "software_version": device.software_version,
    }


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""

"""A list of 300 devices of the demo's hospitals, as an installer would send it: most are new, some are wrong."""

from __future__ import annotations

from devices import exporting
from devices.importing import columns
from servicedesk.demo import cast

ROWS = 300
Row = dict[str, str]


def content(form: str = "xlsx") -> bytes:
    """The file; the same one every time."""
    return exporting.write(form, ([row.get(column.code, "") for column in columns.ALL] for row in rows()))


def rows() -> list[Row]:
    """300 rows: 287 new ones with an MCU per hospital, 3 changed, 3 the same, 7 with mistakes."""
    known = _known()
    wrong = _wrong()
    new: list[Row] = []
    count = ROWS - len(known) - len(wrong)
    each = -(-count // len(cast.PLACES))
    for number, place in enumerate(cast.PLACES, start=1):
        new += _hospital(place, number, each)
    return [*known, *new[:count], *wrong]


def _row(place: cast.Place, code: str, serial: str, name: str, room: str, **more: str) -> Row:
    maker, model, kind = cast.MODELS[code]
    return {
        "hospital": place.name, "site": place.site, "room": room, "name": name, "maker": maker, "model": model,
        "kind": kind, "serial": serial, "installed_on": "2026-03-02", "accepted_on": "2026-04-15", **more,
    }  # fmt: skip


def _hospital(place: cast.Place, number: int, count: int) -> list[Row]:
    """The second phase of a hospital: an MCU, and terminals on the wards that hang on it."""
    mcu = f"MX8-26{number:02}-001"
    phase = {"project": "远程会诊二期", "installed_on": "2026-09-01", "accepted_on": "2026-10-10"}
    first = _row(place, "mcu", mcu, "MCU-2", "信息科机房", software_version="8.6", **phase)
    terminal = {"parent": mcu, "software_version": "6.3.0", **phase}
    return [
        first,
        *(
            _row(
                place,
                "terminal",
                f"TE50-26{number:02}-{index:03}",
                f"病区终端 TE-{index + 3}",
                _ward(index),
                **terminal,
            )
            for index in range(1, count)
        ),
    ]


def _ward(index: int) -> str:
    return f"住院楼 {index // 3 + 1} 层 {'东中西'[index % 3]}区"


def _known() -> list[Row]:
    """Three devices that stand in the demo as they are, and three that have moved and were upgraded."""
    place = cast.PLACES[0]
    mcu, terminal = cast.MODELS["mcu"][1], cast.MODELS["terminal"][1]
    same = [
        {"hospital": place.name, "name": "MCU-1", "model": mcu, "serial": "MX8-2401-001"},
        *(
            {
                "hospital": place.name,
                "name": f"会诊终端 TE-{index}",
                "model": terminal,
                "serial": f"TE50-2401-{index:03}",
                "room": place.rooms[index - 1],
            }
            for index in (3, 4)
        ),
    ]
    changed = [
        {
            "hospital": other.name,
            "name": "会诊终端 TE-1",
            "model": cast.MODELS["terminal"][1],
            "serial": f"TE50-24{number:02}-001",
            "room": "门诊楼 2 层会诊室",
            "software_version": "6.3.0",
        }
        for number, other in list(enumerate(cast.PLACES, start=1))[1:4]
    ]
    return [*same, *changed]


def _wrong() -> list[Row]:
    """Mistakes of everyday: each of them is told in the report, and the rest of the list is not held up."""
    place, other = cast.PLACES[0], cast.PLACES[1]
    return [
        _row(place, "terminal", "TE50-2601-001", "病区终端 TE-4", "住院楼 1 层"),
        _row(place, "terminal", "TE50-2402-002", "会诊终端", "远程会诊中心"),
        # It was swapped for another.
        _row(place, "terminal", "TE50-2401-002", "会诊终端 TE-2", place.rooms[1]),
        _row(place, "terminal", "2.60100E+17", "病区终端", "住院楼 1 层"),
        _row(other, "terminal", "TE50-2699-001", "病区终端", "住院楼 1 层", site="东院区"),
        _row(other, "terminal", "TE50-2699-002", "病区终端", "住院楼 1 层", accepted_on="2026-02-30"),
        _row(other, "terminal", "TE50-2699-003", "病区终端", "住院楼 1 层", parent="MX8-0000-000"),
    ]

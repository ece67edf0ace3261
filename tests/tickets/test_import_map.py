"""The map of an import is checked to its last key, and says what is wrong where."""

from __future__ import annotations

from pathlib import Path

import pytest

from sla.facts import Kind
from tests.tickets.foreign_log import MAP, changed_map
from tickets.history.map import MapError, Meaning, load


def test_the_shipped_map_of_servicenow_is_good() -> None:
    log = load(MAP)
    assert log.states["Active"] == Meaning(Kind.RESPONDED)
    assert log.states["Awaiting Vendor"] == Meaning(Kind.PAUSED, "awaiting-vendor")
    assert [clock.minutes for clock in log.clocks][1] == ((1, 240), (2, 600), (3, 3000), (4, 6000))
    assert {"", "?"} == log.missing


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('source = "servicenow"', 'sauce = "servicenow"', "source: is missing"),
        ('source = "servicenow"', 'source = "Service Now"', "source: must be a code"),
        ('name = "ServiceNow"', 'name = "ServiceNow"\ncolour = "blue"', "colour: unknown key"),
        ('key = "number"', 'key = "number"\nkee = "n"', "columns.kee: unknown key"),
        ('kind = "fault"', 'kind = "incident"', "kind: unknown “incident”; known are fault"),
        ('timezone = "UTC"\ndates', 'timezone = "Mars/Olympus"\ndates', "timezone: “Mars/Olympus” is no time zone"),
        ('dates = "%d-%m-%Y %H:%M"', 'dates = "%d-%m %H:%M"', "dates: must name day, month, year"),
        ('dates = "%d-%m-%Y %H:%M"', 'dates = "%d-%m-%Q"', "dates: "),
        ('"Active" = "responded"', '"Active" = "answerd"', "states.Active: unknown fact “answerd”; known are arrived"),
        ('"Active" = "responded"', '"Active" = "remote_limit_passed"', "states.Active: unknown fact"),
        ('{ pause = "awaiting-user" }', '{ pause = "coffee" }', "states.Awaiting User Info.pause: unknown “coffee”"),
        ('{ pause = "awaiting-user" }', "{ }", "states.Awaiting User Info.pause: is missing"),
        ('"4 - Low" = 4', '"4 - Low" = 5', "priorities.4 - Low: must be 1, 2, 3 or 4"),
        ('"4 - Low" = 4', '"4 - Low" = true', "priorities.4 - Low: must be 1, 2, 3 or 4"),
        ('stops_on = ["solved"]', 'stops_on = ["fixed"]', "clocks.solution.stops_on: unknown “fixed”"),
        ('pauses = ["awaiting-user",', 'pauses = ["lunch",', "clocks.solution.pauses: unknown “lunch”"),
        ("1 = 240", "1 = 0", "clocks.solution.minutes.1: must be whole minutes"),
        ("1 = 240", "7 = 240", "clocks.solution.minutes.7: unknown priority"),
        ("latitude = 0.0", "latitude = 91", "hospital.latitude: must lie between"),
        ("[calendar]", "[calendar", "servicenow.toml: "),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = changed_map(tmp_path / "servicenow.toml", (old, new))
    with pytest.raises(MapError) as refused:
        load(path)
    assert str(refused.value).startswith(said)

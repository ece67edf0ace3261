"""The rows of A7 and of the hospital's form that a new installation starts with."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import lucide
import pytest
from django.core.management import call_command

from sla.models import Policy
from tickets import defaults
from tickets.models import FaultClass, FaultTile


@pytest.fixture
def loaded(db: None) -> None:
    defaults.load()


def test_all_classes_of_a7_are_there_and_three_count_as_node_down(loaded: None) -> None:
    assert list(FaultClass.objects.values_list("code", flat=True)) == [
        "node_down",
        "main_module",
        "port",
        "congestion",
        "hardware_total",
        "hardware_redundant",
        "hardware_software",
    ]
    node_down = FaultClass.objects.filter(as_node_down=True).values_list("code", flat=True)
    assert set(node_down) == {"node_down", "main_module", "hardware_total"}


def test_eight_tiles_each_have_three_steps_to_try_and_an_icon_that_exists(loaded: None) -> None:
    with ZipFile(Path(lucide.__file__).with_name("lucide.zip")) as icons:
        known = {Path(name).stem for name in icons.namelist()}
    tiles = list(FaultTile.objects.all())
    assert len(tiles) == 8
    for tile in tiles:
        assert [set(step) for step in tile.first_steps] == [{"do", "how"}] * 3
        assert tile.icon in known


def test_loading_again_changes_nothing_that_an_administrator_set(loaded: None) -> None:
    FaultTile.objects.filter(code="other").update(label="别的", is_active=False)
    FaultClass.objects.filter(code="port").update(name="端口")
    defaults.load()
    assert (FaultTile.objects.count(), FaultClass.objects.count()) == (8, 7)
    tile = FaultTile.objects.get(code="other")
    assert (tile.label, tile.is_active) == ("别的", False)
    assert FaultClass.objects.get(code="port").name == "端口"


@pytest.mark.django_db
def test_one_command_loads_promises_and_fault_classes() -> None:
    call_command("load_defaults")
    assert Policy.objects.filter(is_default=True).exists()
    assert FaultTile.objects.exists()

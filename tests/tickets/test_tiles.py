"""What an administrator may write on a fault tile."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from tickets.models import FaultTile
from tickets.validators import first_steps, known_icon


@pytest.mark.parametrize("steps", [[], [{"do": "a"}], [{"do": "a", "how": "b"}]])
def test_steps_with_and_without_a_how_are_taken(steps: Any) -> None:
    first_steps(steps)


@pytest.mark.parametrize("steps", ["a", {"do": "a"}, ["a"], [{}], [{"how": "b"}], [{"do": 1}], [{"do": "a", "x": "b"}]])
def test_steps_that_the_form_could_not_show_are_refused(steps: Any) -> None:
    with pytest.raises(ValidationError):
        first_steps(steps)


def test_an_icon_that_does_not_exist_is_refused() -> None:
    known_icon("monitor-off")
    with pytest.raises(ValidationError):
        known_icon("monitor-on-fire")


def test_the_administrators_form_asks_these_checks() -> None:
    tile = FaultTile(code="x", label="x", example="x", icon="no-such", first_steps=["x"])
    with pytest.raises(ValidationError) as refused:
        tile.clean_fields(exclude=["fault_class"])
    assert set(refused.value.error_dict) == {"icon", "first_steps"}

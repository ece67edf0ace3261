"""`map.toml` says where each danger of the safety plan is tested; this keeps it true."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAP = tomllib.loads(Path(__file__).with_name("map.toml").read_text(encoding="utf-8"))
PROMISED = (
    range(1, 10), range(16, 19), range(25, 37), range(40, 45), range(52, 56), range(66, 75), range(100, 105), (106,),
)  # fmt: skip
"""The numbers that had to be proved before strangers were let in."""


def file_of(node: str) -> Path:
    """The file that a row's test stands in."""
    name = node.partition("::")[0]
    return ROOT / (name if "/" in name else f"tests/safety/test_{name}.py")


@cache
def named_in(path: Path) -> frozenset[str]:
    """The names of a file's tests, also of those in classes."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def test_every_number_that_was_promised_is_in_the_map() -> None:
    promised = {f"T{number:03}" for numbers in PROMISED for number in numbers}
    assert promised - MAP.keys() == set()


def test_every_test_of_the_map_exists() -> None:
    missing = []
    for number, row in MAP.items():
        assert row["tests"], number
        assert row["holds"], number
        for node in row["tests"]:
            path, name = file_of(node), node.partition("::")[2]
            if not path.exists() or (name and name not in named_in(path)):
                missing.append((number, node))
    assert missing == []


def test_every_test_that_names_a_number_is_in_its_row() -> None:
    astray = []
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        short = path.stem.removeprefix("test_")
        for name in sorted(named_in(path)):
            for number in re.findall(r"t(\d{3})(?=_)", name):
                row = MAP.get(f"T{number}", {"tests": []})
                if f"{short}::{name}" not in row["tests"]:
                    astray.append((f"T{number}", f"{short}::{name}"))
    assert astray == []

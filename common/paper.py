"""Papers (PDF) from a Typst template and data. Data is data: nothing in it is ever read as markup (T050)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from common import glyphs
from common.later import Later

if TYPE_CHECKING:
    import typst
else:
    typst = Later("typst")

FOLDER = settings.BASE_DIR / "templates" / "papers"


class Faulty(RuntimeError):
    """The template warned of something, a font that is missing for one: such a paper is not handed out."""


def pdf(template: str, data: Mapping[str, Any], now: datetime) -> bytes:
    """The paper `template` (a file in templates/papers) with `data`, as PDF/A-2b with its fonts in it.

    The template reads `json(bytes(sys.inputs.data))`; it can read no file outside its folder. A character that the
    fonts lack (people write emoji, some have rare names) is set as "□": PDF/A allows no missing one.
    """
    made, warnings = typst.compile_with_warnings(
        str(FOLDER / template),
        root=str(FOLDER),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(_settable(data), ensure_ascii=False)},
        format="pdf",
        pdf_standards="a-2b",
        timestamp=now.replace(microsecond=0),
    )
    if warnings:
        raise Faulty("; ".join(warning.message for warning in warnings))
    if not isinstance(made, bytes):
        raise Faulty("no paper was made")
    return made


def _settable(value: Any) -> Any:
    if isinstance(value, str):
        return glyphs.shown(value, _files())
    if isinstance(value, Mapping):
        return {name: _settable(one) for name, one in value.items()}
    return [_settable(one) for one in value] if isinstance(value, (list, tuple)) else value


@cache
def _files() -> tuple[Path, ...]:
    return tuple(sorted(Path(settings.PAPER_FONTS_DIR).glob("*.ttf")))


@cache
def _fonts() -> typst.Fonts:
    """Noto Sans SC, which `./desk setup` puts there; read once, they are 20 MB."""
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(settings.PAPER_FONTS_DIR)]
    )

"""Compiles the catalogues without gettext's own programs, and finds what is not translated.

`python -m servicedesk.translations` compiles; with `--check` it lists every gap and exits 1.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import polib

LOCALE = Path(__file__).resolve().parent.parent / "locale"


def catalogues() -> list[Path]:
    """Every `.po` file of the project."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/*.po"))


def compile_all() -> None:
    """Write the `.mo` beside each `.po`; fuzzy entries stay out, as with msgfmt."""
    for path in catalogues():
        polib.pofile(str(path)).save_as_mofile(str(path.with_suffix(".mo")))


def gaps(path: Path) -> Iterator[str]:
    """One line per entry that is empty or fuzzy."""
    for entry in polib.pofile(str(path)):
        if entry.obsolete:
            continue
        if entry.fuzzy or not entry.translated():
            yield f"{path}:{entry.linenum}: {'fuzzy' if entry.fuzzy else 'untranslated'}: {entry.msgid[:80]!r}"


def main() -> int:
    """Entry point; see the module's text."""
    if "--check" not in sys.argv[1:]:
        compile_all()
        return 0
    found = [line for path in catalogues() for line in gaps(path)]
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

"""What the phone keeps to open without a signal: one page, its scripts and styles, under one version (A8, N7)."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse

from common.templatetags.desk import hotline

STYLES = ("css/tokens.css", "css/phone.css")
IMAGES = ("img/desk.svg", "img/desk-192.png")
SCRIPTS = "js/field"
READER = "vendor/qr/decode.js"
"""Reads QR codes where the browser has no reader of its own (iPhones)."""
READER_FILES = (READER, "vendor/qr/index.js")
# fmt: off
ICONS = (
    "arrow-right", "camera", "car", "check", "circle-check", "circle-dashed", "clock", "cloud", "cloud-check",
    "cloud-upload", "git-compare-arrows", "headset", "history", "hourglass", "image", "info", "list-checks", "lock",
    "log-in", "log-out", "map-pin", "map-pin-check", "message-square-text", "minus", "navigation", "package",
    "pause", "pencil", "phone", "play", "refresh-cw", "scan-line", "server", "shield-check", "signature",
    "smartphone", "ticket", "triangle-alert", "undo-2", "user", "users", "wifi-off", "wrench", "x",
)
# fmt: on
"""Pictures that scripts put in; the others stand in the templates."""


def page() -> str:
    """The shell in the active language. It names nobody, so that it may lie in a cache."""
    context = {
        "styles": STYLES,
        "zone": settings.TIME_ZONE,
        "hotline": hotline(),
        "icons": ICONS,
        "scripts": settings.STATIC_URL + SCRIPTS,
        "reader": settings.STATIC_URL + READER,
    }
    return render_to_string("field/app.html", context)


def worker() -> str:
    """The service worker in the active language: another byte in any file of the shell makes another worker.

    The scripts are named as they stand, without a hash, because they import each other by those names.
    """
    names = (*STYLES, *IMAGES, *READER_FILES, *_scripts())
    content = hashlib.sha256(page().encode())
    for name in names:
        content.update(_file(name).read_bytes())
    shell = [reverse("field:app"), reverse("field:manifest"), *(_address(name) for name in names)]
    start = f"start({json.dumps(content.hexdigest()[:16])}, {json.dumps(shell)});"
    return f"import {{ start }} from {json.dumps(_address(SCRIPTS + '/worker.js'))};\n{start}\n"


def _scripts() -> list[str]:
    return sorted(f"{SCRIPTS}/{file.name}" for file in _file(SCRIPTS).glob("*.js"))


def _file(name: str) -> Path:
    found = finders.find(name)
    if not isinstance(found, str):
        raise FileNotFoundError(name)
    return Path(found)


def _address(name: str) -> str:
    return static(name) if not name.endswith(".js") else f"{settings.STATIC_URL}{name}"

"""Takes the pictures of the README from a running demo: `./desk pictures [address]`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

from tests.conftest import CHROMIUM_FLAGS, chromium

HERE = Path(__file__).parent / "pictures"
WIDE: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}


def sign_in(page: Page, base: str, person: str) -> None:
    """One click on the demo's front door."""
    page.goto(f"{base}/demo/")
    page.get_by_role("button", name=re.compile(person)).first.click()
    page.wait_for_load_state()


def wait_for_the_engine(page: Page, base: str) -> None:
    """Until its first sweep every page of the desk is right to be red."""
    for _ in range(60):
        if page.request.get(f"{base}/healthz/engine").ok:
            return
        page.wait_for_timeout(1000)
    sys.exit("the clock engine does not run")


def take(page: Page, name: str, *, whole: bool = False) -> None:
    """Wait until the page is calm, then take it."""
    page.wait_for_timeout(800)
    page.screenshot(path=HERE / f"{name}.png", full_page=whole)
    print(f"docs/pictures/{name}.png")


def main() -> None:
    """All pictures, in Chinese, as the readers of the desk see it."""
    base = sys.argv[1].rstrip("/") if len(sys.argv) > 1 else "http://localhost:8000"
    HERE.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        context = browser.new_context(viewport=WIDE, locale="zh-CN", timezone_id="Asia/Shanghai")
        page = context.new_page()
        wait_for_the_engine(page, base)
        sign_in(page, base, "王磊")
        page.goto(f"{base}/desk/wall/")
        take(page, "wall")
        page.goto(f"{base}/desk/")
        take(page, "queue")
        page.locator(".sd-queue a", has_text="会诊终端没有画面").first.click()
        page.wait_for_load_state()
        take(page, "ticket")
        sign_in(page, base, "周敏")
        page.goto(f"{base}/")
        take(page, "portal")
        page.goto(f"{base}/report/")
        take(page, "file")
        page.set_viewport_size(PHONE)
        page.goto(f"{base}/")
        take(page, "portal_phone")
        browser.close()


if __name__ == "__main__":
    main()

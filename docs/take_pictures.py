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


def follow(page: Page, path: str, words: str) -> None:
    """From a list to the first of its entries with these words."""
    page.goto(path)
    page.locator("main a", has_text=words).first.click()
    page.wait_for_load_state()


def of_the_desk(page: Page, base: str) -> None:
    """What the company's people work with."""
    sign_in(page, base, "王磊")
    page.goto(f"{base}/desk/wall/")
    take(page, "wall")
    page.goto(f"{base}/desk/")
    take(page, "queue")
    follow(page, f"{base}/desk/", "会诊终端没有画面")
    take(page, "ticket")
    follow(page, f"{base}/desk/", "大屏蓝屏")
    page.get_by_role("heading", name="费用判定").evaluate("card => card.scrollIntoView({block: 'start'})")
    take(page, "verdict")
    page.goto(f"{base}/desk/duties/")
    take(page, "duties")
    follow(page, f"{base}/desk/contracts/", "宜宾市江源人民医院")
    take(page, "contract")
    follow(page, f"{base}/desk/hospitals/", "宜宾市江源人民医院")
    take(page, "hospital")
    page.goto(f"{base}/desk/devices/")
    take(page, "devices")
    follow(page, f"{base}/desk/devices/?q=MX8-2401-001", "MCU-1")
    take(page, "device")


def of_a_hospital(page: Page, base: str) -> None:
    """What hospitals see, at a desk and on a phone."""
    sign_in(page, base, "周敏")
    page.goto(f"{base}/")
    take(page, "portal")
    page.goto(f"{base}/report/")
    take(page, "file")
    page.goto(f"{base}/service/")
    take(page, "service")
    page.set_viewport_size(PHONE)
    page.goto(f"{base}/")
    take(page, "portal_phone")


def main() -> None:
    """All pictures, in Chinese, as the readers of the desk see it."""
    base = sys.argv[1].rstrip("/") if len(sys.argv) > 1 else "http://localhost:8000"
    HERE.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        context = browser.new_context(viewport=WIDE, locale="zh-CN", timezone_id="Asia/Shanghai")
        page = context.new_page()
        wait_for_the_engine(page, base)
        of_the_desk(page, base)
        of_a_hospital(page, base)
        browser.close()


if __name__ == "__main__":
    main()

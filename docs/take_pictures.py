"""Takes the pictures of the README from a running demo: `./desk pictures [address]`."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import typst
from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

from tests.conftest import CHROMIUM_FLAGS, chromium

HERE = Path(__file__).parent / "pictures"
WIDE: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE = 30_000
FIRST_PAGE = '#set page(width: auto, height: auto, margin: 0pt)\n#image("paper.pdf", width: 210mm)\n'


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
    follow(page, f"{base}/requests/", "会诊终端没有画面")
    take(page, "portal_way")


def of_visits(page: Page, base: str) -> None:
    """Whom a dispatcher sends, and what is on its way."""
    sign_in(page, base, "林晓")
    page.goto(f"{base}/desk/dispatch/")
    take(page, "dispatch")
    page.get_by_role("link", name="派人到场").first.click()
    form = page.locator("dialog[open]")
    late = form.locator(".dp-candidate-late input")
    expect(late.first).to_be_visible()
    late.last.check()
    form.locator("button[type=submit]").click()
    expect(form.locator("input[type=checkbox]").first).to_be_visible()
    take(page, "send")
    page.goto(f"{base}/desk/depot/?tab=way")
    number = re.search(r"SR-[0-9-]+", page.locator("main").inner_text())
    if number is None:
        sys.exit("nothing is on its way")
    page.goto(f"{base}/desk/tickets/{number.group()}/")
    page.get_by_role("heading", name="承诺链").evaluate("card => card.scrollIntoView({block: 'start'})")
    take(page, "chain")


def of_a_depot(page: Page, base: str) -> None:
    """What a clerk sends next, at a desk and with a scanner in the hand."""
    sign_in(page, base, "陈秀兰")
    for name, size in (("depot", WIDE), ("depot_phone", PHONE)):
        page.set_viewport_size(size)
        page.goto(f"{base}/desk/depot/")
        take(page, name)
    page.set_viewport_size(WIDE)


def of_a_phone(page: Page, base: str) -> None:
    """An engineer's jobs, one of them, and the glass that the hospital signs on."""
    sign_in(page, base, "李航")
    page.set_viewport_size(PHONE)
    page.goto(f"{base}/m/")
    job = page.locator("a[href^='#/visit/']").first
    expect(job).to_be_visible()
    take(page, "field_jobs")
    job.click()
    expect(page.locator("#part-checks")).to_be_visible()
    take(page, "field_visit")
    page.evaluate("location.hash += '/sign'")
    expect(page.locator("canvas").first).to_be_visible()
    take(page, "field_sign")
    page.set_viewport_size(WIDE)


def of_a_paper(page: Page, base: str) -> None:
    """The first page of the report of a signed visit, as its hospital finds it in the ticket."""
    sign_in(page, base, "周敏")
    follow(page, f"{base}/requests/", "HDMI")
    link = page.locator("a[href^='/files/']", has_text="-zh.pdf").first
    answer = page.request.get(f"{base}{link.get_attribute('href')}")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "paper.pdf").write_bytes(answer.body())
        (Path(folder) / "page.typ").write_text(FIRST_PAGE)
        typst.compile(str(Path(folder) / "page.typ"), output=str(HERE / "report.png"), format="png", ppi=96)
    print("docs/pictures/report.png")


def main() -> None:
    """All pictures, in Chinese, as the readers of the desk see it."""
    base = sys.argv[1].rstrip("/") if len(sys.argv) > 1 else "http://localhost:8000"
    HERE.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        context = browser.new_context(viewport=WIDE, locale="zh-CN", timezone_id="Asia/Shanghai")
        page = context.new_page()
        expect.set_options(timeout=PATIENCE)
        wait_for_the_engine(page, base)
        of_the_desk(page, base)
        of_visits(page, base)
        of_a_depot(page, base)
        of_a_paper(page, base)
        of_a_phone(page, base)
        of_a_hospital(page, base)
        browser.close()


if __name__ == "__main__":
    main()

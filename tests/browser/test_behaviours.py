"""What the browser does by itself: counting down, keeping drafts, asking, showing what is old."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

pytestmark = [pytest.mark.urls("tests.browser.behaviour_pages"), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def visit(live_server, page):
    """Open a path; the page's policy must not have been broken by it."""
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: "Content Security" in line.text and complaints.append(line.text))

    def go(path):
        page.goto(live_server.url + path)
        return page

    yield go
    assert complaints == []


def test_a_chip_counts_down_and_turns_to_soon_and_over_without_asking_the_server(visit, page):
    page.clock.install()
    chip = visit("/soon/").locator(".sd-chip")
    expect(chip).to_have_class("sd-chip sd-chip-running")
    page.clock.run_for(60_000)
    expect(chip).to_have_class("sd-chip sd-chip-soon")
    page.clock.run_for(60_000)
    expect(chip).to_have_class("sd-chip sd-chip-over")


def test_a_wrong_clock_on_the_readers_machine_does_not_move_the_deadline(visit, page):
    page.clock.install(time="2020-01-01T00:00:00Z")
    page = visit("/chip/")
    page.clock.run_for(2000)
    expect(page.locator(".sd-chip")).to_have_class("sd-chip sd-chip-running")
    expect(page.locator("[data-countdown]")).to_contain_text("0:01")


def test_a_long_text_survives_a_failed_submit(visit):
    page = visit("/words/?to=/broken/")
    page.get_by_label("Words").fill("screen stays black")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("h1")).to_have_text("500")
    page = visit("/words/")
    expect(page.get_by_label("Words")).to_have_value("screen stays black")


def test_a_long_text_survives_an_expired_sign_in(visit):
    page = visit("/words/?to=/signed-out/")
    page.get_by_label("Words").fill("screen stays black")
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/signed-out/")
    expect(page.get_by_label("Words")).to_have_value("")
    page = visit("/words/")
    expect(page.get_by_label("Words")).to_have_value("screen stays black")


def test_a_text_that_arrived_is_not_offered_again(visit):
    page = visit("/words/")
    page.get_by_label("Words").fill("screen stays black")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".sd-message-success")).to_be_visible()
    expect(page.get_by_label("Words")).to_have_value("")
    page = visit("/words/")
    expect(page.get_by_label("Words")).to_have_value("")


def test_a_restored_text_can_be_discarded(visit):
    page = visit("/words/")
    page.get_by_label("Words").fill("screen stays black")
    page = visit("/elsewhere/")
    page = visit("/words/")
    page.locator(".sd-draft-note button").click()
    expect(page.get_by_label("Words")).to_have_value("")
    page = visit("/words/")
    expect(page.get_by_label("Words")).to_have_value("")


def test_a_live_update_leaves_what_is_being_typed_and_says_nothing(visit):
    page = visit("/living-words/")
    # A busy machine takes its time between the new form and the end of the update; keys do not wait for that.
    page.evaluate("htmx.config.defaultSettleDelay = 500")
    page.get_by_label("Words").fill("screen stays")
    with page.expect_response("**/living-words/"):
        page.evaluate("document.body.dispatchEvent(new CustomEvent('live:refresh'))")
    expect(page.locator("#round")).to_have_text("2")
    page.keyboard.type(" black")
    expect(page.get_by_label("Words")).to_have_value("screen stays black")
    expect(page.locator(".sd-draft-note")).to_have_count(0)


def test_a_live_update_does_not_bring_back_what_is_on_its_way(visit):
    page = visit("/living-words/")
    page.get_by_label("Words").fill("screen stays black")
    page.evaluate("document.querySelector('form').addEventListener('submit', (event) => event.preventDefault())")
    page.get_by_role("button", name="Send").click()
    page.evaluate("document.body.dispatchEvent(new CustomEvent('live:refresh'))")
    expect(page.locator("#round")).to_have_text("2")
    expect(page.get_by_label("Words")).to_have_value("")
    expect(page.locator(".sd-draft-note")).to_have_count(0)


def test_a_question_is_asked_and_no_leaves_everything_as_it_was(visit):
    page = visit("/question/")
    page.get_by_role("button", name="Close the ticket").click()
    dialog = page.locator("#sd-confirm")
    expect(dialog).to_contain_text("Close it?")
    dialog.locator('[value="no"]').click()
    expect(dialog).to_be_hidden()
    assert page.url.endswith("/question/")


def test_a_question_answered_with_yes_goes_on(visit):
    page = visit("/question/")
    page.get_by_role("button", name="Close the ticket").click()
    page.locator('#sd-confirm [value="yes"]').click()
    expect(page.locator(".sd-message-success")).to_be_visible()


def picture():
    """A small real photo."""
    out = io.BytesIO()
    Image.new("RGB", (12, 8), "navy").save(out, "JPEG")
    return out.getvalue()


def test_chosen_photos_are_shown_and_what_cannot_go_is_said_at_once(visit):
    page = visit("/photos/")
    page.locator("input[type=file]").set_input_files(
        [
            {"name": "screen.jpg", "mimeType": "image/jpeg", "buffer": picture()},
            {"name": "huge.jpg", "mimeType": "image/jpeg", "buffer": picture() + b"0" * 2000},
            {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"text"},
        ]
    )
    expect(page.locator(".sd-photos figure")).to_have_count(1)
    expect(page.locator(".sd-photos figure img")).to_be_visible()
    expect(page.locator(".sd-photos .sd-error")).to_have_count(2)
    expect(page.locator(".sd-photos .sd-error").first).to_contain_text("huge.jpg")
    assert page.locator("input[type=file]").evaluate("(input) => [...input.files].map((f) => f.name)") == ["screen.jpg"]


def test_choosing_again_adds_a_photo_and_one_can_be_removed(visit):
    page = visit("/photos/")
    for name in ("one.jpg", "two.jpg"):
        page.locator("input[type=file]").set_input_files(
            [{"name": name, "mimeType": "image/jpeg", "buffer": picture()}]
        )
    expect(page.locator(".sd-photos figure")).to_have_count(2)
    page.locator(".sd-photos figure button").first.click()
    assert page.locator("input[type=file]").evaluate("(input) => [...input.files].map((f) => f.name)") == ["two.jpg"]


def test_question_mark_lists_the_shortcuts_of_the_page(visit):
    page = visit("/keys/")
    page.keyboard.press("?")
    expect(page.locator("#sd-shortcuts dt")).to_have_count(3)
    expect(page.locator("#sd-shortcuts")).to_contain_text("Words")


def test_a_key_sequence_follows_its_link_and_a_field_takes_the_focus(visit):
    page = visit("/keys/")
    page.keyboard.press("/")
    expect(page.get_by_label("Search")).to_be_focused()
    page.keyboard.type("gw")
    expect(page.get_by_label("Search")).to_have_value("gw")
    page.keyboard.press("Tab")
    page.keyboard.type("gw")
    expect(page.get_by_label("Words")).to_be_visible()


def test_shortcuts_that_are_switched_off_stay_silent(visit):
    page = visit("/keys/")
    page.keyboard.press("?")
    page.locator("#sd-shortcuts [data-enabled]").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_label("Search")).not_to_be_focused()


def test_without_a_stream_the_page_asks_every_minute(visit, page):
    page.clock.install()
    page = visit("/figures/")
    page.clock.run_for(61_000)
    expect(page.locator("#count")).to_have_text("1")


def test_a_page_that_cannot_reach_the_server_says_how_old_it_is_and_recovers(visit, context):
    page = visit("/figures/")
    refresh = "document.body.dispatchEvent(new CustomEvent('live:refresh'))"
    context.set_offline(True)
    page.evaluate(refresh)
    expect(page.locator("#sd-stale")).to_be_visible()
    context.set_offline(False)
    page.evaluate(refresh)
    expect(page.locator("#sd-stale")).to_be_hidden()

"""What the shared components put on a page."""

from datetime import UTC, datetime, timedelta

import pytest
from django import forms
from django.template import engines
from django.utils import translation
from django.utils.html import format_html

from common import present

NOW = datetime(2026, 11, 18, 3, 24, tzinfo=UTC)
HOSTILE = '<img src=x onerror="alert(1)">'


def draw(source, **context):
    """HTML of a template text that has the design tags loaded."""
    return engines["django"].from_string("{% load desk %}" + source).render({"now": NOW, **context})


CHIPS = [
    present.open_chip(NOW + timedelta(hours=2), NOW),
    present.closed_chip(60),
    present.closed_chip(-60),
    present.paused_chip(60),
    present.ahead_chip(),
]


@pytest.mark.parametrize("chip", CHIPS, ids=lambda chip: chip.state)
def test_every_chip_says_its_state_by_icon_and_word_not_by_colour_alone(chip):
    html = draw("{% chip chip %}", chip=chip)
    assert "<svg" in html
    assert str(chip.text) in html
    assert f"sd-chip-{chip.state}" in html


def test_only_a_counting_chip_hands_its_deadline_to_the_browser():
    assert "data-due=" in draw("{% chip chip %}", chip=CHIPS[0])
    assert "data-due=" not in draw("{% chip chip %}", chip=CHIPS[1])


def test_a_countdown_is_no_live_region():
    assert "aria-live" not in draw("{% chip chip %}", chip=CHIPS[0])


STEPS = [
    present.Step("received", "done", "inbox", ("08:20",)),
    present.Step("answered", "late", "message-square", ("09:31", "11 min later than promised")),
    present.Step("on the way", "now", "truck"),
    present.Step("on site", "skipped", "map-pin"),
    present.Step("solved", "ahead", "wrench"),
]


def test_the_tracker_marks_one_current_step_and_prints_bad_news_in_words():
    html = draw("{% progress_tracker steps %}", steps=STEPS)
    assert html.count('aria-current="step"') == 1
    assert "11 min later than promised" in html
    assert html.count("<li") == 5


def test_the_timeline_says_in_words_who_can_read_an_entry():
    entries = [
        present.Entry("public", NOW, "Chen", body="on the way"),
        present.Entry("internal", NOW, "Zhao", body="power board"),
    ]
    html = draw("{% timeline entries %}", entries=entries)
    assert html.count("Hospital sees this") == 1
    assert html.count("Internal only") == 1


@pytest.mark.parametrize(
    ("source", "context"),
    [
        ("{% timeline entries %}", {"entries": [present.Entry("hospital", NOW, HOSTILE, HOSTILE, HOSTILE)]}),
        ("{% timeline entries %}", {"entries": [present.Entry("system", NOW, body=HOSTILE)]}),
        ("{% tag tag %}", {"tag": present.Tag(HOSTILE)}),
        ("{% person holder %}", {"holder": present.Holder(HOSTILE, HOSTILE)}),
        ("{% avatar name %}", {"name": "<"}),
        ("{% why_sum lines notes %}", {"lines": [present.SumLine("1", HOSTILE, HOSTILE)], "notes": [HOSTILE]}),
        ("{% next_step_strip step %}", {"step": present.NextStep(HOSTILE, "truck")}),
        ("{% next_step_strip step %}", {"step": present.NextStep(format_html("<b>{}</b>", HOSTILE), "truck")}),
        ('{% icon "truck" 18 label=words %}', {"words": HOSTILE}),
        ("{% tag_of words %}", {"words": HOSTILE}),
    ],
)
def test_what_people_typed_is_shown_and_never_run(source, context):
    html = draw(source, **context)
    assert "<img" not in html
    assert "&lt;" in html


class Question(forms.Form):
    """A form with a required and an optional field."""

    contact = forms.CharField(label="Contact")
    note = forms.CharField(label="Note", required=False, help_text="What did you see?")


def test_a_field_marks_what_is_optional_and_ties_its_help_to_it():
    html = draw("{{ form.contact.as_field_group }}|{{ form.note.as_field_group }}", form=Question())
    required, optional = html.split("|")
    assert "(optional)" not in required
    assert "(optional)" in optional
    assert 'aria-describedby="id_note_helptext"' in optional
    assert 'id="id_note_helptext"' in optional


def test_an_error_stands_beside_its_field_and_on_top_with_a_link_to_it():
    form = Question({"note": "black screen"})
    top = draw("{% form_errors form %}", form=form)
    beside = draw("{{ form.contact.as_field_group }}", form=form)
    assert 'href="#id_contact"' in top
    assert 'role="alert"' in top
    assert 'aria-invalid="true"' in beside
    assert 'aria-describedby="id_contact_error"' in beside
    assert 'id="id_contact_error"' in beside


def test_a_form_not_sent_yet_has_no_errors():
    assert "role" not in draw("{% form_errors form %}", form=Question())


def test_what_is_drawn_once_is_the_same_for_everybody_in_a_language():
    source = "{% load i18n once %}{% once %}{% translate 'Yes, go on' %}{{ name }}{% endonce %}{{ name }}"
    template = engines["django"].from_string(source)
    assert template.render({"name": "A"}) == "Yes, go onA"
    assert template.render({"name": "B"}) == "Yes, go onB"
    with translation.override("zh-hans"):
        chinese = template.render({"name": "C"})
        assert chinese.endswith("C")
        assert not chinese.startswith("Yes, go on")
    assert template.render({"name": "D"}) == "Yes, go onD"


def test_a_quota_shows_a_pip_per_unit_and_its_figures():
    html = draw("{% quota_pips q %}", q=present.Quota(HOSTILE, used=2, granted=4, booked=1, note="last 08-14"))
    assert [html.count(f"sd-pip-{look}") for look in ("used", "booked", "left", "done")] == [2, 1, 1, 0]
    assert "<b>2 / 4</b>" in html
    assert "2 used, 1 booked, 1 left" in html
    assert "last 08-14" in html
    assert HOSTILE not in html


def test_a_done_quota_is_green_and_a_large_one_is_drawn_by_its_shares():
    assert draw("{% quota_pips q %}", q=present.Quota("q", used=1, granted=1, done=True)).count("sd-pip-done") == 1
    assert draw("{% quota_pips q %}", q=present.Quota("q", used=60, granted=200)).count("<i ") == 2

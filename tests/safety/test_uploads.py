"""T040–T045, T048, T049: what comes in as a file, and who gets it out again."""

from __future__ import annotations

import uuid
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings as project
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings

from attachments import papers, storage
from attachments.models import Attachment
from people.models import Role, User
from sla.models import Timeline
from tests.attachments import files
from tests.factories import PERSON_OF, EngineerFactory, HospitalFactory, NurseFactory, OperatorFactory, SiteFactory
from tickets.models import Ticket, TicketAttachment

NOW = datetime(2026, 11, 18, 3, 24, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def nurse() -> User:
    return NurseFactory()


@pytest.fixture
def ticket(nurse: User) -> Ticket:
    site = SiteFactory(hospital=nurse.hospital)
    timeline = Timeline.objects.create(
        hospital=nurse.hospital, site=site, region=nurse.hospital.region, subject="s", link="/"
    )
    return Ticket.objects.create(
        number="SR-2026-000001",
        hospital=nurse.hospital,
        site=site,
        reporter=nurse,
        title="会诊黑屏",
        timeline=timeline,
        created_at=NOW,
        changed_at=NOW,
    )


def hang_on(ticket: Ticket, name: str, content: bytes, *, is_public: bool = True) -> str:
    """A stored file on the ticket; its address."""
    attachment = storage.accept(files.upload(name, content), hospital=ticket.hospital, by=None, now=NOW)
    TicketAttachment.objects.create(ticket=ticket, attachment=attachment, is_public=is_public)
    return f"/files/{attachment.key}/"


def fetch(person: User | None, url: str) -> HttpResponse:
    client = Client()
    if person is not None:
        client.force_login(person)
    return client.get(url)  # type: ignore[return-value]


# T040


def test_t040_a_file_is_seen_by_its_hospital_and_the_desk(ticket: Ticket, nurse: User) -> None:
    url = hang_on(ticket, "photo.jpg", files.picture())
    engineer = EngineerFactory(team__region=ticket.hospital.region)
    for person in (nurse, OperatorFactory(), engineer):
        assert fetch(person, url).status_code == 200


def test_t040_for_everybody_else_it_does_not_exist(ticket: Ticket, nurse: User) -> None:
    url = hang_on(ticket, "photo.jpg", files.picture())
    left = NurseFactory(hospital=ticket.hospital, is_active=False)
    moved = NurseFactory(hospital=ticket.hospital)
    User.objects.filter(pk=moved.pk).update(hospital=HospitalFactory())
    for person in (None, NurseFactory(), EngineerFactory(), left, moved):
        assert fetch(person, url).status_code == 404
    assert fetch(nurse, f"/files/{uuid.uuid4()}/").status_code == 404


@pytest.mark.parametrize("role", [Role.HOSPITAL_STAFF, Role.HOSPITAL_TECHNICIAN])
def test_t040_a_file_of_an_internal_note_does_not_exist_for_the_hospital(ticket: Ticket, role: str) -> None:
    url = hang_on(ticket, "inside.txt", b"internal", is_public=False)
    assert fetch(PERSON_OF[role](hospital=ticket.hospital), url).status_code == 404
    assert fetch(OperatorFactory(), url).status_code == 200


def test_t040_a_file_that_hangs_on_nothing_is_seen_by_nobody(nurse: User) -> None:
    attachment = storage.accept(files.upload("a.txt", b"x"), hospital=nurse.hospital, by=nurse, now=NOW)
    for person in (nurse, OperatorFactory()):
        assert fetch(person, f"/files/{attachment.key}/").status_code == 404


def test_t040_no_route_leads_into_the_folder_of_files(ticket: Ticket, nurse: User) -> None:
    hang_on(ticket, "photo.jpg", files.picture())
    path = Attachment.objects.get().path
    for url in (f"/media/{path}", f"/static/{path}", f"/static/../media/{path}", f"/files/{path}", f"/{path}"):
        assert fetch(nurse, url).status_code == 404
    assert not Path(project.MEDIA_ROOT).is_relative_to(project.STATIC_ROOT)
    assert all(Path(project.MEDIA_ROOT) != Path(folder) for _, folder in [("", project.STATIC_ROOT)])


# T041: there are no signed addresses at all; the rights are asked on every request.


def test_t041_an_address_handed_on_opens_nothing(ticket: Ticket, nurse: User) -> None:
    url = hang_on(ticket, "photo.jpg", files.picture())
    for more in ("?signature=x", "?expires=9999999999&sig=x", "?user=1", "?download&inline=1"):
        assert fetch(NurseFactory(), url + more).status_code == 404


def test_t041_whoever_loses_the_ticket_loses_its_files(ticket: Ticket) -> None:
    url = hang_on(ticket, "photo.jpg", files.picture())
    engineer = EngineerFactory()
    Ticket.objects.filter(pk=ticket.pk).update(assignee=engineer)
    client = Client()
    client.force_login(engineer)
    assert client.get(url).status_code == 200
    Ticket.objects.filter(pk=ticket.pk).update(assignee=None)
    assert client.get(url).status_code == 404


# T042


@pytest.mark.parametrize(
    "name", ["x.svg", "x.html", "x.xhtml", "x.xml", "x.pht", "x.phtml", ".htaccess", "x.js", "x.exe", "x.hta"]
)
@pytest.mark.parametrize(
    "content", [files.SCRIPT, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", b"plain", files.picture()]
)
def test_t042_what_a_browser_or_server_might_run_is_refused(nurse: User, name: str, content: bytes) -> None:
    with pytest.raises(storage.Refused):
        storage.accept(files.upload(name, content, "image/jpeg"), hospital=nurse.hospital, by=nurse, now=NOW)


@pytest.mark.parametrize(
    ("name", "content", "disposition"),
    [
        ("photo.jpg", files.picture(), "inline"),
        ("paper.pdf", files.pdf(), "attachment"),
        ("mcu.log", b"12:00 <b>not markup at the start</b>", "attachment"),
        ("clip.mp4", files.video(), "attachment"),
    ],
)
def test_t042_files_are_sent_sandboxed_and_never_guessed_at(
    ticket: Ticket, nurse: User, name: str, content: bytes, disposition: str
) -> None:
    answer = fetch(nurse, hang_on(ticket, name, content))
    assert answer["Content-Disposition"].startswith(disposition)
    assert name in answer["Content-Disposition"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "script-src" not in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "private, no-store"


def test_t042_a_photo_can_be_had_as_a_file_too(ticket: Ticket, nurse: User) -> None:
    answer = fetch(nurse, hang_on(ticket, "photo.jpg", files.picture()) + "?download")
    assert answer["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("name", ["x.svg", "x.html", "x.jpg"])
def test_t042_a_refused_file_is_a_clear_word_on_the_form_and_nothing_half_written(
    ticket: Ticket, nurse: User, media: Path, name: str
) -> None:
    client = Client()
    client.force_login(nurse)
    client.cookies["django_language"] = "en"
    evil = files.upload(name, files.SCRIPT, "image/jpeg")
    sent = {"text": "a long text that must not be lost", "photos": [files.upload("good.jpg", files.picture()), evil]}
    answer = client.post(f"/requests/{ticket.number}/words/", sent)
    page = answer.content.decode()
    assert f"“{name}” is not a photo, video (MP4), PDF or plain text file." in page
    assert "a long text that must not be lost" in page
    assert not ticket.events.exists()
    assert not Attachment.objects.exists()


# T043


@pytest.mark.parametrize(
    "name",
    [
        "photo.php.jpg",
        "photo.jpg. .",
        "pho\u200bto.jpg",
        "photo\u202egpj.jpg",
        "photo\x00.jpg",
        "长" * 300 + ".jpg",
        "..\\..\\..\\windows\\photo.jpg",
        "../../../etc/photo.jpg",
        "C:photo.jpg",
        "con.jpg",
        'a";filename="x.html.jpg',
        "a\r\nX-Evil: 1.jpg",
    ],
)
def test_t043_whatever_the_name_the_file_lies_under_a_made_up_one(
    ticket: Ticket, nurse: User, media: Path, name: str
) -> None:
    url = hang_on(ticket, name, files.picture())
    (stored,) = [path for path in media.rglob("*") if path.is_file()]
    assert stored.parent == media / "2026" / "11"
    assert len(stored.name) == 32
    assert int(stored.name, 16)
    shown = Attachment.objects.get().name
    assert len(shown) <= 120
    assert shown.endswith(".jpg")
    answer = fetch(nurse, url)
    assert answer.status_code == 200
    assert "X-Evil" not in answer.headers
    assert "\n" not in answer["Content-Disposition"]


@pytest.mark.parametrize(
    "name", ["photo.jpg.exe", "photo\u202egpj.exe", "photo.jpg\x00.exe", "photo.jpg/x.exe", "photo"]
)
def test_t043_a_name_that_only_looks_like_a_photo_is_refused(nurse: User, name: str) -> None:
    with pytest.raises(storage.Refused):
        storage.accept(files.upload(name, files.picture()), hospital=nurse.hospital, by=nurse, now=NOW)


# T044


@pytest.mark.parametrize(
    "content",
    [
        files.picture() + files.SCRIPT,
        files.picture(comment=files.SCRIPT),
        files.picture()[:2]
        + b"\xff\xfe"
        + (len(files.SCRIPT) + 2).to_bytes(2, "big")
        + files.SCRIPT
        + files.picture()[2:],
    ],
)
def test_t044_a_picture_that_is_also_a_page_is_only_a_picture_afterwards(
    ticket: Ticket, nurse: User, content: bytes
) -> None:
    answer = fetch(nurse, hang_on(ticket, "photo.jpg", content))
    assert answer.content.startswith(b"\xff\xd8\xff")
    assert b"script" not in answer.content


@pytest.mark.parametrize(
    "content",
    [
        files.pdf(b"4 0 obj\n<< /S /JavaScript /JS (app.alert(1)) >>\nendobj"),
        files.pdf(b"4 0 obj\n<< /S /J#61vaScript /JS (app.alert(1)) >>\nendobj"),
        files.pdf(b"4 0 obj\n<< /S /Launch /F (cmd.exe) >>\nendobj"),
        files.pdf(b"4 0 obj\n<< /Type /EmbeddedFile >>\nendobj"),
        files.pdf(b"4 0 obj\n<< /OpenAction << /S /URI >> >>\nendobj"),
        files.pdf(b"4 0 obj\n<< /Encrypt 5 0 R >>\nendobj"),
        files.pdf(files.packed_objects(b"9 0 << /S /JavaScript /JS (app.alert(1)) >>")),
        files.pdf(files.packed_objects(b"9 0 << /S /J#61vaScript >>")),
        files.pdf(files.packed_objects(b"x", about=b"/Filter [/ASCIIHexDecode /FlateDecode]")),
        files.pdf(files.packed_objects(b"x", about=b"/Filter /FlateDecode /DecodeParms << /Predictor 12 >>")),
        files.pdf(files.packed_objects(b" " * 65_530 + b"9 0 << /S /JavaScript >>")),
        files.pdf(files.packed_objects(b"9 0 << /S /JavaScript >>", about=b"/X (obj) /Filter /FlateDecode")),
        files.pdf(files.packed_objects(b"9 0 << /S /JavaScript >>").replace(b"stream\n", b"stream\r", 1)),
        files.pdf(b"7 0 obj\n<< /Type /ObjStm >>\nstream\n9 0 << /S /JavaScript >>\nendstream\nendobj"),
        files.SCRIPT + files.pdf(),
        files.pdf(end=b"%%EOF\n" + files.SCRIPT * 40),
        b"%PDF-1.7\n" + files.SCRIPT,
    ],
)
def test_t044_a_paper_that_acts_hides_or_carries_more_is_refused(nurse: User, content: bytes) -> None:
    with pytest.raises(storage.Refused):
        storage.accept(files.upload("paper.pdf", content), hospital=nurse.hospital, by=nurse, now=NOW)


def test_t044_a_paper_with_harmless_packed_objects_is_taken(nurse: User) -> None:
    content = files.pdf(files.packed_objects(b"9 0 << /Type /Font /BaseFont /SimSun >>"))
    assert storage.accept(files.upload("paper.pdf", content), hospital=nurse.hospital, by=nurse, now=NOW)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photo.jpg", files.picture("PNG")),
        ("photo.png", files.picture("JPEG")),
        ("photo.jpg", files.pdf()),
        ("paper.pdf", files.picture()),
        ("log.txt", files.picture()),
        ("log.txt", files.SCRIPT),
        ("log.txt", b"  <?xml version='1.0'?><x/>"),
        ("log.csv", b"a\n<SCRIPT>alert(1)</SCRIPT>"),
        ("clip.mp4", files.picture()),
        ("clip.mp4", files.video() + files.SCRIPT),
        ("clip.mp4", files.video(files.box(b"evil", files.SCRIPT))),
        ("photo.jpg", b"GIF89a" + files.SCRIPT),
        ("photo.jpg", b"plain text"),
        ("photo.gif", b"GIF89a" + b"\x00" * 50),
        ("photo.heic", b"\x00\x00\x00\x18ftypheic" + b"\x00" * 50),
        ("sheet.xlsx", b"PK\x03\x04" + b"\x00" * 50),
    ],
)
def test_t044_content_that_is_not_what_the_name_says_is_refused(nurse: User, name: str, content: bytes) -> None:
    with pytest.raises(storage.Refused):
        storage.accept(files.upload(name, content, "image/jpeg"), hospital=nurse.hospital, by=nurse, now=NOW)


# T045, T048, T049


def png_of(width: int, height: int) -> bytes:
    """A tiny file that claims to be a huge picture."""
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
    chunk = lambda name, data: len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")  # noqa: E731
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\x00" * 100)) + chunk(b"IEND", b"")
    )


def test_t045_a_picture_bomb_is_refused_without_being_unpacked(nurse: User) -> None:
    with pytest.raises(storage.Refused):
        storage.accept(files.upload("x.png", png_of(50_000, 50_000)), hospital=nurse.hospital, by=nurse, now=NOW)


def test_t045_a_paper_whose_objects_unpack_without_end_is_refused(nurse: User) -> None:
    bomb = files.pdf(files.packed_objects(b"\x00" * (papers.MOST_UNPACKED + 1)))
    with pytest.raises(storage.Refused):
        storage.accept(files.upload("x.pdf", bomb), hospital=nurse.hospital, by=nurse, now=NOW)


def test_t048_the_limit_of_size_is_kept_by_the_server(nurse: User, settings: Settings) -> None:
    settings.ATTACHMENT_MAX_BYTES = 2000
    with pytest.raises(storage.Refused):
        storage.accept(files.upload("x.txt", b"x" * 2001), hospital=nurse.hospital, by=nurse, now=NOW)


def test_t049_a_photo_does_not_tell_where_it_was_taken(ticket: Ticket, nurse: User) -> None:
    content = files.photo_with_place()
    assert b"Exif" in content
    answer = fetch(nurse, hang_on(ticket, "photo.jpg", content))
    assert b"Exif" not in answer.content

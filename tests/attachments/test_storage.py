"""Files come in checked, clean and whole, or not at all."""

from __future__ import annotations

import hashlib
import resource
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from django.db import transaction
from django.utils.translation import override
from PIL import Image
from pytest_django.fixtures import Settings

from attachments import storage
from attachments.models import Attachment
from people.models import Hospital
from tests.attachments import files
from tests.factories import HospitalFactory, NurseFactory

NOW = datetime(2026, 11, 18, 3, 24, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def hospital() -> Hospital:
    return HospitalFactory()


def accept(hospital: Hospital, name: str, content: bytes) -> Attachment:
    return storage.accept(files.upload(name, content), hospital=hospital, by=None, now=NOW)


def stored(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("屏幕.jpg", files.picture("JPEG"), "image/jpeg"),
        ("IMG_0042.JPEG", files.picture("JPEG"), "image/jpeg"),
        ("grey.jpg", files.picture("JPEG", mode="L"), "image/jpeg"),
        ("print.jpg", files.picture("JPEG", mode="CMYK"), "image/jpeg"),
        ("shot.png", files.picture("PNG", mode="RGBA"), "image/png"),
        ("few-colours.png", files.picture("PNG", mode="P"), "image/png"),
        ("bits.png", files.picture("PNG", mode="1"), "image/png"),
        ("deep.png", files.picture("PNG", mode="I;16"), "image/png"),
        ("web.webp", files.picture("WEBP"), "image/webp"),
        ("验收单.pdf", files.pdf(), "application/pdf"),
        ("mcu.log", b"11:24:03 ERR port 3 down\n\x1b[31mred\x1b[0m\n", "text/plain; charset=utf-8"),
        ("日志.txt", "端口 3 断开".encode("gb18030"), "text/plain; charset=utf-8"),
        ("win.txt", "端口 3 断开".encode("utf-16"), "text/plain; charset=utf-8"),
        ("flicker.mp4", files.video(), "video/mp4"),
    ],
)
def test_photos_papers_logs_and_videos_are_taken(
    hospital: Hospital, media: Path, name: str, content: bytes, content_type: str
) -> None:
    nurse = NurseFactory(hospital=hospital)
    attachment = storage.accept(files.upload(name, content), hospital=hospital, by=nurse, now=NOW)
    kept = storage.full_path(attachment.path).read_bytes()
    assert (attachment.name, attachment.content_type, attachment.uploaded_by) == (name, content_type, nurse)
    assert (attachment.size, attachment.sha256) == (len(kept), hashlib.sha256(kept).hexdigest())
    assert attachment.path.startswith("2026/11/")
    assert storage.full_path(attachment.path).stat().st_mode & 0o777 == 0o600


def test_text_of_any_old_encoding_is_stored_as_utf_8(hospital: Hospital) -> None:
    attachment = accept(hospital, "日志.txt", "端口 3 断开".encode("gb18030"))
    assert storage.full_path(attachment.path).read_text(encoding="utf-8") == "端口 3 断开"


def test_a_photo_is_stored_upright_without_place_comment_or_profile(hospital: Hospital) -> None:
    attachment = accept(hospital, "photo.jpg", files.photo_with_place())
    kept = storage.full_path(attachment.path).read_bytes()
    with Image.open(BytesIO(kept)) as picture:
        assert picture.size == (48, 64)
        assert not picture.getexif()
        assert not {"comment", "icc_profile", "xmp"} & set(picture.info)
    assert b"script" not in kept


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_pictures_of_other_forms_lose_their_metadata_too(hospital: Hospital, form: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = "<script>"
    content = files.picture(form, exif=exif, icc_profile=b"profile<script>")
    attachment = accept(hospital, f"x.{form.lower()}", content)
    assert b"script" not in storage.full_path(attachment.path).read_bytes()


def test_a_huge_photo_becomes_one_that_a_page_can_show(hospital: Hospital) -> None:
    attachment = accept(hospital, "big.jpg", files.picture("JPEG", size=(9000, 6000)))
    with Image.open(storage.full_path(attachment.path)) as picture:
        assert max(picture.size) == 4096


def test_what_lies_transparent_stays_transparent(hospital: Hospital) -> None:
    attachment = accept(hospital, "shot.png", files.picture("PNG", mode="RGBA"))
    with Image.open(storage.full_path(attachment.path)) as picture:
        assert picture.mode == "RGBA"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.jpg", b""),
        ("cut.jpg", files.picture("JPEG")[:300]),
        ("cut.png", files.picture("PNG")[:120]),
        ("head.webp", files.picture("WEBP")[:30]),
        ("cut.pdf", files.pdf()[:200]),
        ("cut.mp4", files.video()[:-10]),
        ("zip.zip", b"PK\x03\x04" + b"\x00" * 100),
        ("program.log", b"\x7fELF\x02\x01\x01\x00" + b"\x00" * 100),
        ("binary.txt", bytes(range(256))),
    ],
)
def test_what_is_damaged_empty_or_of_another_kind_is_refused_and_leaves_nothing(
    hospital: Hospital, media: Path, name: str, content: bytes
) -> None:
    with pytest.raises(storage.Refused) as refused:
        accept(hospital, name, content)
    assert str(refused.value)
    assert not Attachment.objects.exists()
    assert not stored(media)


def test_every_way_to_break_a_picture_is_a_refusal_or_a_picture(hospital: Hospital) -> None:
    outcomes = set()
    for form in ("JPEG", "PNG", "WEBP"):
        content = files.picture(form)
        for at in range(8, len(content), max(1, len(content) // 80)):
            broken = bytearray(content)
            broken[at] ^= 0xFF
            try:
                accept(hospital, f"x.{form.lower()}", bytes(broken))
                outcomes.add("taken")
            except storage.Refused:
                outcomes.add("refused")
    assert outcomes == {"taken", "refused"}


def test_a_file_over_the_limit_is_refused_before_it_is_looked_at(hospital: Hospital, settings: Settings) -> None:
    settings.ATTACHMENT_MAX_BYTES = 1000
    assert accept(hospital, "a.txt", b"x" * 1000)
    with pytest.raises(storage.Refused):
        accept(hospital, "b.txt", b"x" * 1001)


def test_more_files_than_one_message_may_have_are_refused_together(hospital: Hospital, settings: Settings) -> None:
    settings.ATTACHMENT_MAX_FILES = 2
    three = [files.upload(f"{n}.txt", b"x") for n in range(3)]
    with pytest.raises(storage.Refused):
        storage.accept_all(three, hospital=hospital, by=None, now=NOW)
    assert len(storage.accept_all(three[:2], hospital=hospital, by=None, now=NOW)) == 2


@pytest.mark.django_db(transaction=True)
def test_a_committed_file_stays(hospital: Hospital, media: Path) -> None:
    with transaction.atomic():
        accept(hospital, "a.txt", b"x")
    assert len(stored(media)) == 1


@pytest.mark.django_db(transaction=True)
def test_the_file_of_a_rolled_back_transaction_is_gone(hospital: Hospital, media: Path) -> None:
    with transaction.atomic():
        accept(hospital, "a.txt", b"x")
        assert len(stored(media)) == 1
        transaction.set_rollback(True)
    assert not stored(media)
    assert not Attachment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_part_takes_its_own_file_only(hospital: Hospital, media: Path) -> None:
    with transaction.atomic():
        accept(hospital, "kept.txt", b"kept")
        with transaction.atomic():
            accept(hospital, "lost.txt", b"lost")
            transaction.set_rollback(True)
    assert [path.read_bytes() for path in stored(media)] == [b"kept"]


@pytest.fixture
def room_for_one_megabyte() -> Iterator[None]:
    """The kernel stops every file of this process at 1 MiB, in the middle of a write."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024 * 1024, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, ignored)


@pytest.mark.usefixtures("room_for_one_megabyte")
def test_a_disk_that_fills_up_is_a_clear_refusal_without_half_a_file(hospital: Hospital, media: Path) -> None:
    with pytest.raises(storage.Refused, match="Files cannot be stored"), override("en"):
        accept(hospital, "a.txt", b"x" * 2 * 1024 * 1024)
    assert not Attachment.objects.exists()
    assert not stored(media)
    assert accept(hospital, "b.txt", b"x")


def test_a_folder_that_cannot_be_written_is_a_clear_refusal(hospital: Hospital, settings: Settings) -> None:
    settings.MEDIA_ROOT = "/dev/null"
    with pytest.raises(storage.Refused):
        accept(hospital, "a.txt", b"x")
    assert not Attachment.objects.exists()


def test_a_missing_file_is_not_found_instead_of_a_crash(hospital: Hospital) -> None:
    attachment = accept(hospital, "a.txt", b"x")
    storage.full_path(attachment.path).unlink()
    with pytest.raises(storage.Http404):
        storage.serve(attachment, inline=True)

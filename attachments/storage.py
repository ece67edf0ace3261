"""The one door in and out for files: check, name, store, serve. Who may see one is asked elsewhere."""

from __future__ import annotations

import hashlib
import logging
import os
import uuid
import weakref
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import Http404, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from attachments import kinds, names, papers, pictures, workbooks
from attachments.models import Attachment
from people.models import Hospital, User

log = logging.getLogger(__name__)

SANDBOX = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
)


class Refused(Exception):
    """A file was not taken; the text is a sentence for the sender in their language."""


def accept_all(
    uploads: Iterable[UploadedFile], *, hospital: Hospital, by: User | None, now: datetime
) -> list[Attachment]:
    """Take the files of one message: all of them or, by Refused and the caller's rollback, none."""
    files = list(uploads)
    if len(files) > settings.ATTACHMENT_MAX_FILES:
        raise Refused(
            _("You chose %(count)d files; at most %(most)d can be sent at once.")
            % {"count": len(files), "most": settings.ATTACHMENT_MAX_FILES}
        )
    return [accept(upload, hospital=hospital, by=by, now=now) for upload in files]


def accept(upload: UploadedFile, *, hospital: Hospital, by: User | None, now: datetime) -> Attachment:
    """Check, clean and store one file; call it inside the transaction that links it.

    The file goes when that transaction is rolled back. Raises Refused: too large, not one of
    `kinds.ALL`, named as something else than it is, damaged, active, or no room on the disk.
    """
    name = names.shown(upload.name or "")
    content = _read(upload, name)
    kind = kinds.recognise(content)
    if kind is None or names.extension(name) not in kind.extensions:
        raise Refused(_("“%(name)s” is not a photo, video (MP4), PDF or plain text file.") % {"name": name})
    clean = _cleaned(content, kind, name)
    path = f"{now:%Y/%m}/{uuid.uuid4().hex}"
    stored = _store(path, clean)
    attachment = Attachment.objects.create(
        hospital=hospital,
        name=name,
        path=path,
        content_type=kind.content_type,
        size=len(clean),
        sha256=hashlib.sha256(clean).hexdigest(),
        uploaded_by=by,
        uploaded_at=now,
    )
    transaction.on_commit(stored.keep, robust=True)
    return attachment


def accept_picture(upload: UploadedFile, *, hospital: Hospital, by: User | None, now: datetime) -> Attachment:
    """As `accept`, of what is drawn on a paper or shown as a picture: a signature, a photo of the place."""
    stored = accept(upload, hospital=hospital, by=by, now=now)
    if not stored.is_image:
        raise Refused(_("“%(name)s” is not a picture.") % {"name": stored.name})
    return stored


@dataclass(frozen=True, slots=True)
class List:
    """A list that was handed in to be read: a workbook's bytes, or the text of a CSV file."""

    name: str
    sha256: str
    workbook: bytes = b""
    text: str = ""


def read_list(upload: UploadedFile) -> List:
    """Check a workbook (.xlsx) or CSV file and hand out its content; nothing is stored.

    Raises Refused: too large, neither of the two, named as something else than it is, damaged, packed to
    burst, with macros or links to other files.
    """
    name = names.shown(upload.name or "")
    content = _read(upload, name)
    digest = hashlib.sha256(content).hexdigest()
    if content.startswith(b"PK\x03\x04") and names.extension(name) in kinds.WORKBOOK.extensions:
        _check_workbook(content, name)
        return List(name, digest, workbook=content)
    text = kinds.read_text(content) if names.extension(name) == kinds.CSV else None
    if text is None:
        raise Refused(
            _("“%(name)s” is neither an Excel workbook (.xlsx) nor a CSV file. Save it as one of them.")
            % {"name": name}
        )
    return List(name, digest, text=text)


def _check_workbook(content: bytes, name: str) -> None:
    try:
        workbooks.look_through(content)
    except workbooks.TooLarge as error:
        raise Refused(_("The workbook “%(name)s” unpacks to too much.") % {"name": name}) from error
    except workbooks.Active as error:
        raise Refused(
            _("The workbook “%(name)s” holds macros, other files or links to them. Save the values only.")
            % {"name": name}
        ) from error
    except workbooks.Damaged as error:
        raise Refused(_("The workbook “%(name)s” is damaged and cannot be opened.") % {"name": name}) from error


def serve(attachment: Attachment, *, inline: bool) -> HttpResponse:
    """The file as an answer that no browser runs; the caller has checked the rights.

    Only photos are ever shown `inline`. Raises Http404 when the file is missing on the disk.
    """
    try:
        content = full_path(attachment.path).read_bytes()
    except FileNotFoundError as error:
        log.exception("attachment %s is missing on the disk", attachment.pk)
        raise Http404 from error
    shows = inline and attachment.is_image
    return HttpResponse(
        content,
        content_type=attachment.content_type,
        headers={
            "Content-Disposition": content_disposition_header(not shows, attachment.name) or "attachment",
            "Content-Security-Policy": SANDBOX,
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "private, no-store",
        },
    )


def full_path(path: str) -> Path:
    """Where a stored name lies on this machine."""
    return Path(settings.MEDIA_ROOT) / path


def _read(upload: UploadedFile, name: str) -> bytes:
    most = settings.ATTACHMENT_MAX_BYTES
    upload.seek(0)
    content: bytes = upload.read(most + 1)
    if len(content) > most:
        raise Refused(_("“%(name)s” is larger than %(most)s.") % {"name": name, "most": filesizeformat(most)})
    if not content:
        raise Refused(_("“%(name)s” is empty.") % {"name": name})
    return content


def _cleaned(content: bytes, kind: kinds.Kind, name: str) -> bytes:
    """The content without anything that could act or tell more than the sender sees."""
    if kind.handling is kinds.Handling.PICTURE:
        try:
            return pictures.redraw(content, kind.form)
        except pictures.TooLarge as error:
            raise Refused(_("The picture “%(name)s” has too many pixels.") % {"name": name}) from error
        except pictures.Damaged as error:
            raise Refused(_("The picture “%(name)s” is damaged and cannot be opened.") % {"name": name}) from error
    if kind.handling is kinds.Handling.PAPER:
        if not papers.is_whole(content):
            raise Refused(_("The PDF “%(name)s” is damaged or not complete.") % {"name": name})
        if papers.acts_by_itself(content):
            raise Refused(
                _("The PDF “%(name)s” is locked or holds scripts or files. Print it to a new PDF and send that.")
                % {"name": name}
            )
    if kind.handling is kinds.Handling.TEXT:
        return (kinds.read_text(content) or "").encode()
    return content


class _Stored:
    """A file on the disk that goes again unless it is kept.

    The database connection holds the only reference, in its list of what to do after the commit;
    a rollback drops that list, and with it the file.
    """

    def __init__(self, path: Path) -> None:
        self._undo = weakref.finalize(self, path.unlink, missing_ok=True)

    def keep(self) -> None:
        self._undo.detach()


def _store(path: str, content: bytes) -> _Stored:
    """Write a whole file or none: under another name first, then moved. Raises Refused without room."""
    target = full_path(path)
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with part.open("xb") as file:
            part.chmod(0o600)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.rename(target)
    except OSError as error:
        log.exception("an attachment could not be stored")
        with suppress(OSError):
            part.unlink()
        raise Refused(
            _("Files cannot be stored at the moment. Please send your text without them, or try again later.")
        ) from error
    return _Stored(target)

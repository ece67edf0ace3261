"""Running faults that show who looks first (A3), what a label brings in, and who pays (N6).

One of each verdict is among all running faults: the others are free or in a contract.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from devices import labels
from servicedesk.demo import cast, texts
from servicedesk.demo.scene import Scene
from servicedesk.demo.texts import BY_TILE
from tickets import workflow
from tickets.models import Quote, Ticket
from tickets.quote_sums import Line
from tickets.workflow import quotes, scanning, triage, verdicts
from warranty.coverage import Cause, local_day

TRIAGING = "达州市洲河人民医院"
SCANNED = "阿坝州岷源医院"
# The quota of urgent responses is used up in the first, one is left in the second.
HIS = ("宜宾市江源人民医院", "泸州市沱江口医院")
TECHNICIAN = "pengtao"
TAX = Decimal(6)
VALID = timedelta(days=14)


def tell(scene: Scene) -> list[Ticket]:
    """All of them; none in a demo that was loaded before these people were hired."""
    if TECHNICIAN not in scene.world.people:
        return []
    return [*_looked_at_first(scene), _scanned(scene), *_his(scene), *_billable(scene), *_doubtful(scene)]


def _looked_at_first(scene: Scene) -> list[Ticket]:
    """One waits at the hospital, one has just gone to the company, one was solved by the technician."""
    technician = scene.world.people[TECHNICIAN]
    waiting = scene.file(TRIAGING, BY_TILE["no_sound"], 9)
    passed = scene.file(TRIAGING, BY_TILE["cannot_join"], 32)
    triage.pass_on(passed, by=technician, reason=texts.TRIED, now=scene.ago(18))
    solved = scene.file(TRIAGING, BY_TILE["no_picture"], 95)
    triage.solve_here(solved, by=technician, text=texts.SOLVED_HERE, now=scene.ago(80))
    return [waiting, passed, solved]


def _scanned(scene: Scene) -> Ticket:
    """Somebody without an account has scanned a label; nobody has called back yet."""
    device = next(one for one in scene.world.devices[SCANNED] if one.model.kind == "terminal")
    label = labels.ensure([device], by=scene.world.people["gaoyuan"], now=scene.ago(9000))[device.pk]
    return scanning.report(
        label,
        name="罗晓",
        phone="13700002026",
        text=texts.SCANNED,
        key=UUID(int=scene.chance.getrandbits(128)),
        address=None,
        now=scene.ago(6),
    )


def _his(scene: Scene) -> list[Ticket]:
    """Slow in the busy hours, at two hospitals whose contract grants urgent responses."""
    found = []
    for hospital, filed in zip(HIS, (25, 33), strict=True):
        ticket = scene.file(hospital, texts.HIS, filed)
        scene.answer(ticket, "tangyu", filed - 13, texts.HIS.answer)
        found.append(ticket)
    return found


def _billable(scene: Scene) -> list[Ticket]:
    """Out of warranty and without a contract: one quote waits for its answer, one is accepted and the engineer goes."""
    waiting = scene.file(cast.OLD_HOSPITAL, texts.BLUE, 75, about="会诊终端 TE-2")
    scene.answer(waiting, "hejing", 60, texts.BLUE.answer)
    verdicts.set_cause(waiting, cause=Cause.HARDWARE, by=scene.world.people["hejing"], now=scene.ago(45))
    _quote(scene, waiting, 40)
    going = scene.file(cast.OLD_HOSPITAL, BY_TILE["no_power"], 110, about="会诊终端 TE-5")
    scene.answer(going, "hejing", 100, BY_TILE["no_power"].answer)
    scene.failed(going, "hejing", "xunuo", 80)
    lead, name = scene.world.people["linxiao"], going.contact_name
    sent = _quote(scene, going, 72)
    quotes.record_answer(sent, accept=True, name=name, means=Quote.Means.LETTER, by=lead, now=scene.ago(60))
    scene.depart(going, "xunuo", 50, 20)
    scene.answer(going, "hejing", 15, texts.COMING)
    return [waiting, going]


def _quote(scene: Scene, ticket: Ticket, minutes: float) -> Quote:
    """What the verdict estimates, as a quote that is sent."""
    verdict = verdicts.current(ticket)
    assert verdict is not None
    lines = [
        Line(row["name"], row["unit"], Decimal(row["quantity"]), Decimal(row["amount"]), TAX)
        for row in verdict.estimate
    ]
    lead, day = scene.world.people["linxiao"], local_day(scene.now, ticket.site.timezone)
    draft = quotes.save_quote(
        ticket, lines=lines, valid_until=day + VALID, read=None, by=lead, now=scene.ago(minutes + 3)
    )
    return quotes.send_quote(draft, by=lead, now=scene.ago(minutes))


def _doubtful(scene: Scene) -> list[Ticket]:
    """A model that is no longer supported, a device without papers, a defect of the software itself."""
    old, moved = (name for _model, name, *_rest in cast.STRAYS)
    unsupported = scene.file(cast.OLD_HOSPITAL, BY_TILE["choppy"], 40, about=old)
    scene.answer(unsupported, "chensiyuan", 25, BY_TILE["choppy"].answer)
    unclear = scene.file(cast.OLD_HOSPITAL, BY_TILE["no_sound"], 52, about=moved)
    scene.answer(unclear, "chensiyuan", 35, BY_TILE["no_sound"].answer)
    inherent = scene.file(cast.OLD_HOSPITAL, texts.HIS, 66)
    scene.answer(inherent, "tangyu", 50, texts.HIS.answer)
    verdicts.set_cause(inherent, cause=Cause.INHERENT_DEFECT, by=scene.world.people["tangyu"], now=scene.ago(45))
    for ticket in (unsupported, unclear, inherent):
        workflow.take(ticket, by=scene.world.people["tangyu"], now=scene.ago(20))
    return [unsupported, unclear, inherent]

"""What can happen to a request for parts, from the word that one is needed to its place (A6, A7, A11, A13).

Every page, interface and task comes in here. A verb locks timeline → request → stock → units, asks `spares.states`,
writes, records the fact on the timeline and tells the depot, in one transaction. `by` is who acts, `now` the server's
time; the request handed in only says which one: use the one that is returned. A verb raises `spares.refusal.Refused`,
whose text is a sentence for the person who asked; roles are the caller's business (`people.access`). Nothing outside
this package writes a state of a request.
"""

from spares.requests.asking import Wanted, adopt, ask, cancel, choose, draft, preview, reserve, split
from spares.requests.ending import fit, unused
from spares.requests.packing import pack, pick, scan, ship, unpack, unpick
from spares.requests.way import deliver, note_event, send_again

__all__ = [
    "Wanted",
    "adopt",
    "ask",
    "cancel",
    "choose",
    "deliver",
    "draft",
    "fit",
    "note_event",
    "pack",
    "pick",
    "preview",
    "reserve",
    "scan",
    "send_again",
    "ship",
    "split",
    "unpack",
    "unpick",
    "unused",
]

"""`./desk up`: every part of the desk in one terminal.

Starts the embedded servers, prepares the database and the static files, then runs web, workers,
beat and the mail catcher. A part that dies is started again (kill one and watch); one that cannot
stay up ends the whole. Ctrl-C, a closed terminal or TERM stop everything started here.

With names of parts only these run; without `web` among them nothing is prepared, another desk does that.
`--clock 2027-08-01` shows the demo as it will stand on that day (`moved_clock`).
"""

import argparse
import asyncio
import ctypes
import fcntl
import os
import shlex
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg2

from servicedesk import moved_clock
from servicedesk.embedded import RUN, ServerError, locked, running
from servicedesk.moved_clock import ClockError

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_PORT = 8000
ZONE = ZoneInfo("Asia/Shanghai")
STOP_SECONDS = 8
READY_SECONDS = 60
# A part that ends this young, this often in a row, has a fault that another start will not cure.
YOUNG_SECONDS = 5
MOST_YOUNG_ENDS = 3
COLOURS = {"web": 36, "engine": 33, "worker": 32, "sender": 96, "beat": 35, "mail": 34, "desk": 1}
PR_SET_PDEATHSIG = 1


class PortTakenError(RuntimeError):
    """The port asked for by `PORT` is in use."""


class UnknownPartError(RuntimeError):
    """A part that was asked for does not exist."""


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port(wanted: str | None) -> int:
    """The port given in `PORT`, or the first free one from 8000.

    Raises PortTakenError when a given port is taken: somebody counts on that number.
    """
    if wanted:
        if not is_free(int(wanted)):
            raise PortTakenError(f"port {wanted} is taken")
        return int(wanted)
    return next(port for port in count(DEFAULT_PORT) if is_free(port))


def any_free_port() -> int:
    """A port chosen by the system."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def commands(port: int, *, catch_mail: bool) -> dict[str, list[str]]:
    """The parts by name and how each is started."""
    # Embedded runs are often root in a container; Celery's warning about it says nothing here.
    celery = "{python} -W 'ignore:You' -m celery -q -A servicedesk --skip-checks"
    alone = "--without-gossip --without-mingle --without-heartbeat"
    lines = {
        "web": f"{{python}} -m gunicorn -k asgi -w 2 -b 127.0.0.1:{port} --graceful-timeout 3"
        " --no-control-socket --preload --log-level warning servicedesk.asgi:application",
        "engine": f"{celery} worker -Q engine -c 1 -n engine@%h {alone}",
        "worker": f"{celery} worker -Q default -c 2 -n worker@%h {alone}",
        "sender": f"{celery} worker -Q mail -c 2 -n sender@%h {alone}",
        "beat": f"{celery} beat --pidfile=",
        "mail": "{python} manage.py mail_catcher",
    }
    if not catch_mail:
        del lines["mail"]
    python = shlex.quote(sys.executable)
    return {name: shlex.split(line.replace("{python}", python)) for name, line in lines.items()}


def begin_part(prctl: Callable[[int, int], int] | None, niceness: int) -> None:
    """In a new child: take a lower priority; ask the kernel (Linux) for TERM should this supervisor be killed."""
    os.nice(niceness)
    if prctl is not None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass(frozen=True)
class Opening:
    """What happens before people can come in."""

    command: list[str]
    """Must succeed; its output goes to `greeting`."""
    meanwhile: bool
    """Whether the parts may start while the command runs."""
    ready: Callable[[], bool]
    greeting: Callable[[str], str]


@dataclass
class Supervisor:
    """Runs the parts and keeps them running until asked to stop."""

    parts: dict[str, list[str]]
    environment: dict[str, str]
    processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    failed: bool = False
    stop_seconds: float = STOP_SECONDS
    pids: Path | None = None
    """Folder for a file per part with its process number, for whoever wants to hit one."""
    colour: bool = field(default_factory=lambda: sys.stdout.isatty() and "NO_COLOR" not in os.environ)

    def say(self, name: str, text: str) -> None:
        """One line of output, marked with the part it comes from."""
        mark = f"{name:<7}|"
        if self.colour:
            mark = f"\033[{COLOURS.get(name, 0)}m{mark}\033[0m"
        # The terminal may be gone already while we still stop the parts.
        with suppress(OSError):
            print(mark, text, flush=True)

    async def keep(self, name: str) -> None:
        """Start one part, again whenever it ends, until we stop or it proves unable to run."""
        young_ends = 0
        while not self.stopping.is_set():
            started = time.monotonic()
            code = await self.run(name)
            if self.stopping.is_set():
                return
            young_ends = young_ends + 1 if time.monotonic() - started < YOUNG_SECONDS else 0
            if young_ends >= MOST_YOUNG_ENDS:
                self.say("desk", f"{name} cannot stay up (last exit code {code}): stopping everything")
                self.failed = True
                self.stopping.set()
                return
            self.say("desk", f"{name} ended (exit code {code}), starting it again")
            await asyncio.sleep(1)

    async def run(self, name: str) -> int:
        """Run one part to its end, passing on its output; return its exit code."""
        prctl = getattr(ctypes.CDLL(None), "prctl", None)
        # A pipe of our own: asyncio's would make `wait` last as long as any child of the part.
        source, sink = os.pipe()
        process = await asyncio.create_subprocess_exec(
            *self.parts[name],
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=sink,
            stderr=asyncio.subprocess.STDOUT,
            process_group=0,
            # Pages first: at the start all parts load at once, and a person is waiting for this one.
            preexec_fn=partial(begin_part, prctl, 0 if name == "web" else 5),
        )
        self.processes[name] = process
        if self.pids is not None:
            (self.pids / name).write_text(str(process.pid))
        os.close(sink)
        relay = asyncio.create_task(self.relay(name, source))
        code = await process.wait()
        # What a killed part leaves behind (pool children) must not run beside its successor.
        self.kill_group(process)
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(relay, 2)
        return code

    async def relay(self, name: str, source: int) -> None:
        """Print a part's lines as they come from the file descriptor."""
        stream = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            partial(asyncio.StreamReaderProtocol, stream), os.fdopen(source, "rb")
        )
        while True:
            try:
                line = await stream.readline()
            except ValueError:  # longer than the reader's buffer: the rest follows as a new line
                continue
            if not line:
                return
            self.say(name, line.decode(errors="replace").rstrip())

    def kill_group(self, process: asyncio.subprocess.Process) -> None:
        """End whatever is left of a part, children included."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)

    async def stop(self) -> None:
        """TERM to every part, KILL to those that are still there after `stop_seconds`."""
        alive = [process for process in self.processes.values() if process.returncode is None]
        for process in alive:
            with suppress(ProcessLookupError):
                process.terminate()
        waits = [asyncio.create_task(process.wait()) for process in alive]
        if waits:
            await asyncio.wait(waits, timeout=self.stop_seconds)
        for process in alive:
            self.kill_group(process)

    async def main(self, opening: Opening) -> int:
        """Run until a signal or a hopeless part; return the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.stopping.set)
        preparing = asyncio.create_task(self.prepare(opening.command))
        stopped = asyncio.create_task(self.stopping.wait())
        if not opening.meanwhile:
            await asyncio.wait({preparing, stopped}, return_when=asyncio.FIRST_COMPLETED)
        tasks = [asyncio.create_task(self.keep(name)) for name in self.parts]
        greeting = asyncio.create_task(self.greet(preparing, opening))
        await stopped
        self.say("desk", "stopping")
        greeting.cancel()
        preparing.cancel()
        await self.stop()
        await asyncio.gather(preparing, greeting, *tasks, return_exceptions=True)
        return 1 if self.failed else 0

    async def prepare(self, command: list[str]) -> str:
        """Run the opening command and return its output; its failure ends the whole."""
        process = await asyncio.create_subprocess_exec(
            *command, env=self.environment, stdout=asyncio.subprocess.PIPE, process_group=0
        )
        try:
            output, _ = await process.communicate()
        except asyncio.CancelledError:
            process.terminate()
            await process.wait()
            raise
        if process.returncode:
            self.failed = True
            self.stopping.set()
        return output.decode()

    async def greet(self, preparing: asyncio.Task[str], opening: Opening) -> None:
        """Say where the desk is to be found as soon as it answers."""
        output = await preparing
        for _ in range(READY_SECONDS * 5):
            if await asyncio.to_thread(opening.ready):
                for line in opening.greeting(output).splitlines():
                    self.say("desk", line)
                return
            await asyncio.sleep(0.2)
        self.say("desk", f"no answer after {READY_SECONDS} s; see the lines above")


def answers(url: str) -> bool:
    """Whether a web server gives any answer there."""
    try:
        with urllib.request.urlopen(url, timeout=20):  # noqa: S310 - our own http address
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def is_prepared(database_url: str) -> bool:
    """Whether `manage.py prepare` has nothing to migrate or collect, told without loading Django.

    Packages bring migrations and static files too; those change only with uv.lock.
    """
    stamp = RUN / "stamps" / "static"
    sources = [ROOT / "uv.lock", *(ROOT / "static").rglob("*"), *(ROOT / ".run" / "vendor").rglob("*")]
    if not stamp.exists() or max(path.stat().st_mtime for path in sources) > stamp.stat().st_mtime:
        return False
    try:
        with psycopg2.connect(database_url) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            applied = set(cursor.fetchall())
    except psycopg2.Error:
        return False
    return {(path.parts[-3], path.stem) for path in ROOT.glob("*/migrations/[0-9]*.py")} <= applied


def settings_of_this_run(environment: dict[str, str], port: int) -> tuple[dict[str, str], bool]:
    """The environment of the parts, and whether our own mail catcher is wanted."""
    url = f"http://localhost:{port}"
    full = {"DESK_ENV": "demo", "SITE_URL": url, "PYTHONUNBUFFERED": "1", **environment}
    catch_mail = not full.get("EMAIL_URL")
    if catch_mail:
        full["EMAIL_URL"] = f"smtp://127.0.0.1:{any_free_port()}"
    return full, catch_mail


def pids_folder() -> Path:
    """Where this run keeps its process numbers; what an earlier run left is removed."""
    folder = RUN / "pids"
    folder.mkdir(exist_ok=True)
    for left in folder.iterdir():
        left.unlink()
    return folder


def days_of_clock(text: str, names: list[str], now: datetime) -> int:
    """How many days `--clock` means; 0 without it. Raises ClockError where a copy of the demo cannot be made."""
    if not text:
        return 0
    if names or os.environ.get("DATABASE_URL") or os.environ.get("DESK_ENV", "demo") != "demo":
        raise ClockError("--clock moves the whole demo, with all its parts and the embedded database")
    return moved_clock.days_ahead(text, now.date())


def up(names: list[str], clock: str) -> int:
    """Run the parts with these names, all if there is none, on the day `clock`; return the exit code."""
    # ./desk says how long it took to install what was missing.
    begun = time.monotonic() - float(os.environ.get("DESK_SECONDS", "0"))
    now = datetime.now(ZONE)  # noqa: TID251 - a command as much as those of manage.py
    days = days_of_clock(clock, names, now)
    with running() as servers:
        port = free_port(os.environ.get("PORT"))
        place = moved_clock.stage(servers, days) if days else servers
        environment, catch_mail = settings_of_this_run(place, port)
        parts = commands(port, catch_mail=catch_mail)
        if unknown := set(names) - set(parts):
            raise UnknownPartError(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(parts)}")
        chosen = {name: command for name, command in parts.items() if not names or name in names}
        supervisor = Supervisor(chosen, environment, pids=pids_folder())
        if port != DEFAULT_PORT and not os.environ.get("PORT"):
            supervisor.say("desk", f"port {DEFAULT_PORT} is taken, using {port}")
        url = f"http://localhost:{port}"

        def greeting(accounts: str) -> str:
            seconds = time.monotonic() - begun
            ahead = f"its clock stands at {now + timedelta(days):%Y-%m-%d}; nothing of it is kept\n" if days else ""
            return f"ready after {seconds:.1f} s: {url}   (Ctrl-C stops everything)\n{ahead}{accounts}"

        if "web" in chosen:
            opening = Opening(
                [sys.executable, "manage.py", "prepare"],
                meanwhile=is_prepared(environment["DATABASE_URL"]),
                ready=partial(answers, url),
                greeting=greeting,
            )
        else:
            running_now = f"running: {', '.join(chosen)}   (Ctrl-C stops them)"
            opening = Opening(["true"], meanwhile=True, ready=lambda: True, greeting=lambda _output: running_now)
        return asyncio.run(supervisor.main(opening))


def main() -> int:
    """Entry point: one `up` per checkout at a time."""
    parser = argparse.ArgumentParser(prog="./desk up", description="start the desk in this terminal")
    parser.add_argument("names", nargs="*", metavar="part", help="run only these parts")
    parser.add_argument("--clock", default="", metavar="DAY", help="the demo as on 2027-08-01, or in +90d, on a copy")
    options = parser.parse_args()
    RUN.mkdir(exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(1))
    try:
        with locked(RUN / "up.lock", fcntl.LOCK_EX | fcntl.LOCK_NB):
            return up(options.names, options.clock)
    except BlockingIOError:
        print("desk: it already runs from this folder", file=sys.stderr)
    except (ServerError, PortTakenError, UnknownPartError, ClockError) as error:
        print(f"desk: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("desk: stopped", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())

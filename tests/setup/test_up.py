"""The supervisor behind `./desk up`: restarts what dies, gives up on what cannot live, leaves nothing behind."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from servicedesk.up import (
    DEFAULT_PORT,
    Opening,
    PortTakenError,
    Supervisor,
    commands,
    free_port,
    is_free,
    is_prepared,
    settings_of_this_run,
)
from tests import loops

LIVE = "import time; print('living', flush=True); time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('living', flush=True); time.sleep(600)"
)
WITH_CHILD = (
    "import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
)
WITH_CHILD += "print('child', child.pid, flush=True); time.sleep(600)"


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def supervisor(**code: str) -> Supervisor:
    return Supervisor({name: [sys.executable, "-c", text] for name, text in code.items()}, dict(os.environ))


async def main(run: Supervisor, prepare: str = "print('nurse')", *, meanwhile: bool = False) -> int:
    opening = Opening([sys.executable, "-c", prepare], meanwhile, lambda: True, lambda accounts: f"here {accounts}")
    return await run.main(opening)


async def running(run: Supervisor, name: str, *, but_not: int = 0) -> int:
    """Wait until a part lives; return its process id."""
    for _ in range(200):
        process = run.processes.get(name)
        if process and process.returncode is None and process.pid != but_not:
            return process.pid
        await asyncio.sleep(0.05)
    raise AssertionError(f"{name} does not run")


def is_alive(pid: int) -> bool:
    """Whether the process exists and is more than an entry waiting to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_port_that_was_asked_for_is_never_replaced(taken_port: int) -> None:
    with pytest.raises(PortTakenError):
        free_port(str(taken_port))


def test_without_port_the_next_free_one_is_taken() -> None:
    with suppress(OSError), socket.socket() as listener:
        listener.bind(("127.0.0.1", DEFAULT_PORT))
        listener.listen()
        assert free_port(None) > DEFAULT_PORT
    assert is_free(free_port(None))


def test_own_mail_server_in_the_environment_replaces_the_catcher() -> None:
    environment, catch_mail = settings_of_this_run({"EMAIL_URL": "smtp://mail.example.org"}, 8000)
    assert environment["EMAIL_URL"] == "smtp://mail.example.org"
    assert not catch_mail
    assert "mail" not in commands(8000, catch_mail=catch_mail)


def test_every_queue_has_a_worker() -> None:
    parts = commands(8000, catch_mail=True)
    worked = {parts[name][parts[name].index("-Q") + 1] for name in ("engine", "sender", "worker")}
    assert worked == {"engine", "mail", "default"}


def test_output_carries_the_name_of_its_part(capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        run = supervisor(web=LIVE)
        task = asyncio.create_task(main(run))
        await running(run, "web")
        await asyncio.sleep(0.5)
        run.stopping.set()
        await task

    loops.run(scenario())
    lines = capsys.readouterr().out.splitlines()
    assert "web    | living" in lines
    assert "desk   | here nurse" in lines


def test_nothing_starts_before_a_new_database_is_prepared(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    note = f"import time; time.sleep(.3); open({str(trace)!r}, 'a')."
    run = supervisor(web=note + "write('web '); time.sleep(600)")

    async def scenario() -> None:
        task = asyncio.create_task(main(run, note + "write('prepared ')"))
        await running(run, "web")
        await asyncio.sleep(1)
        run.stopping.set()
        await task

    loops.run(scenario())
    assert trace.read_text() == "prepared web "


@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_failed_preparation_ends_the_whole(meanwhile: bool) -> None:
    run = supervisor(web=LIVE)
    assert loops.run(main(run, "raise SystemExit(1)", meanwhile=meanwhile)) == 1
    assert all(process.returncode is not None for process in run.processes.values())


def test_a_stop_during_the_preparation_ends_it_too() -> None:
    async def scenario() -> int:
        run = supervisor(web=LIVE)
        task = asyncio.create_task(main(run, "import time; time.sleep(600)"))
        await asyncio.sleep(0.5)
        run.stopping.set()
        return await asyncio.wait_for(task, 5)

    assert loops.run(scenario()) == 0


def test_a_database_that_is_not_there_is_not_prepared() -> None:
    assert not is_prepared("postgresql://desk@/none?host=/nowhere")


def test_a_killed_part_is_started_again() -> None:
    async def scenario() -> tuple[int, int, int]:
        run = supervisor(engine=LIVE)
        task = asyncio.create_task(main(run))
        first = await running(run, "engine")
        os.kill(first, signal.SIGKILL)
        second = await running(run, "engine", but_not=first)
        run.stopping.set()
        return first, second, await task

    first, second, code = loops.run(scenario())
    assert first != second
    assert code == 0


def test_the_process_number_of_each_part_is_kept_in_a_file(tmp_path: Path) -> None:
    run = supervisor(sleeper=LIVE)
    run.pids = tmp_path

    async def look() -> None:
        starting = asyncio.create_task(main(run))
        first = await running(run, "sleeper")
        assert (tmp_path / "sleeper").read_text() == str(first)
        os.kill(first, signal.SIGKILL)
        second = await running(run, "sleeper", but_not=first)
        assert (tmp_path / "sleeper").read_text() == str(second)
        run.stopping.set()
        await starting

    loops.run(look())


def test_a_part_that_does_not_exist_is_named_and_nothing_starts(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "servicedesk.up", "engine", "motor"]
    environment = {**os.environ, "DESK_RUN_DIR": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "no such part: motor; there are web, engine" in done.stderr


def test_a_part_that_cannot_live_ends_the_whole() -> None:
    run = supervisor(web="raise SystemExit(3)", worker=LIVE)
    assert loops.run(main(run)) == 1
    assert all(process.returncode is not None for process in run.processes.values())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_every_part(number: signal.Signals) -> None:
    async def scenario() -> list[int]:
        run = supervisor(web=LIVE, worker=LIVE)
        task = asyncio.create_task(main(run))
        pids = [await running(run, name) for name in ("web", "worker")]
        os.kill(os.getpid(), number)
        assert await task == 0
        return pids

    assert not any(is_alive(pid) for pid in loops.run(scenario()))


def test_children_of_a_part_are_stopped_with_it(capfd: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        run = supervisor(worker=WITH_CHILD)
        task = asyncio.create_task(main(run))
        await running(run, "worker")
        await asyncio.sleep(1)
        run.stopping.set()
        await task

    loops.run(scenario())
    child = int(capfd.readouterr().out.partition("child ")[2].split()[0])
    end = time.monotonic() + 5
    while is_alive(child) and time.monotonic() < end:
        time.sleep(0.05)
    assert not is_alive(child)


def test_a_killed_part_is_started_again_while_its_children_live_on() -> None:
    async def scenario() -> float:
        run = supervisor(worker=WITH_CHILD)
        task = asyncio.create_task(main(run))
        first = await running(run, "worker")
        await asyncio.sleep(0.5)
        begun = time.monotonic()
        os.kill(first, signal.SIGKILL)
        await running(run, "worker", but_not=first)
        waited = time.monotonic() - begun
        run.stopping.set()
        await task
        return waited

    assert loops.run(scenario()) < 5


def test_a_part_that_ignores_term_is_killed() -> None:
    async def scenario() -> float:
        run = supervisor(worker=STUBBORN)
        run.stop_seconds = 1
        task = asyncio.create_task(main(run))
        await running(run, "worker")
        await asyncio.sleep(0.5)
        begun = time.monotonic()
        run.stopping.set()
        await task
        return time.monotonic() - begun

    assert loops.run(scenario()) < 5

"""The embedded servers: private, shared by sessions, ended by the last one."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from servicedesk.embedded import ServerError, private_folder

ASK_BOTH = """
import os, psycopg2, redis
with psycopg2.connect(os.environ["DATABASE_URL"]) as database:
    cursor = database.cursor()
    cursor.execute("SHOW server_version_num")
    print(int(cursor.fetchone()[0]) // 10000)
    cursor.execute("SHOW jit")  # one of the settings that each start brings
    print(cursor.fetchone()[0])
print(redis.Redis.from_url(os.environ["REDIS_URL"]).ping())
"""
WAIT = "print('up', flush=True); import sys; sys.stdin.read()"


def environment(run: Path, **more: str) -> dict[str, str]:
    inherited = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "REDIS_URL"}}
    return {**inherited, "DESK_RUN_DIR": str(run), **more}


def session(run: Path, code: str, **more: str) -> "subprocess.Popen[str]":
    """`python -c CODE` inside `servicedesk.embedded`, its servers under `run`."""
    return subprocess.Popen(
        [sys.executable, "-m", "servicedesk.embedded", sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env=environment(run, **more),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_up(process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"


def postgres_runs(run: Path) -> bool:
    return (run / "pg" / "postmaster.pid").exists()


def redis_runs(run: Path) -> bool:
    return (run / "redis" / "pid").exists()


def eventually(condition: Callable[[], bool], seconds: float = 15) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder whose path is too long for a Unix socket inside it."""
    return tmp_path_factory.mktemp("a-folder-with-a-name-that-is-much-too-long-for-a-unix-socket" * 2)


def test_command_sees_both_servers_which_end_with_it(run: Path) -> None:
    output, errors = session(run, ASK_BOTH).communicate()
    assert output.split() == ["18", "off", "True"], errors
    assert not postgres_runs(run)
    assert not redis_runs(run)


def test_exit_code_is_the_command_s_own(run: Path) -> None:
    process = session(run, "raise SystemExit(7)")
    process.communicate()
    assert process.returncode == 7


def test_servers_stay_while_another_session_uses_them(run: Path) -> None:
    first, second = session(run, WAIT), session(run, WAIT)
    wait_until_up(first)
    wait_until_up(second)
    first.communicate()
    assert postgres_runs(run)
    assert redis_runs(run)
    assert session(run, ASK_BOTH).communicate()[0].split() == ["18", "off", "True"]
    second.communicate()
    assert not postgres_runs(run)
    assert not redis_runs(run)


def test_servers_that_a_killed_session_left_end_with_the_next_one(run: Path) -> None:
    killed = session(run, WAIT)
    wait_until_up(killed)
    killed.kill()
    killed.communicate()
    assert postgres_runs(run)
    session(run, "pass").communicate()
    assert not postgres_runs(run)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_reaches_the_command_and_ends_the_servers(run: Path, number: signal.Signals) -> None:
    process = session(run, WAIT)
    wait_until_up(process)
    process.send_signal(number)
    process.wait(30)  # with its input still open, or the command might end by that
    process.communicate()
    assert process.returncode in {128 + number, 1}
    assert eventually(lambda: not postgres_runs(run))


def test_urls_in_the_environment_replace_the_embedded_servers(tmp_path: Path) -> None:
    echo = "import os; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL'])"
    urls = {"DATABASE_URL": "postgresql://db.example.org/desk", "REDIS_URL": "redis://redis.example.org/0"}
    assert session(tmp_path, echo, **urls).communicate()[0].split() == list(urls.values())
    assert list(tmp_path.iterdir()) == []


def test_sockets_are_closed_to_other_users(run: Path) -> None:
    process = session(run, "import os; print('up', os.environ['DATABASE_URL'].split('host=')[1], flush=True); input()")
    assert process.stdout is not None
    folder = Path(process.stdout.readline().split()[1].replace("%2F", "/"))
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder.parent / "redis")]
    process.communicate("\n")
    assert modes == [0o700, 0o700]
    assert not folder.exists()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_that_another_user_put_there_is_refused(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.mkdir()
    os.chown(trap, 12345, 12345)
    with pytest.raises(ServerError, match="belongs to another user"):
        private_folder(trap, 0, 0)

"""The private cluster: where its programs and socket are, as whom it runs, how it is shared."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from app.db import cluster as cluster_module
from app.db.cluster import SUPERUSER, Account, Cluster, find_binaries, python_command
from app.errors import Refusal
from app.settings import PROJECT

AS_ROOT = os.geteuid() == 0


@pytest.fixture
def var() -> Iterator[Path]:
    """A folder that the servers' account can enter; pytest's own is private to the tester."""
    folder = Path(tempfile.mkdtemp(prefix="gridward-cluster-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def server_processes(var: Path) -> list[int]:
    """The postmasters that serve a cluster below the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"postgres") and str(var / "postgres/data").encode() in words:
            found.append(int(process.name))
    return found


# -- programs and paths -------------------------------------------------------------------


def test_without_postgis_a_sentence_names_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "_has_postgis", lambda folder: False)
    with pytest.raises(Refusal) as refused:
        find_binaries()
    assert str(refused.value) == (
        f"PostGIS is not on this machine. Install the packages {cluster_module.PACKAGES}, or set "
        "DATABASE_URL to a database that has it."
    )


def test_the_programs_found_belong_to_one_postgresql_with_postgis() -> None:
    folder = find_binaries()
    assert all((folder / name).exists() for name in ("initdb", "pg_ctl", "psql", "postgres"))


def test_the_socket_lies_below_the_folder(var: Path) -> None:
    assert Cluster(var).socket == var / "postgres/socket"


def test_a_path_too_long_for_a_socket_gets_a_short_one(var: Path) -> None:
    deep, other = var / ("d" * 120), var / ("e" * 120)
    socket = Cluster(deep).socket
    assert len(str(socket)) < 60
    assert socket == Cluster(deep).socket != Cluster(other).socket


@pytest.fixture
def short_socket(var: Path) -> Iterator[Path]:
    """Where a cluster deep below puts its socket, below /tmp, where anybody may write."""
    deep = var / ("deep" * 22)
    deep.mkdir()
    socket = Cluster(deep).socket
    yield socket
    if socket.is_symlink():
        socket.unlink()
    shutil.rmtree(socket, ignore_errors=True)


@pytest.mark.parametrize("planted", ["a link to a folder of ours", "a file", "another's folder"])
def test_what_somebody_planted_for_the_socket_is_refused(
    var: Path, short_socket: Path, planted: str
) -> None:
    deep, target = var / ("deep" * 22), var / "target"
    target.mkdir(mode=0o755)
    if planted == "a file":
        short_socket.touch()
    elif planted == "another's folder":
        if not AS_ROOT:
            pytest.skip("only root can plant another's folder")
        short_socket.mkdir()
        os.chown(short_socket, 12345, 12345)
    else:
        short_socket.symlink_to(target)
    before = (short_socket.lstat(), target.stat().st_mode, target.stat().st_uid)
    with (
        pytest.raises(Refusal, match="belongs to somebody else or is a link"),
        Cluster(deep).running(),
    ):
        pass
    assert (short_socket.lstat(), target.stat().st_mode, target.stat().st_uid) == before
    assert not (deep / "postgres/data").exists()


def test_an_own_folder_for_the_socket_is_taken_again(short_socket: Path, var: Path) -> None:
    for _ in range(2):
        Cluster(var / ("deep" * 22))._own_socket_folder()
    assert short_socket.stat().st_mode & 0o777 == 0o700
    assert short_socket.stat().st_uid == Account.for_servers().uid


# -- accounts -----------------------------------------------------------------------------


def test_an_ordinary_account_runs_commands_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert Account("me", 1000, 1000).command(["true", "x"], [Path("/root")]) == ["true", "x"]


@pytest.mark.skipif(not AS_ROOT, reason="only root gives up its rights")
def test_root_runs_servers_as_somebody_else_without_rights(var: Path) -> None:
    account = Account.for_servers()
    assert account.uid != 0
    command = account.command(
        ["grep", "-E", "^(Uid|Gid|Cap|NoNewPrivs)", "/proc/self/status"], [var]
    )
    lines = dict(
        line.split(":", 1)
        for line in subprocess.run(
            command, capture_output=True, text=True, check=True
        ).stdout.splitlines()
    )
    assert set(lines["Uid"].split()) == {str(account.uid)}
    assert set(lines["Gid"].split()) == {str(account.gid)}
    assert lines["NoNewPrivs"].strip() == "1"
    assert all(int(lines[f"Cap{kind}"], 16) == 0 for kind in ("Eff", "Prm", "Inh", "Bnd", "Amb"))


@pytest.mark.skipif(not AS_ROOT, reason="only root gives up its rights")
def test_a_closed_folder_is_read_by_one_capability_and_no_other(var: Path) -> None:
    (var / "note").write_text("readable")
    (var / "note").chmod(0o600)
    var.chmod(0o700)
    account = Account.for_servers()
    read = subprocess.run(
        account.command(["cat", str(var / "note")], [var]), capture_output=True, text=True
    )
    assert read.stdout == "readable"
    write = subprocess.run(
        account.command(["touch", str(var / "new")], [var]), capture_output=True, text=True
    )
    assert write.returncode != 0 and not (var / "new").exists()
    blind = subprocess.run(account.command(["cat", str(var / "note")]), capture_output=True)
    assert blind.returncode != 0


def test_a_server_dies_with_its_supervisor(var: Path) -> None:
    """Also when the supervisor is killed and can clean up nothing."""
    command = python_command(Account.for_servers(), ["-c", "import time; time.sleep(60)"], [var])
    supervisor = subprocess.Popen(
        [
            "python3",
            "-c",
            "import subprocess, sys, time\n"
            "print(subprocess.Popen(sys.argv[1:]).pid, flush=True)\ntime.sleep(60)",
            *command,
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert supervisor.stdout is not None
    server = Path("/proc") / supervisor.stdout.readline().strip()
    # past the two setpriv, when the signal is set
    wait_for(
        lambda: (
            b"setpriv" not in (server / "cmdline").read_bytes()
            and b"time.sleep" in (server / "cmdline").read_bytes()
        )
    )
    supervisor.kill()
    supervisor.wait()
    wait_for(lambda: not server.exists() or "\nState:\tZ" in (server / "status").read_text())


def wait_for(condition: object, seconds: float = 10) -> None:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


# -- making, sharing, stopping ------------------------------------------------------------


def test_the_last_to_leave_stops_the_server(var: Path) -> None:
    with Cluster(var).running():
        (server,) = server_processes(var)
        with Cluster(var).running() as shared:
            assert server_processes(var) == [server]
            psycopg2.connect(shared.dsn(SUPERUSER)).close()
        assert server_processes(var) == [server]
        assert not AS_ROOT or Path(f"/proc/{server}").stat().st_uid != 0
    assert server_processes(var) == []
    assert (var / "postgres/data").stat().st_mode & 0o077 == 0


def test_a_server_that_was_killed_comes_back_with_its_data(var: Path) -> None:
    with Cluster(var).running() as running:
        with psycopg2.connect(running.dsn(SUPERUSER)) as connection:
            connection.cursor().execute("CREATE TABLE kept AS SELECT 7 AS number")
        connection.close()
        for server in server_processes(var):
            os.kill(server, signal.SIGKILL)
        wait_for(lambda: not server_processes(var))
        with Cluster(var).running() as again:
            connection = psycopg2.connect(again.dsn(SUPERUSER))
            cursor = connection.cursor()
            cursor.execute("SELECT number FROM kept")
            assert cursor.fetchone() == (7,)
            connection.close()
    assert server_processes(var) == []


def test_a_half_made_cluster_is_made_anew(var: Path) -> None:
    (var / "postgres/fresh").mkdir(parents=True)
    (var / "postgres/fresh/PG_VERSION").write_text("half")
    with Cluster(var).running():
        assert len(server_processes(var)) == 1
    assert not (var / "postgres/fresh").exists()


def test_a_server_that_cannot_start_says_why(var: Path) -> None:
    with Cluster(var).running():
        pass
    with open(var / "postgres/data/postgresql.conf", "a") as settings:
        settings.write("\nno_such_setting = 1\n")
    with (
        pytest.raises(Refusal, match="Could not start the database server.*no_such_setting"),
        Cluster(var).running(),
    ):
        pass


def test_this_test_runs_what_the_project_runs() -> None:
    assert Path(cluster_module.__file__).is_relative_to(PROJECT)

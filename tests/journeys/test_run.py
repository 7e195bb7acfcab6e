"""`scripts/run`: starts, serves, is stopped, is killed, and mends itself."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg2
import pytest

from app.db.cluster import SUPERUSER, Account, Cluster
from app.settings import PROJECT
from tests.journeys.conftest import (
    PATIENCE,
    Gridward,
    Server,
    fresh_var,
    port_is_free,
    processes_of,
    wait_for,
)

AS_ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not AS_ROOT, reason="needs root: the tester is an ordinary account")
Serve = Callable[..., Server]
ROOM = 150  # MB of disk that an empty database fits into
DATABASES = count(1)
SCHEME = ("town=街道/Town", "block=小区/Block")


def stopped(server: Server, var: Path) -> None:
    """Nothing is left: no process, no port."""
    wait_for(lambda: not processes_of(var), f"the end of {processes_of(var)}")
    assert port_is_free(server.port)


def servers_of(var: Path) -> dict[int, str]:
    """Web server, worker and database; not what is started beside them."""
    return {
        number: command
        for number, command in processes_of(var).items()
        if "granian" in command or "app.worker" in command or "bin/postgres" in command
    }


# -- one deployment from its first start on -----------------------------------------------


def test_killed_in_the_middle_of_the_demo_the_next_start_mends_it(serve: Serve, var: Path) -> None:
    first = serve(var)
    first.ready()
    assert "csrf_token" in first.get("/"), "the first page asks to sign in"
    assert '"ok"' in first.get("/healthz")
    wait_for(lambda: first.demo_progress()["state"] == "running", "the demo to begin")
    first.process.kill()
    first.process.wait()
    # the servers die with their supervisor; the database stays, and the next start takes it up
    wait_for(
        lambda: all("postgres" in command for command in processes_of(var).values()),
        f"the end of {processes_of(var)}",
    )
    assert port_is_free(first.port)

    second = serve(var)
    second.ready()
    finished = second.wait_for_demo()
    assert (finished["state"], finished["done"]) == ("done", finished["total"])
    second.sign_in("chief")
    grids = json.loads(second.get("/api/v1/grids?level=block"))
    assert grids["features"], "signed in, the chief's own area answers"
    if AS_ROOT:
        uids = {Path(f"/proc/{number}").stat().st_uid for number in servers_of(var)}
        assert uids == {Account.for_servers().uid} and 0 not in uids
    assert Gridward(var).json("doctor")["sound"] is True

    assert second.stop(signal.SIGTERM) == 0
    stopped(second, var)
    assert "Traceback" not in first.output + second.output


def test_a_later_start_finds_everything_in_place(serve: Serve, var: Path) -> None:
    server = serve(var)
    server.ready()
    progress = server.demo_progress()
    assert progress["over"] or server.wait_for_demo()["state"] == "done"
    assert "Installing" not in server.output
    assert server.stop(signal.SIGINT) == 0
    stopped(server, var)
    assert "Traceback" not in server.output


def test_a_taken_port_is_a_sentence(serve: Serve, var: Path) -> None:
    server = serve(var, "--no-demo")
    server.ready()
    refused = subprocess.run(
        [PROJECT / "scripts/run", "--port", str(server.port)],
        env=os.environ | {"GRIDWARD_VAR": str(var)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert refused.returncode == 1 and refused.stdout == ""
    assert refused.stderr.strip() == (
        f"Port {server.port} is taken by another program. Stop that program, or start with "
        "--port and another number."
    )
    assert '"ok"' in server.get("/healthz"), "the first one serves on"


def test_two_commands_at_once_share_the_server(var: Path) -> None:
    gridward = Gridward(var)
    running = [gridward.start("editions", "list", "--json") for _ in range(2)]
    for command in running:
        out, err = command.communicate(timeout=PATIENCE)
        assert (command.returncode, err) == (0, ""), err
        assert out.startswith('{\n  "editions"')
    assert processes_of(var) == {}


def test_a_database_that_was_killed_recovers(var: Path) -> None:
    gridward = Gridward(var)
    with Cluster(var).running():
        before = gridward.json("editions", "list")
        for number in servers_of(var):
            os.kill(number, signal.SIGKILL)
        wait_for(lambda: not servers_of(var), "the end of the database")
        assert gridward.json("editions", "list") == before
    assert processes_of(var) == {}


@pytest.mark.parametrize(
    ("word", "code", "text"), [("--port=0", 2, "0 is not in the range"), ("--help", 0, "--no-demo")]
)
def test_wrong_use_of_run_is_2_and_help_is_0(
    tmp_path: Path, word: str, code: int, text: str
) -> None:
    done = subprocess.run(
        [PROJECT / "scripts/run", word],
        capture_output=True,
        text=True,
        env=os.environ | {"GRIDWARD_VAR": str(tmp_path)},
        timeout=PATIENCE,
    )
    assert done.returncode == code and text in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_nothing_is_a_sentence() -> None:
    done = subprocess.run(
        [PROJECT / "scripts/run", "--port", "8999"],
        capture_output=True,
        text=True,
        env=os.environ | {"GRIDWARD_VAR": "/proc/nope"},
        timeout=PATIENCE,
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert done.stderr.startswith("/proc/nope cannot be read or written")


# -- a full disk, a closed folder ---------------------------------------------------------


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of 20 MB: too small for a database."""
    folder = fresh_var()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20m,mode=755", "tmpfs", folder], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("this machine lets nobody mount a small disk")
    yield folder
    subprocess.run(["umount", folder], check=True)
    folder.rmdir()


@only_root
def test_a_full_disk_is_a_sentence_and_no_harm(small_disk: Path) -> None:
    gridward = Gridward(small_disk)
    _, words = gridward("levels", "set", *SCHEME, "--commit", code=1)
    assert words.strip().endswith(
        f"the disk that holds {small_disk} is full; free some space and start again."
    )
    subprocess.run(["mount", "-o", f"remount,size={ROOM}m", small_disk], check=True)
    assert gridward.json("editions", "list") == {"editions": []}
    room = shutil.disk_usage(small_disk).free // 2**20 - 8
    (small_disk / "ballast").write_bytes(bytes(room * 2**20))
    _, words = gridward("demo", code=1)
    assert re.search("is full; |The database (stopped answering|does not answer)", words)
    (small_disk / "ballast").unlink()
    assert gridward.json("doctor")["sound"] is True


@only_root
def test_a_clone_below_a_closed_folder_serves(serve: Serve) -> None:
    closed = fresh_var()
    closed.chmod(0o700)
    clone = closed / "clone"
    clone.mkdir()
    for folder in ("app", "gis", "scripts"):
        shutil.copytree(
            PROJECT / folder, clone / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name in ("requirements.txt", "package-lock.json", "package.json"):
        shutil.copy(PROJECT / name, clone / name)
    for folder in (".venv", "node_modules"):  # installed once is enough for a test
        (clone / folder).symlink_to(PROJECT / folder)
    try:
        server = serve(None, "--no-demo", project=clone)
        server.ready()
        assert '"ok"' in server.get("/healthz") and "Gridward" in server.get("/sign-in")
        assert server.get("/static/css/tokens.css")
        owners = {Path(f"/proc/{number}").stat().st_uid for number in servers_of(clone / "var")}
        assert owners and 0 not in owners
        assert server.stop() == 0
        stopped(server, clone / "var")
    finally:
        shutil.rmtree(closed, ignore_errors=True)


# -- somebody else's database -------------------------------------------------------------


@pytest.fixture
def outside(cluster: Cluster) -> Iterator[str]:
    """The name of an empty database on a server that is not ours."""
    # never the same name twice: its roles stay in the cluster when the database is gone
    name = f"outside{next(DATABASES)}"
    as_superuser(cluster, "postgres", f"CREATE DATABASE {name}")
    yield name
    as_superuser(cluster, "postgres", f"DROP DATABASE {name} WITH (FORCE)")


def as_superuser(cluster: Cluster, database: str, sql: str) -> None:
    connection = psycopg2.connect(cluster.dsn(SUPERUSER, database))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
    finally:
        connection.close()


def test_a_database_of_the_deployments_own_is_used(
    serve: Serve, cluster: Cluster, outside: str
) -> None:
    var = fresh_var()
    address = cluster.dsn(SUPERUSER, outside)
    try:
        gridward = Gridward(var, DATABASE_URL=address)
        assert gridward.json("levels", "set", *SCHEME, "--commit")["committed"] is True
        server = serve(var, "--no-demo", DATABASE_URL=address)
        server.ready()
        assert '"ok"' in server.get("/healthz")
        told = [
            Path(f"/proc/{number}/environ").read_bytes()
            for number, command in processes_of(var).items()
            if "granian" in command or "app.worker" in command
        ]
        assert told and not any(b"\0DATABASE_URL=" in one for one in told), (
            "the servers never hold the stronger role"
        )
        assert not (var / "postgres").exists(), "no cluster of our own beside it"
        assert server.stop() == 0
        stopped(server, var)
    finally:
        shutil.rmtree(var, ignore_errors=True)


def test_a_role_that_may_not_prepare_gets_the_exact_sql(cluster: Cluster, outside: str) -> None:
    var = fresh_var()
    role = f"weak_{outside}"
    as_superuser(cluster, "postgres", f"CREATE ROLE {role} LOGIN")
    as_superuser(cluster, "postgres", f"GRANT CREATE ON DATABASE {outside} TO {role}")
    gridward = Gridward(var, DATABASE_URL=cluster.dsn(role, outside))
    try:
        _, words = gridward("editions", "list", code=1)
        sentence, _, sql = words.partition("\n")
        assert sentence == (
            "The role of DATABASE_URL cannot prepare this database. Have a "
            "superuser run the following there once, then start again:"
        )
        assert f'CREATE ROLE "{outside}_app" LOGIN;' in sql
        as_superuser(cluster, outside, sql)
        assert gridward.json("editions", "list") == {"editions": []}
    finally:
        shutil.rmtree(var, ignore_errors=True)

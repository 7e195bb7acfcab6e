"""A private PostgreSQL cluster on a unix socket: made, started, shared and stopped.

Each process that needs it holds a shared lock; whoever lets go last stops the server.  PostgreSQL
never runs as root: root starts it as an ordinary account.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from app.errors import Refusal

DATABASE = "gridward"
SUPERUSER = "gridward"
SOCKET_PATH_LIMIT = 90  # the kernel allows 107 bytes, and the socket's own name needs some
PACKAGES = "postgresql and postgresql-postgis"
CLIENTS = ("pg_dump", "pg_restore", "psql")
SERVER_OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "jit": "off",
    "max_connections": "60",
    "max_wal_size": "2GB",
}


@dataclass(frozen=True)
class Account:
    """The ordinary account under which servers run."""

    name: str
    uid: int
    gid: int

    @classmethod
    def for_servers(cls) -> Account:
        """This account, or for root `postgres`, else `nobody`."""
        if os.geteuid() != 0:
            entry = pwd.getpwuid(os.geteuid())
            return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)
        names = {entry.pw_name: entry for entry in pwd.getpwall()}
        entry = names.get("postgres") or names["nobody"]
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)

    def command(self, arguments: Sequence[str], reading: Sequence[Path] = ()) -> list[str]:
        """The command line that runs ``arguments`` as this account.

        Where a folder in ``reading`` is closed to the account (a clone below /root), the process
        keeps one capability, to read and search, and no other.
        """
        if os.geteuid() != 0:
            return list(arguments)
        lower = [
            "setpriv",
            f"--reuid={self.uid}",
            f"--regid={self.gid}",
            "--clear-groups",
            "--no-new-privs",
        ]
        open_to_it = all(
            subprocess.run([*lower, "test", "-r", str(path)]).returncode == 0 for path in reading
        )
        kept = "-all" if open_to_it else "-all,+dac_read_search"
        return [
            *lower,
            f"--inh-caps={kept}",
            f"--ambient-caps={kept}",
            f"--bounding-set={kept}",
            *arguments,
        ]

    def own(self, folder: Path) -> None:
        """Make the folder, private to this account."""
        folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(folder, self.uid, self.gid)
        folder.chmod(0o700)


def find_binaries(var: Path | None = None) -> Path:
    """The folder with initdb and pg_ctl of the newest PostgreSQL that has PostGIS.

    The machine's own first, then what was fetched below ``var`` without root.
    """
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda path: int(path.parent.name),
        reverse=True,
    )
    on_path = shutil.which("pg_config")
    for folder in [*folders, *([Path(on_path).resolve().parent] if on_path else [])]:
        if (folder / "initdb").exists() and _has_postgis(folder):
            return folder
    if var is not None and (var / "postgis/bin/initdb").exists():
        return var / "postgis/bin"
    raise Refusal(
        "PostGIS is not on this machine. Install the packages %(packages)s, or set "
        "DATABASE_URL to a database that has it.",
        packages=PACKAGES,
    )


def find_clients(var: Path) -> Path:
    """The folder of the newest pg_dump, pg_restore and psql, with or without a server beside."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda path: int(path.parent.name),
        reverse=True,
    )
    on_path = shutil.which("pg_dump")
    for folder in [*folders, *([Path(on_path).parent] if on_path else []), var / "postgis/bin"]:
        if all((folder / name).exists() for name in CLIENTS):
            return folder
    raise Refusal(
        "pg_dump, pg_restore and psql are not on this machine. Install the package "
        "postgresql-client."
    )


def _has_postgis(folder: Path) -> bool:
    share = subprocess.run([folder / "pg_config", "--sharedir"], capture_output=True, text=True)
    version_folder = Path("/usr/share/postgresql") / folder.parent.name
    return any(
        (Path(root) / "extension/postgis.control").exists()
        for root in (share.stdout.strip(), version_folder)
        if str(root)
    )


class Cluster:
    """The private cluster below ``var``."""

    def __init__(self, var: Path) -> None:
        self.account = Account.for_servers()
        self.var = var
        self.home = var / "postgres"
        self.data = self.home / "data"
        self.log = self.home / "server.log"
        self.socket = self.home / "socket"
        if len(str(self.socket)) > SOCKET_PATH_LIMIT:
            mark = sha256(str(var).encode()).hexdigest()[:12]
            self.socket = Path(f"/tmp/gridward-{self.account.uid}-{mark}")
        self.binaries = find_binaries(var)

    def dsn(self, user: str, database: str = DATABASE) -> str:
        return f"host='{self.socket}' user='{user}' dbname='{database}'"

    @contextmanager
    def running(self) -> Iterator[Cluster]:
        """The server is up inside the block; the last process to leave stops it."""
        self.var.mkdir(parents=True, exist_ok=True)
        with open(self.var / "cluster.lock", "w") as lock:
            with open(self.var / "cluster-start.lock", "w") as starting:
                fcntl.flock(starting, fcntl.LOCK_EX)  # one process at a time makes or starts
                fcntl.flock(lock, fcntl.LOCK_SH)
                self._create()
                self._start()
            try:
                yield self
            finally:
                with open(self.var / "cluster-start.lock", "w") as stopping:
                    fcntl.flock(stopping, fcntl.LOCK_EX)
                    try:
                        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        pass  # somebody else still uses it
                    else:
                        if self.running_now():  # it may have crashed meanwhile
                            self._control("stop", "--mode=fast")

    def _create(self) -> None:
        """initdb beside its place, then one rename: killed half-way, the next start begins anew."""
        if self.data.exists():
            return
        self.account.own(self.home)
        self._own_socket_folder()
        fresh = self.home / "fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        self._run(
            "make the database cluster",
            [
                str(self.binaries / "initdb"),
                "-D",
                str(fresh),
                "-U",
                SUPERUSER,
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "--auth-local=trust",
                "--auth-host=scram-sha-256",
                "--no-sync",
            ],
        )
        fresh.rename(self.data)

    def _start(self) -> None:
        if self.running_now():
            return
        if not self._anybody_in_data():
            # left by a killed server: the number in them may by now be that of another process, or
            # of a zombie, and then PostgreSQL would refuse to start
            for left in (self.data / "postmaster.pid", *self.socket.glob(".s.PGSQL.*.lock")):
                left.unlink(missing_ok=True)
        self._own_socket_folder()
        options = " ".join(f"-c {key}='{value}'" for key, value in SERVER_OPTIONS.items())
        self._control(
            "start",
            "-w",
            "-t",
            "60",
            "-l",
            str(self.log),
            "-o",
            f"{options} -c unix_socket_directories='{self.socket}'",
        )
        self._ensure_database()

    def _own_socket_folder(self) -> None:
        """Below /tmp anybody may have put something there first, to answer in our place."""
        if self.socket.parent != self.home:
            try:
                self.socket.mkdir(mode=0o700)
            except FileExistsError:
                found = self.socket.lstat()
                if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (
                    self.account.uid,
                    os.geteuid(),
                ):
                    raise Refusal(
                        "%(folder)s belongs to somebody else or is a link; remove it, "
                        "then start again.",
                        folder=self.socket,
                    ) from None
        self.account.own(self.socket)

    def _ensure_database(self) -> None:
        psql = [
            str(self.binaries / "psql"),
            "-h",
            str(self.socket),
            "-U",
            SUPERUSER,
            "-X",
            "-At",
            "-d",
            "postgres",
        ]
        found = self._run(
            "ask the database server", [*psql, "-c", "SELECT datname FROM pg_database"]
        )
        if DATABASE not in found.split():
            self._run("create the database", [*psql, "-c", f"CREATE DATABASE {DATABASE}"])

    def running_now(self) -> bool:
        status = subprocess.run(
            self.account.command(
                [str(self.binaries / "pg_ctl"), "-D", str(self.data), "status"], reading=[self.var]
            ),
            capture_output=True,
            cwd="/",
        )
        return status.returncode == 0 and self._anybody_in_data()

    def _anybody_in_data(self) -> bool:
        """Whether a live process works in the data folder, as every process of a server does."""
        data = self.data.resolve()
        for folder in Path("/proc").glob("[0-9]*/cwd"):
            try:
                if folder.readlink() == data:
                    return True
            except OSError:
                continue  # gone, a zombie, or somebody else's
        return False

    def _control(self, verb: str, *arguments: str) -> None:
        self._run(
            f"{verb} the database server",
            [str(self.binaries / "pg_ctl"), "-D", str(self.data), verb, *arguments],
        )

    def _run(self, what: str, arguments: Sequence[str]) -> str:
        # a server inherits its starter's output: a pipe would stay open as long as it lives
        self.account.own(self.home)
        report = self.home / f"command-{os.getpid()}.log"
        with open(report, "w+") as output:
            done = subprocess.run(
                self.account.command(arguments, reading=[self.var]),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
            )
            output.seek(0)
            text = output.read()
        report.unlink()
        if done.returncode != 0:
            raise Refusal("Could not %(what)s: %(why)s", what=what, why=self._reason(text))
        return text

    def _reason(self, text: str) -> str:
        """The last words of the command and of the server's own log, which says why."""
        log = self.log.read_text(errors="replace") if self.log.exists() else ""
        if "No space left on device" in text + log[-4000:]:
            return f"the disk that holds {self.var} is full; free some space and start again."
        lines = [line for line in (text + log[-2000:]).splitlines() if line.strip()]
        return " / ".join(lines[-4:]) or "it said nothing."


def python_command(
    account: Account, arguments: Sequence[str], reading: Sequence[Path], when_orphaned: str = "TERM"
) -> list[str]:
    """Run this same Python as the servers' account.

    The kernel sends it the signal when its parent dies: a supervisor that is killed leaves no
    server behind to hold the port or to work beside the next one.
    """
    interpreter = Path(sys.executable)
    return account.command(
        ["setpriv", f"--pdeathsig={when_orphaned}", str(interpreter), *arguments],
        reading=[interpreter, interpreter.resolve(), *reading],
    )

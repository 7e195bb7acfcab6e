"""The product as a person starts it: scripts in processes of their own, on a free port."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from app.settings import PROJECT

PATIENCE = 120  # seconds; a busy machine is slow, a broken server is silent for ever
OWN_SETTINGS = (
    "DATABASE_URL",
    "GRIDWARD_VAR",
    "GRIDWARD_APP_DATABASE_URL",
    "GRIDWARD_TODAY",
    "GRIDWARD_TIME_ZONE",
    "GRIDWARD_CITY",
    "GRIDWARD_HTTPS",
)


def environment(var: Path | None, **more: str) -> dict[str, str]:
    """The tester's environment without the tester's own settings of Gridward."""
    kept = {name: value for name, value in os.environ.items() if name not in OWN_SETTINGS}
    return kept | ({} if var is None else {"GRIDWARD_VAR": str(var)}) | more


def wait_for(condition: Callable[[], Any], what: str) -> Any:
    """The first answer that counts as true."""
    deadline = time.monotonic() + PATIENCE
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"waited too long for {what}"
        time.sleep(0.1)
    return answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def processes_of(var: Path) -> dict[int, str]:
    """Every live process that serves this folder, with its command line."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            told = (folder / "environ").read_bytes()
        except OSError:
            continue
        if command and (f"{var}/" in command or f"GRIDWARD_VAR={var}\0".encode() in told):
            found[int(folder.name)] = command
    return found


class Gridward:
    """`scripts/gridward` in processes of its own."""

    def __init__(self, var: Path | None, project: Path = PROJECT, **more: str) -> None:
        self.environment = environment(var, **more)
        self.project = project

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.project / "scripts/gridward", *words],
            text=True,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def __call__(self, *words: str, code: int = 0) -> tuple[str, str]:
        """What it wrote on stdout and on stderr; its exit code is as expected."""
        running = self.start(*words)
        out, err = running.communicate(timeout=PATIENCE)
        assert running.returncode == code, f"{words}: {running.returncode}\n{out}\n{err}"
        assert "Traceback" not in out + err
        return out, err

    def json(self, *words: str, code: int = 0) -> Any:
        return json.loads(self(*words, "--json", code=code)[0])


class Server:
    """`scripts/run` on a free port, with what it printed."""

    def __init__(self, var: Path | None, *words: str, project: Path = PROJECT, **more: str) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        descriptor, name = tempfile.mkstemp(prefix="gridward-run-")
        self._said = Path(name)
        with os.fdopen(descriptor, "wb") as stream:
            self.process = subprocess.Popen(
                [project / "scripts/run", "--port", str(self.port), *words],
                env=environment(var, **more),
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    @property
    def output(self) -> str:
        return self._said.read_text()

    def ready(self) -> Server:
        """Wait until it announced its address."""
        wait_for(lambda: "is ready" in self.output or self.process.poll() is not None, "the start")
        assert self.process.poll() is None, self.output
        return self

    def get(self, path: str) -> str:
        with self._opener.open(self.address + path, timeout=30) as answer:
            return str(answer.read().decode())

    def post(self, path: str, fields: Mapping[str, str]) -> str:
        request = urllib.request.Request(
            self.address + path, urlencode(fields).encode(), {"Referer": self.address + path}
        )
        with self._opener.open(request, timeout=30) as answer:
            return str(answer.read().decode())

    def sign_in(self, name: str) -> str:
        """Sign in with the password that the start printed; answers the first page."""
        password = re.search(r"Password for everybody: (\S+)", self.output)
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get("/sign-in"))
        assert password and token
        return self.post(
            "/sign-in", {"name": name, "password": password.group(1), "csrf_token": token.group(1)}
        )

    def demo_progress(self) -> dict[str, Any]:
        progress: dict[str, Any] = json.loads(self.get("/demo-progress"))
        return progress

    def wait_for_demo(self) -> dict[str, Any]:
        return (
            wait_for(
                lambda: self.demo_progress() if self.demo_progress()["over"] else None,
                "the demo city",
            )
            or {}
        )

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; answers its exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def end(self) -> None:
        if self.process.poll() is None:
            self.stop()
        self._said.unlink()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Starts servers and ends those that the test left running."""
    started: list[Server] = []

    def start(var: Path | None, *words: str, **more: Any) -> Server:
        started.append(Server(var, *words, **more))
        return started[-1]

    yield start
    for server in started:
        server.end()


def fresh_var() -> Path:
    """A folder that the servers' account can enter; pytest's own is private to the tester."""
    folder = Path(tempfile.mkdtemp(prefix="gridward-journey-"))
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    """The module's GRIDWARD_VAR; nothing serves it any more when the module ends."""
    folder = fresh_var()
    yield folder
    left = processes_of(folder)
    for number in left:
        os.kill(number, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)
    assert not left, f"left running: {left}"

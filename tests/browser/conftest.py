"""A running server with the demo city, and pages signed in to it in a real browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.error import URLError
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from app.db.cluster import Account, python_command
from app.settings import PROJECT, Settings
from tests.conftest import PASSWORD, TODAY, Databases

# without these Chromium looks for its maker's hosts at every start
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PageFor = Callable[..., Page]


@pytest.fixture(scope="session")
def server(databases: Databases, demo_name: str, settings: Settings) -> Iterator[str]:
    """The address of a server over the demo city on the fixed day."""
    with serving(databases.app_dsn(demo_name), settings) as address:
        yield address


@contextmanager
def serving(dsn: str, settings: Settings) -> Iterator[str]:
    """A server over this database on the fixed day."""
    port = free_port()
    environment = os.environ | {
        "GRIDWARD_APP_DATABASE_URL": dsn,
        "GRIDWARD_VAR": str(settings.var),
        "GRIDWARD_TODAY": TODAY.isoformat(),
    }
    settings.key("session_key")
    command = python_command(
        Account.for_servers(),
        [
            "-m",
            "granian",
            "--interface",
            "wsgi",
            "--factory",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--workers",
            "1",
            "--blocking-threads",
            "1",
            "--no-ws",
            "--log-level",
            "warning",
            "app:create_app",
        ],
        [PROJECT, settings.var],
    )
    account = Account.for_servers()
    for folder in (settings.keys, settings.photos):
        account.own(folder)
    for key in settings.keys.iterdir():
        shutil.chown(key, account.uid, account.gid)
    process = subprocess.Popen(command, env=environment, cwd=PROJECT)
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(address: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        yield launched
        launched.close()


@pytest.fixture
def page_for(browser: Browser, server: str) -> Iterator[PageFor]:
    """Opens pages signed in as a demo person; each notes the requests that leave the server."""
    contexts = []

    def open_page(
        role: str | None,
        viewport: tuple[int, int] = (1366, 768),
        language: str = "en",
        scheme: str = "light",
    ) -> Page:
        context = browser.new_context(
            base_url=server,
            viewport={"width": viewport[0], "height": viewport[1]},
            locale="en-GB" if language == "en" else "zh-CN",
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.foreign_requests = []  # type: ignore[attr-defined]
        page.on("request", lambda request: note_foreign(page, request, server))
        if role is not None:
            page.goto("/sign-in")
            page.fill("[name=name]", role)
            page.fill("[name=password]", PASSWORD)
            page.click("form[action$='/sign-in'] button[type=submit]")
            page.wait_for_url(lambda url: "/sign-in" not in url)
        return page

    yield open_page
    for context in contexts:
        context.close()


def note_foreign(page: Page, request: Request, server: str) -> None:
    parts = urlsplit(request.url)
    if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != urlsplit(server).netloc:
        page.foreign_requests.append(request.url)  # type: ignore[attr-defined]

"""`./scripts/run`: the database, the demo on a first start, the web server and the worker."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from urllib.error import URLError

import click

from app.db.cluster import Account, python_command
from app.db.connection import Database
from app.db.deployment import deployment
from app.demo import actions as demo
from app.demo.people import SIGN_INS
from app.errors import Refusal
from app.identity.model import SERVICE_PERSON
from app.jobs import actions as jobs
from app.jobs.queue import JobQueue
from app.settings import PROJECT, Settings, operating_system_user, read_settings

HOST = "127.0.0.1"
WEB_PROCESSES = 2
SECONDS_TO_ANSWER = 60
SECONDS_TO_STOP = 10


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--no-demo", is_flag=True, help="Do not fill an empty database with the demo city.")
def serve(port: int, no_demo: bool) -> None:
    """Set up what is missing and serve Gridward until Ctrl-C."""
    settings = read_settings()
    refuse_taken_port(port)
    # a stop at any moment, by a service manager or a closed terminal, takes the same clean way out
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays in force
            signal.signal(number, lambda *_: sys.exit(0))
    account = Account.for_servers()
    for folder in (settings.keys, settings.uploads, settings.photos):
        settings.var.mkdir(parents=True, exist_ok=True)
        account.own(folder)
    settings.key("session_key")
    with deployment(settings) as dsn:
        filling = begin_demo(settings, dsn, wanted=not no_demo)
        run_servers(settings, account, dsn, port, filling)


def refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise Refusal(
                "Port %(port)s is taken by another program. Stop that program, or "
                "start with --port and another number.",
                port=port,
            ) from None


def begin_demo(settings: Settings, dsn: str, wanted: bool) -> bool:
    """People and levels at once; the rest is left to the worker."""
    database = Database(dsn, os_user=operating_system_user())
    queue = JobQueue(dsn)
    try:
        with database.transaction_as(SERVICE_PERSON) as tx:
            if not (wanted and demo.prepare(tx, demo.demo_password(settings), settings.today())):
                return demo.present(tx)
            job = jobs.latest_of_kind(tx, "demo")
            number = job.no if job and not job.over else jobs.ask(tx, "demo", {})
        queue.enqueue(number)
        return True
    finally:
        queue.close()
        database.close()


def run_servers(settings: Settings, account: Account, dsn: str, port: int, with_demo: bool) -> None:
    """Web server and worker as the ordinary account, until one ends or somebody stops us."""
    environment = os.environ | {
        "GRIDWARD_APP_DATABASE_URL": dsn,
        "GRIDWARD_VAR": str(settings.var),
        "HOME": str(settings.var),
    }
    environment.pop("DATABASE_URL", None)  # the servers never hold the stronger role
    reading = [PROJECT, settings.var]
    web = python_command(
        account,
        [
            "-m",
            "granian",
            "--interface",
            "wsgi",
            "--factory",
            "--host",
            HOST,
            "--port",
            str(port),
            "--workers",
            str(WEB_PROCESSES),
            "--blocking-threads",
            "1",
            "--no-ws",
            # a process that is asked to stop while it still loads misses the signal
            "--workers-kill-timeout",
            str(SECONDS_TO_STOP // 2),
            "--log-level",
            "warning",
            "app:create_app",
        ],
        reading,
    )
    # killed at once when orphaned: going on with its job it would meet the next start's worker
    worker = python_command(account, ["-m", "app.worker"], reading, when_orphaned="KILL")
    running = [subprocess.Popen(command, env=environment, cwd=PROJECT) for command in (worker, web)]
    try:
        wait_until_answering(port, running)
        announce(settings, port, with_demo)
        while all(process.poll() is None for process in running):
            time.sleep(0.5)
        raise Refusal("A server process ended by itself; its last words are above.")
    except KeyboardInterrupt:
        pass
    finally:
        stop(running)


def wait_until_answering(port: int, running: Sequence[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + SECONDS_TO_ANSWER
    # as a TLS proxy would ask: a deployment behind one answers nothing else
    question = urllib.request.Request(
        f"http://{HOST}:{port}/healthz", headers={"X-Forwarded-Proto": "https"}
    )
    while time.monotonic() < deadline:
        if any(process.poll() is not None for process in running):
            raise Refusal("A server process ended by itself; its last words are above.")
        try:
            with urllib.request.urlopen(question, timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise Refusal(
        "The web server did not answer within %(seconds)s seconds.", seconds=SECONDS_TO_ANSWER
    )


def announce(settings: Settings, port: int, with_demo: bool) -> None:
    click.echo(f"\n  Gridward 网格守望 is ready: http://{HOST}:{port}\n")
    if with_demo:
        password = demo.demo_password(settings)
        click.echo(f"  Demo city (invented). Password for everybody: {password}")
        for sign_in, words in SIGN_INS.items():
            click.echo(f"    {sign_in:<13} {words}")
        click.echo("")
    else:
        click.echo(
            "  Add the first administrator with:\n"
            "    ./scripts/gridward people add NAME --role admin --commit\n"
        )
    click.echo("  Stop with Ctrl-C.")


def stop(running: Sequence[subprocess.Popen[bytes]]) -> None:
    """Ask each process to end; one that does not is killed."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for process in running:
        if process.poll() is None:
            process.terminate()
    for process in running:
        try:
            process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def main() -> None:
    logging.basicConfig(level=logging.WARNING)
    try:
        serve(standalone_mode=False)
    except Refusal as refusal:
        click.echo(str(refusal), err=True)
        sys.exit(1)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(wrong.exit_code)
    except (KeyboardInterrupt, click.exceptions.Abort):
        sys.exit(130)
    except OSError as fault:
        click.echo(
            f"{fault.filename or 'A file'} cannot be read or written: {fault.strerror}.", err=True
        )
        sys.exit(1)


if __name__ == "__main__":
    main()

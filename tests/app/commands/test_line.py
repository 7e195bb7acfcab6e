"""Wrong use, wrong settings, faults of ours, the doctor and the demo."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from app.grids import actions as grids
from tests.app.commands.line import City, CommandLine


def test_doctor(inspected_city: CommandLine, city: City) -> None:
    document = inspected_city.json("doctor")
    assert document["sound"] is True
    assert set(document) == {"sound", "checks", "grids_without_anybody", "health"}
    assert all(
        set(check) == {"check", "faults", "examples"} and not check["faults"]
        for check in document["checks"]
    )
    city.one("UPDATE gridward.target SET grid_no = 0 WHERE kind = 'unit' RETURNING no")
    answer = inspected_city("doctor", "--json", code=1)
    assert answer.document["sound"] is False
    assert any(check["faults"] and check["examples"] for check in answer.document["checks"])
    assert answer.err.strip() == "The data are not sound; see the checks above."


def test_the_demo_is_written_once_and_only_into_nothing(squares: CommandLine, city: City) -> None:
    refusal = "This database already has data; the demo is only written into an empty one."
    assert squares.refused("demo") == refusal
    city.put_back("nothing")
    answer = squares("demo", "--json")
    assert set(answer.document) == {"city", "units"} and answer.document["units"] == 5000
    assert "Registering the units" in answer.err, "progress goes to stderr"
    assert squares.refused("demo") == refusal
    assert squares.json("doctor")["sound"] is True


def test_wrong_use_is_2_and_help_is_0(squares: CommandLine) -> None:
    assert squares("--help").out.startswith(b"Usage: gridward [OPTIONS]")
    assert "No such command 'nope'" in squares("nope", code=2).err
    assert squares(code=2).out == b""
    assert "No such option '--nope'" in squares("doctor", "--nope", code=2).err


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("GRIDWARD_VAR", "/proc/nope", "/proc/nope cannot be read or written: No such file"),
        ("GRIDWARD_VAR", "/etc/hostname", "/etc/hostname cannot be read or written: File exists"),
        ("GRIDWARD_TIME_ZONE", "Mars/Olympus", "Mars/Olympus, which is not a time zone"),
        ("GRIDWARD_TODAY", "2026-13-01", "write it like 2026-11-21"),
        ("DATABASE_URL", "rubbish", "DATABASE_URL is not the address of a database"),
        ("DATABASE_URL", "host=/nowhere", "DATABASE_URL is not the address of a database"),
        (
            "DATABASE_URL",
            "postgresql://x@127.0.0.1:1/x",
            "The database of DATABASE_URL does not answer: ",
        ),
    ],
)
def test_wrong_settings_are_sentences(
    city: City,
    tmp_path: Path,
    name: str,
    value: str,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(name, value)
    assert sentence in CommandLine(tmp_path).refused("editions", "list")


def test_a_fault_of_ours_is_a_number_for_people_and_a_reason_in_the_log(
    squares: CommandLine, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(tx: object) -> None:
        raise RuntimeError("the secret reason")

    monkeypatch.setattr(grids, "editions", break_down)
    refusal = squares.refused("editions", "list")
    incident = re.search(r"\(incident ([0-9a-f]{8})\)", refusal)
    assert incident and "secret" not in refusal
    log = (city.cluster.var / "errors.log").read_text()
    assert incident.group(1) in log and "the secret reason" in log


def test_a_database_that_is_lost_in_the_middle_is_a_sentence(
    squares: CommandLine, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(tx: Any) -> list[Any]:
        city.admin(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'gridward'"
        )
        return list(tx.rows("SELECT 1"))

    monkeypatch.setattr(grids, "editions", cut_off)
    assert re.match(
        "The database (stopped answering|does not answer)", squares.refused("editions", "list")
    )

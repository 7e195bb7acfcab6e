"""What a deployment may choose, and the secrets that it keeps."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path

import pytest

from app.errors import Refusal
from app.settings import PROJECT, Settings, operating_system_user, read_settings


def test_nothing_set_is_a_whole_deployment() -> None:
    assert read_settings({}) == Settings()
    assert Settings().var == PROJECT / "var"
    assert Settings().keys == PROJECT / "var" / "keys"


def test_every_variable_is_read(tmp_path: Path) -> None:
    found = read_settings(
        {
            "GRIDWARD_VAR": str(tmp_path),
            "DATABASE_URL": "postgresql://a/b",
            "GRIDWARD_APP_DATABASE_URL": "postgresql://c/d",
            "GRIDWARD_TIME_ZONE": "Europe/Oslo",
            "GRIDWARD_TODAY": "2026-11-21",
            "GRIDWARD_HTTPS": "1",
            "GRIDWARD_CITY": "望江",
        }
    )
    assert found == Settings(
        var=tmp_path,
        database_url="postgresql://a/b",
        app_database_url="postgresql://c/d",
        time_zone="Europe/Oslo",
        fixed_today=date(2026, 11, 21),
        public_https=True,
        city_name="望江",
    )


def test_an_empty_variable_is_one_that_is_not_set() -> None:
    names = (
        "GRIDWARD_VAR",
        "DATABASE_URL",
        "GRIDWARD_APP_DATABASE_URL",
        "GRIDWARD_TODAY",
        "GRIDWARD_HTTPS",
        "GRIDWARD_CITY",
        "GRIDWARD_TIME_ZONE",
    )
    assert read_settings(dict.fromkeys(names, "")) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GRIDWARD_TIME_ZONE", "Mars/Olympus"),
        ("GRIDWARD_TIME_ZONE", "../etc/passwd"),
        ("GRIDWARD_TIME_ZONE", "x'; DROP TABLE grid"),
        ("GRIDWARD_TODAY", "21.11.2026"),
        ("GRIDWARD_TODAY", "2026-02-30"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(Refusal) as refusal:
        read_settings({name: value})
    assert name in str(refusal.value) and value in str(refusal.value)


def test_passwords_are_not_shown() -> None:
    shown = repr(
        read_settings(
            {
                "DATABASE_URL": "postgresql://a:hunter2@h/d",
                "GRIDWARD_APP_DATABASE_URL": "postgresql://a:hunter3@h/d",
            }
        )
    )
    assert "hunter" not in shown


def test_the_fixed_day_keeps_the_hour() -> None:
    fixed = Settings(fixed_today=date(2026, 6, 30))
    now = datetime.now(fixed.zone)
    assert fixed.today() == fixed.now().date() == date(2026, 6, 30)
    assert abs(fixed.now().hour - now.hour) in (0, 1, 23)
    assert Settings().now().tzinfo == Settings().zone


def test_a_key_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path)
    first = settings.key("session_key")
    assert len(first) > 30 and settings.key("session_key") == first
    assert Settings(var=tmp_path).key("session_key", lambda: "another") == first
    assert settings.key("other") != first
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "keys" / "session_key").stat().st_mode) == 0o600
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == ["other", "session_key"]


def test_two_that_make_a_key_at_once_agree(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path)
    with ThreadPoolExecutor(8) as together:
        made = set(together.map(lambda _: settings.key("session_key"), range(8)))
    assert len(made) == 1


def test_whoever_typed_the_command_is_known_behind_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "root")
    monkeypatch.setenv("SUDO_USER", "li")
    assert operating_system_user() == "li"
    monkeypatch.delenv("SUDO_USER")
    assert operating_system_user() == "root"

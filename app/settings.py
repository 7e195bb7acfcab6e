"""Every setting of a deployment, read once from the environment; nothing else reads it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.errors import Refusal

PROJECT = Path(__file__).resolve().parent.parent
FRONT_END_PACKAGES = PROJECT / "node_modules"
LONGEST_AGE = 3660  # days


@dataclass(frozen=True)
class Settings:
    """The deployment's choices.  README lists each variable; a test compares the two."""

    var: Path = PROJECT / "var"  # GRIDWARD_VAR
    database_url: str | None = field(default=None, repr=False)  # DATABASE_URL
    app_database_url: str | None = field(default=None, repr=False)  # GRIDWARD_APP_DATABASE_URL
    time_zone: str = "Asia/Shanghai"  # GRIDWARD_TIME_ZONE
    fixed_today: date | None = None  # GRIDWARD_TODAY: for tests and pictures
    public_https: bool = False  # GRIDWARD_HTTPS=1 behind a TLS proxy
    city_name: str | None = None  # GRIDWARD_CITY: as pages name the city
    password_days: int = 180  # GRIDWARD_PASSWORD_DAYS: then a new one is asked for; 0 never
    admin_totp: bool = True  # GRIDWARD_ADMIN_TOTP=0: admins without a second factor

    @property
    def keys(self) -> Path:
        return self.var / "keys"

    @property
    def uploads(self) -> Path:
        return self.var / "uploads"

    @property
    def photos(self) -> Path:
        return self.var / "photos"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def now(self) -> datetime:
        """The instant; its day is the fixed one where a deployment sets it."""
        moment = datetime.now(self.zone)
        if self.fixed_today is None:
            return moment
        return datetime.combine(self.fixed_today, moment.timetz())

    def today(self) -> date:
        return self.fixed_today or datetime.now(self.zone).date()

    def remember_time_zone(self) -> None:
        """Keep the zone beside the data: a later command without the variable counts days alike."""
        path = self.var / "time_zone"
        if not path.exists() or path.read_text().strip() != self.time_zone:
            self.var.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(f".{os.getpid()}")
            fresh.write_text(self.time_zone + "\n")
            fresh.rename(path)  # whole or not at all

    def key(self, name: str, make: Callable[[], str] = secrets.token_urlsafe) -> str:
        """A secret of this deployment, made on first use and kept in the keys folder."""
        path = self.keys / name
        if not path.exists():
            self.keys.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = path.with_suffix(f".{secrets.token_hex(4)}")
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as stream:
                stream.write(make())
            try:
                os.link(fresh, path)  # the first of two processes wins, whole
            except FileExistsError:
                pass
            fresh.unlink()
            parent = self.keys.stat()
            if os.geteuid() == 0:  # the servers run as the folder's owner
                os.chown(path, parent.st_uid, parent.st_gid)
        return path.read_text().strip()


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment; a value that cannot be used is refused with a sentence."""
    values = os.environ if environment is None else environment
    var = Path(values.get("GRIDWARD_VAR") or PROJECT / "var").resolve()
    zone = values.get("GRIDWARD_TIME_ZONE") or _remembered_zone(var) or Settings.time_zone
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refusal(
            "GRIDWARD_TIME_ZONE is %(zone)s, which is not a time zone; "
            "write one like Asia/Shanghai.",
            zone=zone,
        ) from None
    today = values.get("GRIDWARD_TODAY")
    try:
        fixed = date.fromisoformat(today) if today else None
    except ValueError:
        raise Refusal(
            "GRIDWARD_TODAY is %(today)s; write it like 2026-11-21.", today=today
        ) from None
    days = values.get("GRIDWARD_PASSWORD_DAYS") or str(Settings.password_days)
    if not (days.isascii() and days.isdigit() and int(days) <= LONGEST_AGE):
        raise Refusal(
            "GRIDWARD_PASSWORD_DAYS is %(days)s; write a number of days from 0 to %(most)s.",
            days=days[:40],
            most=LONGEST_AGE,
        )
    return Settings(
        var=var,
        database_url=values.get("DATABASE_URL") or None,
        app_database_url=values.get("GRIDWARD_APP_DATABASE_URL") or None,
        time_zone=zone,
        fixed_today=fixed,
        public_https=values.get("GRIDWARD_HTTPS") == "1",
        city_name=values.get("GRIDWARD_CITY") or None,
        password_days=int(days),
        admin_totp=values.get("GRIDWARD_ADMIN_TOTP") != "0",
    )


def _remembered_zone(var: Path) -> str | None:
    path = var / "time_zone"
    return path.read_text().strip() if path.exists() else None


def operating_system_user() -> str:
    """Who typed the command, also behind sudo; for the audit log."""
    return os.environ.get("SUDO_USER") or os.environ.get("USER") or str(os.getuid())

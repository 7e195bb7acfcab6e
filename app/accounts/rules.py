"""What an account owes before anything else opens, and what a device is called."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.identity.model import Reader

PASSWORD, SECOND_FACTOR = "password", "second_factor"  # what may be owed
AGENT_LENGTH = 300
# the first that the browser's own words hold; the special ones call themselves Chrome or Safari too
BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("HuaweiBrowser", "Huawei Browser"),
    ("QQBrowser", "QQ Browser"),
    ("UCBrowser", "UC Browser"),
    ("OPR/", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("OpenHarmony", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def owed(reader: Reader, password_days: int, admin_totp: bool, now: datetime) -> str | None:
    """What the reader must settle first: PASSWORD, SECOND_FACTOR, or nothing.

    Nobody owes anything for a password that is printed for everybody: the demo's.
    """
    if reader.password_kind == "shown":
        return None
    aged = password_days and now - reader.password_set_at >= timedelta(days=password_days)
    if reader.password_kind == "one_time" or aged:
        return PASSWORD
    if admin_totp and "admin" in reader.roles and not reader.second_factor:
        return SECOND_FACTOR
    return None


def device_of(agent: str) -> tuple[str | None, str | None]:
    """Browser and system by the names that people know; None for what is not known.

    >>> device_of("Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/120.0 Safari/537.36 Edg/120.0")
    ('Edge', 'Windows')
    """
    browser = next((name for sign, name in BROWSERS if sign in agent), None)
    system = next((name for sign, name in SYSTEMS if sign in agent), None)
    return browser, system

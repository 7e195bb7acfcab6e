"""What makes some of the invented units more than a name: key units with their people, a mall
with its shops, one that closed for a while, and two that were registered twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import pandas as pd

from app.db.connection import Transaction
from app.demo.model import DemoCity
from app.demo.wording import SURNAMES
from app.units import actions as units
from app.units.model import Change
from app.units.rules import CODE_SIGNS, check_sign

KEY_UNITS, HIGH_RISK, MALL_SHOPS = 30, 6, 7
BASIS = "市消防救援支队 2025 年第 1 号公告"
MALL_NAME = "霁月广场 Jiyue Plaza"
DAYS_CLOSED = (210, 95)  # before today


@dataclass(frozen=True)
class UnitLives:
    """Which units, by id."""

    key: tuple[str, ...]
    high_risk: tuple[str, ...]
    mall: str
    shops: tuple[str, ...]
    closed: tuple[str, date, date]  # and from when to when
    twins: tuple[tuple[str, str], ...]  # a unit, and the one that is called like it


def choose_lives(city: DemoCity, today: date) -> UnitLives:
    """The same ones each time: those that the city's own order brings first."""
    located = city.units[city.units["lon"].notna()].set_index("id")
    kinds = located["class"]
    key = kinds[kinds == "key_unit"].index[:KEY_UNITS]
    risky = kinds[kinds == "entertainment"].index[:HIGH_RISK]
    trade = located[kinds.isin(("shop", "restaurant"))]
    crowd = _nearest(trade, _most_crowded(trade), MALL_SHOPS + 5)
    restaurant = kinds[kinds == "restaurant"].index.difference(crowd)[20]
    since, until = (today - timedelta(days=days) for days in DAYS_CLOSED)
    twins = tuple(
        (one, _nearest(trade, one, 2)[1]) for one in trade.index.difference(crowd)[[300, 700]]
    )
    return UnitLives(
        tuple(key),
        tuple(risky),
        crowd[0],
        crowd[1 : MALL_SHOPS + 1],
        (restaurant, since, until),
        twins,
    )


def _nearest(frame: pd.DataFrame, unit: str, count: int) -> tuple[str, ...]:
    """The unit itself and those nearest to it."""
    away = np.hypot(frame["lon"] - frame["lon"][unit], frame["lat"] - frame["lat"][unit])
    return tuple(away.sort_values(kind="stable").index[:count])


def _most_crowded(frame: pd.DataFrame) -> str:
    cells = (frame[["lon", "lat"]] / 0.001).round().astype(int)
    size = cells.groupby(["lon", "lat"])["lon"].transform("size")
    return str(size.index[int(size.to_numpy().argmax())])


def without_closed_days(visits: pd.DataFrame, lives: UnitLives) -> pd.DataFrame:
    """Nobody visited the unit while it was closed."""
    unit, since, until = lives.closed
    closed = (
        (visits["unit"] == unit)
        & (visits["at"] >= pd.Timestamp(datetime.combine(since, time.min)))
        & (visits["at"] < pd.Timestamp(datetime.combine(until, time.min)))
    )
    return visits[~closed]


def live(tx: Transaction, city: DemoCity, lives: UnitLives, today: date) -> None:
    """Write them down as an administrator would have, one change after the other."""
    first_day = today - timedelta(days=400)
    names = city.units.set_index("id")["name"]
    addresses = city.units.set_index("id")["address"]
    for position, unit in enumerate((*lives.key, *lives.high_risk)):
        importance = "key" if unit in lives.key else "high_risk"
        units.set_class(
            tx, _change(tx, unit, first_day, today, BASIS), "importance", importance, today
        )
        facts = _facts(position) | {"name": names[unit], "address": addresses[unit]}
        change = _change(tx, unit, first_day, today, "户籍化档案")
        units.edit(tx, change, units.checked_facts(facts), today)
    mall = {"name": MALL_NAME, "address": addresses[lives.mall]} | _facts(90)
    change = _change(tx, lives.mall, first_day, today, None)
    units.edit(tx, change, units.checked_facts(mall), today)
    change = _change(tx, lives.mall, first_day, today, None)
    units.set_class(tx, change, "kind", "mall", today)
    for shop in lives.shops:
        units.set_parent(tx, _change(tx, shop, first_day, today, None), lives.mall, today)
    _close_for_a_while(tx, lives, today)
    for one, twin in lives.twins:
        facts = {"name": f"{names[one]}（老店）", "address": addresses[one]}
        units.edit(
            tx, _change(tx, twin, today, today, "重新登记"), units.checked_facts(facts), today
        )
    units.find_duplicates(tx, today)


def _close_for_a_while(tx: Transaction, lives: UnitLives, today: date) -> None:
    unit, since, until = lives.closed
    units.close(tx, _change(tx, unit, since, today, "停业装修"), today)
    units.reopen(tx, _change(tx, unit, until, today, "装修完毕，恢复营业"), today)


def _change(tx: Transaction, unit: str, on: date, today: date, reason: str | None) -> Change:
    no = units.unit_number(tx, unit)
    return Change(no, units.unit(tx, no, today).version, on, reason)


def _facts(position: int) -> dict[str, str]:
    """A credit code with its check sign, people, an office's number and opening hours."""
    digits = f"91340599MA{position:06d}"
    body = digits + CODE_SIGNS[position % len(CODE_SIGNS)]
    first, second = (SURNAMES[(position * step) % len(SURNAMES)].zh for step in (7, 11))
    return {
        "credit_code": body + check_sign(body),
        "responsible": f"{first}国安",
        "manager": f"{second}静",
        "phone": f"0555-{6_100_000 + position}",
        "hours_text": "周一至周日 09:00-22:00" if position % 3 else "周一至周五 8:30-17:30",
    }

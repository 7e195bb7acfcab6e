"""Eighteen months of invented visits: a working rhythm, better and worse areas, honest gaps."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.demo.model import DemoCity

#: 18 months; the period ends on the last day.
DAYS = 548
#: Days of the last half year, in which one town improves and another declines.
RECENT_DAYS = 182
#: Shortest and longest time between two visits to an ordinary unit, in days.
INTERVALS = (45.0, 120.0)
KEY_UNIT_INTERVAL = 29.0
NEGLECTED_COMMUNITIES = 7
SHARE_NEVER_VISITED = 0.035
MOST_VISITS = 20
SHARE_ON_WALKING_DAY = 0.6
SHARE_OF_SATURDAYS_WORKED = 0.15
#: Around the spring festival, 1 to 10 February here, few visits take place.
QUIET_MONTH, QUIET_DAYS, SHARE_KEPT_WHEN_QUIET = 2, 10, 0.2
SATURDAY, SUNDAY = 5, 6

OUTCOMES = {
    "done": 0.92,
    "locked": 0.04,
    "refused": 0.01,
    "moved": 0.01,
    "closed": 0.01,
    "not_found": 0.01,
}
#: Chance of a hazard at a completed visit, by class; 0.07 elsewhere.
HAZARD_CHANCES = {"restaurant": 0.14, "workshop": 0.16, "warehouse": 0.13, "rental": 0.15}
#: How the visits of a day spread over the hours 9 to 16, with a break at noon.
HOUR_WEIGHTS = np.array([0.17, 0.2, 0.14, 0.03, 0.06, 0.16, 0.15, 0.09])


@dataclass(frozen=True)
class Diligence:
    """Per unit: days between visits, and the chance that a planned visit takes place."""

    interval: NDArray[np.float64]
    kept_before: NDArray[np.float64]
    kept_recently: NDArray[np.float64]


def generate_inspections(city: DemoCity, last_day: date, seed: int = 21) -> pd.DataFrame:
    """Return the visits ``id, unit, at, outcome, result`` of 18 months ending on `last_day`.

    `at` is local time without zone; `result` is 'ok' or 'hazard' where the outcome is done,
    else None. The same arguments give the same frame.
    """
    rng = np.random.default_rng(seed)
    diligence = _diligence(city, rng)
    unit, day = _planned_visits(diligence, rng)
    unit, days = _on_working_days(unit, np.datetime64(last_day, "D") - (DAYS - 1) + day, city, rng)
    kept = days <= np.datetime64(last_day, "D")
    return _as_frame(city, unit[kept], days[kept], rng)


def _diligence(city: DemoCity, rng: np.random.Generator) -> Diligence:
    """Draw how diligent the people of each block are, then bend it for a few places."""
    block_of = city.unit_blocks.to_numpy(dtype=object)
    codes, block = np.unique(block_of, return_inverse=True)
    care = rng.beta(2.6, 1.5, len(codes))[block]
    shortest, longest = INTERVALS
    spread = rng.normal(0, 9, len(block))
    interval = np.clip(longest - (longest - shortest) * care + spread, shortest, longest)
    kept = np.clip(0.45 + 0.65 * care, 0.0, 1.0)
    neglected, improved, declined = _remarkable_places(city, rng)
    parents = np.array([code[:4] for code in block_of])
    towns = np.array([code[:2] for code in block_of])
    kept = np.where(np.isin(parents, neglected), 0.16, kept)
    kept = np.where(rng.random(len(kept)) < SHARE_NEVER_VISITED, 0.0, kept)
    key_unit = (city.units["class"] == "key_unit").to_numpy()
    return Diligence(
        interval=np.where(key_unit, KEY_UNIT_INTERVAL, interval),
        kept_before=np.where(towns == improved, kept * 0.45, kept),
        kept_recently=np.where(towns == declined, kept * 0.4, kept),
    )


def _remarkable_places(city: DemoCity, rng: np.random.Generator) -> tuple[list[str], str, str]:
    """Return the neglected communities, the town that improved and the one that declined."""
    communities = city.boundaries["community"]["code"].to_numpy(dtype=object)
    towns = rng.permutation(city.boundaries["town"]["code"].to_numpy(dtype=object)[1:])
    improved, declined = str(towns[0]), str(towns[1])
    ordinary = [code for code in communities if code[:2] not in (improved, declined)]
    neglected = rng.choice(np.array(ordinary, dtype=object), NEGLECTED_COMMUNITIES, replace=False)
    return [str(code) for code in neglected], improved, declined


def _planned_visits(
    diligence: Diligence, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return unit index and day (0 is the first) of each visit that takes place."""
    count = len(diligence.interval)
    first = rng.random(count) * diligence.interval
    turns = np.arange(MOST_VISITS)
    day = first[:, None] + turns * diligence.interval[:, None]
    day = day + rng.normal(0, 3, day.shape)
    recent = day >= DAYS - RECENT_DAYS
    chance = np.where(recent, diligence.kept_recently[:, None], diligence.kept_before[:, None])
    kept = (rng.random(day.shape) < chance) & (day >= 0) & (day < DAYS)
    unit, turn = np.nonzero(kept)
    return unit, np.floor(day[unit, turn]).astype(np.int64)


def _on_working_days(
    unit: NDArray[np.int64],
    days: NDArray[np.datetime64],
    city: DemoCity,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.datetime64]]:
    """Move visits to days on which people work; most of early February falls away."""
    blocks = city.unit_blocks.astype("category").cat.codes.to_numpy()
    # Each block has its walking day, so that neighbours are seen on one round.
    walking_day = rng.integers(0, 5, blocks.max() + 1)[blocks][unit]
    on_round = rng.random(len(unit)) < SHARE_ON_WALKING_DAY
    days = np.where(on_round, days + (walking_day - _weekday(days)) % 7, days)
    saturday_work = rng.random(len(unit)) < SHARE_OF_SATURDAYS_WORKED
    weekend = (_weekday(days) == SUNDAY) | ((_weekday(days) == SATURDAY) & ~saturday_work)
    # Into one of the five working days that follow, so that no Monday piles up.
    next_week = days + 7 - _weekday(days) + rng.integers(0, 5, len(days))
    days = np.where(weekend, next_week, days)
    present = ~_in_quiet_season(days) | (rng.random(len(unit)) < SHARE_KEPT_WHEN_QUIET)
    return unit[present], days[present]


def _in_quiet_season(days: NDArray[np.datetime64]) -> NDArray[np.bool_]:
    month_start = days.astype("datetime64[M]")
    # Months are counted from January 1970.
    month = month_start.astype(np.int64) % 12 + 1
    day_of_month = (days - month_start.astype("datetime64[D]")).astype(np.int64) + 1
    return np.asarray((month == QUIET_MONTH) & (day_of_month <= QUIET_DAYS))


def _weekday(days: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Return 0 for Monday to 6 for Sunday; day 0 of the epoch was a Thursday."""
    return (days.astype("datetime64[D]").astype(np.int64) + 3) % 7


def _as_frame(
    city: DemoCity,
    unit: NDArray[np.int64],
    days: NDArray[np.datetime64],
    rng: np.random.Generator,
) -> pd.DataFrame:
    minutes = 60 * rng.choice(np.arange(9, 17), len(unit), p=HOUR_WEIGHTS)
    minutes = minutes + rng.integers(0, 60, len(unit))
    outcomes = np.array(list(OUTCOMES), dtype=object)
    outcome = rng.choice(outcomes, len(unit), p=list(OUTCOMES.values()))
    kinds = city.units["class"].iloc[unit]
    hazard = rng.random(len(unit)) < kinds.map(HAZARD_CHANCES).fillna(0.07).to_numpy()
    result = np.where(hazard, "hazard", "ok").astype(object)
    result[outcome != "done"] = None
    at = days.astype("datetime64[s]") + minutes.astype("timedelta64[m]")
    frame = pd.DataFrame(
        {
            "unit": city.units["id"].to_numpy(dtype=object)[unit],
            "at": at,
            "outcome": outcome,
            "result": result,
        }
    ).sort_values(["at", "unit"], kind="stable", ignore_index=True)
    frame.insert(0, "id", [f"I{number:06d}" for number in range(1, len(frame) + 1)])
    return frame

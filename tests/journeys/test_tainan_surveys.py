"""A real city's surveys of its villages as a weekly duty, against the raw file.

Each village is to be surveyed once a week; 547 of 752 ever were in that half year.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from app.db.cluster import Cluster
from tests.journeys.conftest import Gridward

TODAY = "2021-06-30"
PROGRAMME = """
[programme]
key = "mosquito"
name_zh = "病媒蚊孳生调查"
name_en = "Mosquito survey"
purpose_zh = "每里每周调查一次"
purpose_en = "Each village once a week"
legal_basis = "傳染病防治法"

[classes.villages]
kind = "grid"
classes = ["village"]

[rules.weekly]
name_zh = "每周一次"
name_en = "Once a week"
level = "village"
role = "grid_chief"
class = "villages"
period = "week"
source = "傳染病防治法第25條"
"""


@pytest.fixture(scope="module")
def tainan(real_data: Path) -> Path:
    return real_data / "tainan"


@pytest.fixture(scope="module")
def gridward(tainan: Path, var: Path) -> Iterator[Gridward]:
    with Cluster(var).running():
        yield Gridward(var, GRIDWARD_TIME_ZONE="Asia/Taipei", GRIDWARD_TODAY=TODAY)


@pytest.fixture(scope="module")
def imported(
    gridward: Gridward, tainan: Path, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Any]:
    """The counts of the surveys' import."""
    gridward("levels", "set", "town=區/District", "village=里/Village", "--commit")
    for layer, level, code, more in (
        ("towns", "town", "TOWNCODE", ()),
        ("villages", "village", "VILLCODE", ("--parent-field", "TOWNCODE", "--repair")),
    ):
        gridward(
            *("boundaries", "import", str(tainan / "boundaries.gpkg"), "--layer", layer),
            *("--level", level, "--code-field", code, *more, "--edition", "2017", "--commit"),
        )
    gridward("editions", "publish", "2017", "--from", "2017-06-01", "--accept-warnings", "--commit")
    file = tmp_path_factory.mktemp("programme") / "mosquito.toml"
    file.write_text(PROGRAMME, encoding="utf-8")
    gridward("programmes", "set", str(file), "--from", "2021-01-01", "--commit")
    return gridward.json(
        *("inspections", "import", str(tainan / "mosquito_surveys_2021.csv.gz")),
        *("--id-field", "villcode+date", "--target-field", "villcode", "--target-kind", "grid"),
        *("--date-field", "date", "--programme", "mosquito", "--commit"),
    )


def test_every_survey_finds_its_village(imported: Mapping[str, Any]) -> None:
    assert (imported["rows"], imported["created"], imported["errors"]) == (4_016, 4_016, [])


def test_weekly_coverage_is_as_the_raw_file_says(
    imported: Mapping[str, Any], gridward: Gridward, tainan: Path
) -> None:
    """Due and done of a week, a month and the half year, before and after the counts are kept."""
    surveyed = surveyed_weeks(tainan)
    villages = gpd.read_file(tainan / "boundaries.gpkg", layer="villages")
    town_of = villages.set_index("VILLCODE")["TOWNCODE"]
    asked = [("village", "2021-W10"), ("town", "2021-03"), ("town", "2021-H1")]
    first = {one: due_and_done(gridward, *one) for one in asked}
    gridward("fold-coverage")
    for level, period in asked:
        start, end = SPANS[period]
        weeks = pd.date_range(start, end, freq="W-SUN")  # a week is due on its Sunday
        done = surveyed[surveyed["due"].isin(weeks)]
        of_village = done.groupby("village").size().reindex(town_of.index, fill_value=0)
        grid = town_of.index if level == "village" else town_of
        expected = {
            code: (len(group) * len(weeks), int(group.sum()))
            for code, group in of_village.groupby(grid.to_numpy())
        }
        assert first[level, period] == expected
        assert due_and_done(gridward, level, period) == expected
    assert sum(done for _, done in first["town", "2021-H1"].values()) > 3_000


SPANS = {
    "2021-W10": ("2021-03-08", "2021-03-14"),
    "2021-03": ("2021-03-01", "2021-03-31"),
    "2021-H1": ("2021-01-01", "2021-06-30"),
}


def surveyed_weeks(tainan: Path) -> pd.DataFrame:
    """Each village and week (by its Sunday) with a survey, once."""
    surveys = pd.read_csv(
        tainan / "mosquito_surveys_2021.csv.gz", dtype={"villcode": str}, parse_dates=["date"]
    )
    due = surveys["date"] + pd.to_timedelta(6 - surveys["date"].dt.day_of_week, unit="D")
    return pd.DataFrame({"village": surveys["villcode"], "due": due}).drop_duplicates()


def due_and_done(gridward: Gridward, level: str, period: str) -> dict[str, tuple[int, int]]:
    document = gridward.json(
        "coverage", "--programme", "mosquito", "--level", level, "--period", period
    )
    return {row["grid"]: (row["due"], row["done"]) for row in document["rows"]}

"""One cluster for all tests of the command line; its database is what it was for each."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import shapely

from app.db.cluster import Cluster
from tests.app.commands.line import (
    SCHEME,
    SIDE,
    TODAY,
    City,
    CommandLine,
    import_visited_units,
    publish_squares,
    write_features,
)
from tests.builders import square_city


@pytest.fixture(scope="session")
def boundaries(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """A GeoJSON file per level of a city of squares."""
    folder = tmp_path_factory.mktemp("boundaries")
    files = {}
    for key, shapes in square_city(3, side=SIDE).items():
        features = [
            {
                "type": "Feature",
                "geometry": json.loads(shapely.to_geojson(shapely.from_wkb(shape.wkb))),
                "properties": {
                    "code": shape.code,
                    "name": shape.name,
                    "english": shape.name_en,
                    "parent": shape.parent_code,
                },
            }
            for shape in shapes
        ]
        files[key] = write_features(folder / f"{key}.geojson", features)
    return files


@pytest.fixture(scope="session")
def kept(boundaries: Mapping[str, str]) -> Iterator[City]:
    """The cluster, with a database for each state in which a test may begin."""
    var = Path(tempfile.mkdtemp(prefix="gridward-commands-"))
    var.chmod(0o755)
    try:
        with Cluster(var).running() as cluster:
            made = City(cluster)
            gridward = CommandLine(var)
            with pytest.MonkeyPatch.context() as environment:
                set_environment(environment, var)
                gridward("levels", "set", *SCHEME)  # a dry run migrates all the same
                made.keep("nothing")
                publish_squares(gridward, boundaries)
                made.keep("squares")
                import_visited_units(gridward)
                made.keep("inspected")
            yield made
    finally:
        shutil.rmtree(var, ignore_errors=True)


def set_environment(environment: pytest.MonkeyPatch, var: Path) -> None:
    environment.setenv("GRIDWARD_VAR", str(var))
    environment.setenv("GRIDWARD_TODAY", TODAY.isoformat())
    environment.delenv("DATABASE_URL", raising=False)
    environment.delenv("GRIDWARD_TIME_ZONE", raising=False)
    # the command line sends incidents to its own file; other tests look for them in the log
    environment.setattr(logging.getLogger("gridward"), "handlers", [])
    environment.setattr(logging.getLogger("gridward"), "propagate", True)


@pytest.fixture
def city(kept: City) -> Iterator[City]:
    with pytest.MonkeyPatch.context() as environment:
        set_environment(environment, kept.cluster.var)
        yield kept


@pytest.fixture
def empty(city: City, tmp_path: Path) -> CommandLine:
    """On a migrated database without data."""
    city.put_back("nothing")
    return CommandLine(tmp_path)


@pytest.fixture
def squares(city: City, tmp_path: Path) -> CommandLine:
    """On a database with one published edition and nothing else."""
    city.put_back("squares")
    return CommandLine(tmp_path)


@pytest.fixture
def inspected_city(city: City, tmp_path: Path) -> CommandLine:
    """The same with units and visits."""
    city.put_back("inspected")
    return CommandLine(tmp_path)

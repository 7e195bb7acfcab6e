"""Points to leaf grids: ours, geopandas, PostGIS."""

from __future__ import annotations

import io
import math
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import psycopg2
import shapely
from psycopg2.extensions import cursor as PsycopgCursor

from app.db.cluster import SUPERUSER, Cluster
from gis.locate import Locator
from scripts.benchmarks.timing import Measured, timed

WEST, SOUTH, WIDTH = 118.0, 31.0, 2.0  # degrees
STEPS = 13  # points on each side of a leaf: about 54 a leaf
OUTSIDE = 0.015  # share of the points beyond the city


@dataclass(frozen=True)
class City:
    shapes: npt.NDArray[np.object_]
    codes: list[str]
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]


def make_city(leaves: int, points: int, seed: int) -> City:
    """A lattice of leaves bent by one smooth function: neighbours share every vertex."""
    side = max(4, round(math.sqrt(leaves)))
    rng = np.random.default_rng(seed)
    shapes = np.array(
        [_leaf(column, row, side) for row in range(side) for column in range(side)], dtype=object
    )
    inside = rng.random((points, 2))
    stray = rng.random(points) < OUTSIDE
    inside[stray, 0] += 1.2
    lon, lat = _bent(inside[:, 0], inside[:, 1])
    return City(shapes, [f"{number:06d}" for number in range(len(shapes))], lon, lat)


def _leaf(column: int, row: int, side: int) -> shapely.Polygon:
    along = np.arange(STEPS + 1)
    first, last = column * STEPS + along, row * STEPS + along
    x = np.concatenate(
        [first, np.full(STEPS, first[-1]), first[::-1][1:], np.full(STEPS, first[0])]
    ) / (side * STEPS)
    y = np.concatenate(
        [np.full(STEPS + 1, last[0]), last[1:], np.full(STEPS, last[-1]), last[::-1][1:]]
    ) / (side * STEPS)
    return shapely.Polygon(np.column_stack(_bent(x, y)))


def _bent(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    wave = 0.012 * np.sin(9 * x + 4 * y) + 0.002 * np.sin(130 * x - 90 * y)
    return WEST + WIDTH * (x + wave), SOUTH + WIDTH * 0.8 * (y + 0.7 * wave)


def measure(city: City, runs: int) -> list[Measured]:
    """Each method on the same arrays; the answers of all must be the same."""
    numbers = np.arange(1, len(city.shapes) + 1, dtype=np.int32)
    depths = np.ones(len(city.shapes), dtype=np.int16)
    build, locator = timed(lambda: Locator(city.shapes, depths, city.codes, numbers), runs)
    ours, found = timed(lambda: locator.locate(city.lon, city.lat), runs)
    leaves = gpd.GeoDataFrame({"no": numbers}, geometry=city.shapes, crs="EPSG:4326")
    peer, joined = timed(lambda: _sjoin(leaves, city), runs)
    total = len(city.lon)
    results = [
        Measured(
            "geopandas.sjoin",
            peer,
            total,
            int((joined != found).sum()),
            "making the points included",
        ),
        Measured("gis.locate", ours, total, 0, f"index apart: {min(build):.2f} s"),
    ]
    return results + _postgis(city, runs, found)


def _sjoin(leaves: gpd.GeoDataFrame, city: City) -> npt.NDArray[np.int32]:
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(city.lon, city.lat), crs="EPSG:4326")
    joined = gpd.sjoin(points, leaves, predicate="intersects")
    lowest = joined.groupby(level=0)["no"].min()
    found = np.zeros(len(points), dtype=np.int32)
    found[lowest.index.to_numpy()] = lowest.to_numpy()
    return found


def _postgis(city: City, runs: int, found: npt.NDArray[np.int32]) -> list[Measured]:
    """Leaves as the outer side with an index on the points: the better direction of the two."""
    var = Path(tempfile.mkdtemp(prefix="gridward-bench-"))
    var.chmod(0o755)
    try:
        with Cluster(var).running() as cluster:
            connection = psycopg2.connect(cluster.dsn(SUPERUSER))
            connection.autocommit = True
            with connection.cursor() as cursor:
                _load(cursor, city)
                indexing, _ = timed(lambda: _index(cursor), 1)
                seconds, _ = timed(lambda: _join(cursor), runs)
                cursor.execute("SELECT no, leaf FROM answer")
                answer = np.zeros(len(found), dtype=np.int32)
                for number, leaf in cursor:
                    answer[number] = leaf
            connection.close()
    finally:
        shutil.rmtree(var, ignore_errors=True)
    return [
        Measured(
            "PostGIS, leaves outer, GiST",
            seconds,
            len(found),
            int((answer != found).sum()),
            f"index apart: {indexing[0]:.2f} s, one core",
        )
    ]


def _load(cursor: PsycopgCursor, city: City) -> None:
    cursor.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    cursor.execute("SET max_parallel_workers_per_gather = 0; SET work_mem = '256MB'")
    cursor.execute("CREATE UNLOGGED TABLE leaf (no int PRIMARY KEY, geom geometry(Polygon, 4326))")
    cursor.execute("CREATE UNLOGGED TABLE raw (no int, lon float8, lat float8)")
    rows = io.StringIO(
        "".join(
            f"{number}\t{shapely.to_wkb(shape, hex=True, include_srid=True)}\n"
            for number, shape in enumerate(shapely.set_srid(city.shapes, 4326), 1)
        )
    )
    cursor.copy_expert("COPY leaf FROM STDIN", rows)
    points = io.StringIO(
        "".join(
            f"{number}\t{lon!r}\t{lat!r}\n"
            for number, (lon, lat) in enumerate(
                zip(city.lon.tolist(), city.lat.tolist(), strict=True)
            )
        )
    )
    cursor.copy_expert("COPY raw FROM STDIN", points)
    cursor.execute(
        "CREATE UNLOGGED TABLE point AS SELECT no, "
        "ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS geom FROM raw"
    )


def _index(cursor: PsycopgCursor) -> None:
    cursor.execute("CREATE INDEX ON point USING gist (geom)")
    cursor.execute("ANALYZE point; ANALYZE leaf")


def _join(cursor: PsycopgCursor) -> None:
    cursor.execute("DROP TABLE IF EXISTS answer")
    # the lateral form makes the leaves the outer side whatever the planner thinks
    cursor.execute(
        "CREATE UNLOGGED TABLE answer AS SELECT p.no, min(leaf.no) AS leaf FROM leaf "
        "CROSS JOIN LATERAL (SELECT no FROM point WHERE ST_Intersects(leaf.geom, "
        "point.geom) OFFSET 0) p GROUP BY p.no"
    )

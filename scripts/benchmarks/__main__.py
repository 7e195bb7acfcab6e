"""`scripts/bench NAME`: one benchmark, its table and its JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from scripts.benchmarks import coverage, locate, search
from scripts.benchmarks.timing import Measured, machine, table


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def bench() -> None:
    """Medians and spread of several runs, as ratios to a named peer in the same run."""


@bench.command("locate")
@click.option(
    "--points", type=click.IntRange(1_000, 20_000_000), default=1_000_000, show_default=True
)
@click.option("--leaves", type=click.IntRange(16, 100_000), default=50_000, show_default=True)
@click.option("--runs", type=click.IntRange(1, 50), default=5, show_default=True)
@click.option("--seed", type=int, default=20260630, show_default=True)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the JSON goes; else it follows the table.",
)
def bench_locate(points: int, leaves: int, runs: int, seed: int, out: Path | None) -> None:
    """Points to leaf grids: gis.locate beside geopandas.sjoin and the best PostGIS join."""
    city = locate.make_city(leaves, points, seed)
    results: list[Measured] = locate.measure(city, runs)
    click.echo(table(results, baseline="geopandas.sjoin"))
    document = {
        "benchmark": "locate",
        "points": points,
        "leaves": len(city.shapes),
        "runs": runs,
        "seed": seed,
        "machine": machine(),
        "results": [result.as_dict() for result in results],
    }
    text = json.dumps(document, indent=2)
    if out is None:
        click.echo(text)
    else:
        out.write_text(text + "\n", encoding="utf-8")
    if any(result.mismatches for result in results):
        click.echo("The methods do not agree; the figures are worth nothing.", err=True)
        sys.exit(1)


@bench.command("search")
@click.option("--units", type=click.IntRange(5_000, 500_000), default=50_000, show_default=True)
@click.option("--runs", type=click.IntRange(1, 50), default=3, show_default=True)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the JSON goes; else it follows the table.",
)
def bench_search(units: int, runs: int, out: Path | None) -> None:
    """The search as each role, beside ILIKE under the policy and pg_trgm without one."""
    results = search.measure(units, runs)
    click.echo(search.table(results))
    document = {
        "benchmark": "search",
        "units": units,
        "questions": len(search.QUESTIONS),
        "runs": runs,
        "machine": machine(),
        "results": [result.as_dict() for result in results],
    }
    text = json.dumps(document, indent=2)
    if out is None:
        click.echo(text)
    else:
        out.write_text(text + "\n", encoding="utf-8")


@bench.command("coverage")
@click.option(
    "--events", type=click.IntRange(1_000, 20_000_000), default=20_000_000, show_default=True
)
@click.option(
    "--scale",
    type=click.FloatRange(0.01, 1),
    default=1.0,
    show_default=True,
    help="Of the 115 / 684 / 3,765 / 50,000 grids so large a share.",
)
@click.option("--runs", type=click.IntRange(1, 50), default=7, show_default=True)
@click.option("--seed", type=int, default=20260630, show_default=True)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the JSON goes; else it follows the table.",
)
def bench_coverage(events: int, scale: float, runs: int, seed: int, out: Path | None) -> None:
    """Coverage of a month from kept counts, beside GROUP BY, a materialised view and DuckDB."""
    report = coverage.measure(events, runs, seed, scale, lambda words: click.echo(words, err=True))
    click.echo(coverage.table(report))
    document = {
        "benchmark": "coverage",
        "events": events,
        "scale": scale,
        "runs": runs,
        "seed": seed,
        "machine": machine(),
        **report.as_dict(),
    }
    text = json.dumps(document, indent=2)
    if out is None:
        click.echo(text)
    else:
        out.write_text(text + "\n", encoding="utf-8")
    if report.wrong:
        click.echo("The methods do not agree; the figures are worth nothing.", err=True)
        sys.exit(1)


if __name__ == "__main__":
    bench()

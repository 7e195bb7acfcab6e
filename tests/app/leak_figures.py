"""Counts and households, whose answers must be exactly those of the own territory."""

from __future__ import annotations

import re
from collections.abc import Mapping

import mapbox_vector_tile
from flask.testing import FlaskClient

from tests.app.leak_city import PER_BLOCK, PHOTOGRAPHED, SIDE, Asker, blocks, photo_id, tile_of
from tests.builders import SOUTH, WEST
from tests.conftest import csrf_token

# names, phones and doors of residents: masked or absent in every answer to a GET, whoever asks
PERSON_MARK = re.compile(rb"(?:Person|Phone|Door)-(?:\d+|out|nowhere)")
BUILDING_MARK = re.compile(rb"Building (\d+|out|nowhere)")
HOUSE_MARK = re.compile(rb"house-(\d+|out|nowhere)")


def figures(asker: Asker, client: FlaskClient) -> list[str]:
    """Counts may betray as much as rows: each must be exactly that of the own territory."""
    located = PER_BLOCK * sum(asker.owns(code) for code, _, _ in blocks())
    answer = client.get("/api/v1/inspected?level=block").get_json()
    wrong = []
    if answer["total"]["units"] != located:
        wrong.append(
            f"maps.inspected counted {answer['total']['units']} units for {asker.name}, "
            f"who has {located}"
        )
    if len(answer["grids"]["no"]) != located // PER_BLOCK:
        wrong.append(
            f"maps.inspected gave {asker.name} figures of {len(answer['grids']['no'])} blocks"
        )
    tile = tile_of(WEST + 0.001, SOUTH + 0.001, 9)
    data = client.get(f"/tiles/units/9/{tile.x}/{tile.y}.mvt").data
    layers = mapbox_vector_tile.decode(data) if data else {"units": {"features": []}}
    counted = sum(one["properties"]["count"] for one in layers["units"]["features"])
    inside = PER_BLOCK * sum(
        asker.owns(code)
        for code, x, y in blocks()
        if tile_of(x + SIDE / 40, y + SIDE / 16, 9) == tile
    )
    if counted != inside:
        wrong.append(
            f"tiles.unit_tile counted {counted} units in a cluster tile for "
            f"{asker.name}, who has {inside} there"
        )
    panel = client.get("/api/v1/grids/block:133").get_json()["properties"]
    if not asker.owns("133") and (
        panel["units"],
        panel["inspected"],
        panel["last_inspection"],
        panel["own"],
    ) != (None, None, None, False):
        wrong.append(f"maps.show_grid told {asker.name} figures of block 133")
    return wrong


def photos(asker: Asker, client: FlaskClient) -> list[str]:
    """A photo is seen where its visit is."""
    return [
        f"{endpoint} did not answer {asker.name} with {expected} of {code}"
        for code in PHOTOGRAPHED
        for endpoint, address in (
            ("attachments.show_photo", f"/photos/{photo_id(code)}"),
            ("attachments.show_thumbnail", f"/photos/{photo_id(code)}/small"),
        )
        if client.get(address).status_code != (expected := 200 if asker.owns(code) else 404)
    ]


def households(asker: Asker, client: FlaskClient, targets: Mapping[str, int]) -> list[str]:
    """Households are for those who answer for them alone: exactly these, and in clear only when
    somebody asked with a reason.
    """
    answer = client.get("/api/v1/residents?limit=1000")
    seen = {code.decode() for code in HOUSE_MARK.findall(answer.data)}
    own = {code for code, _, _ in blocks() if asker.sees_persons and asker.owns(code)}
    wrong = []
    if seen != own:
        wrong.append(
            f"residents.list_residents_json showed {asker.name} the households of "
            f"{sorted(seen)}, who answers for {sorted(own)}"
        )
    for code in ("111", "133"):
        no = targets[f"house-{code}"]
        expected = 200 if code in own else 404
        if client.get(f"/residents/{no}").status_code != expected:
            wrong.append(f"residents.show_household did not answer {asker.name} with {expected}")
        revealed = client.post(
            f"/residents/{no}/reveal",
            data={"reason": "visit", "csrf_token": csrf_token(client, "/map")},
        )
        told = bool(PERSON_MARK.search(revealed.data))
        if told != (code in own) or revealed.headers["Cache-Control"] != "private, no-store":
            wrong.append(f"residents.reveal_household answered {asker.name} wrongly of {code}")
    return wrong


def buildings(asker: Asker, client: FlaskClient) -> list[str]:
    """The map counts persons in buildings of the own territory, and few only for those who answer
    for them.
    """
    wrong = []
    seen: set[str] = set()
    for address in tiles_of_buildings():
        data = client.get(address).data
        seen |= {code.decode() for code in BUILDING_MARK.findall(data)}
        tile = mapbox_vector_tile.decode(data) if data else {"points": {"features": []}}
        counted = [one["properties"] for one in tile["points"]["features"]]
        if any(0 < one.get("persons", 0) < 5 for one in counted) != (
            asker.sees_persons and bool(counted)
        ):
            wrong.append(f"tiles.resident_tile counted few persons for {asker.name}: {counted}")
    own = {code for code, _, _ in blocks() if asker.owns(code)}
    if seen != own:
        wrong.append(
            f"tiles.resident_tile showed {asker.name} the buildings of {sorted(seen)}, "
            f"whose area has {sorted(own)}"
        )
    return wrong


def tiles_of_buildings() -> list[str]:
    """Every tile of persons per building over the city, as far out as there are any."""
    corners = [*((x, y) for _, x, y in blocks()), (WEST - 1.5, SOUTH)]
    tiles = {tile_of(x + SIDE / 8, y + SIDE / 8, 13) for x, y in corners}
    return [f"/tiles/residents/13/{tile.x}/{tile.y}.mvt" for tile in tiles]

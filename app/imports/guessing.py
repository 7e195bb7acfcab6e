"""What the columns of a file probably hold, from the words of its header; a person confirms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from app.grids.rules import plain
from app.imports.layers import SHAPE_FIELD, X_FIELD, Y_FIELD
from app.imports.model import Choice
from app.registry.model import Register
from app.registry.rules import ID_ALIASES, LAT_ALIASES, LON_ALIASES

SHAPE_ALIASES = (SHAPE_FIELD, "wkt", "shape", "geometry", "geom", "the_geom", "图形", "几何")
GRID_ALIASES = ("网格", "所属网格", "网格编码", "网格编号", "grid", "grid code", "block", "社区")
PAIR = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*[,，、;；\s]\s*([+-]?\d+(?:\.\d+)?)\s*")
VISIT_ALIASES: Mapping[str, Sequence[str]] = {
    "target": ("unit", "unit id", "shop", "单位", "单位编号", "场所编号"),
    "date": ("date", "day", "inspected", "inspection date", "日期", "检查日期", "检查时间"),
    "outcome": ("outcome", "结果", "检查结果", "情况"),
    "result": ("result", "finding", "说明", "问题", "备注"),
}


def header_digest(fields: Sequence[str]) -> str:
    """The same for files with the same columns, in whatever order."""
    return sha256("\x1f".join(sorted(map(plain, fields))).encode()).hexdigest()[:32]


def guess(
    register: Register | None, fields: Sequence[str], samples: Mapping[str, Sequence[str]]
) -> Choice:
    """The likely choice; without a register it is about visits."""
    pairs = [name for name in fields if name and is_pair(samples.get(name, ()))]
    free = [name for name in fields if name and name not in pairs]  # 经纬度 is no 纬度

    def take(aliases: Iterable[str]) -> str | None:
        found = best_match(aliases, free)
        if found:
            free.remove(found)
        return found

    shape = take(SHAPE_ALIASES) if register and register.shapes else None
    lon, lat, pair = take((X_FIELD, *LON_ALIASES)), take((Y_FIELD, *LAT_ALIASES)), None
    if shape:
        lon, lat, pair = shape, None, "shape"
    elif pairs and not (lon and lat):
        lon, lat, pair = pairs[0], None, pair_order(samples[pairs[0]])
    identity = take(ID_ALIASES)
    wanted = (
        VISIT_ALIASES
        if register is None
        else {one.key: (one.key, *one.aliases) for one in register.fields}
    )
    chosen = {key: found for key, aliases in wanted.items() if (found := take(aliases))}
    return Choice(
        id=(identity,) if identity else (),
        fields=chosen,
        lon=lon if register else None,
        lat=lat if register else None,
        pair=pair if register else None,
        grid=take(GRID_ALIASES) if register else None,
    )


def best_match(aliases: Iterable[str], fields: Sequence[str]) -> str | None:
    """A column that is called just so, else one whose name holds the longest of the words."""
    words = [plain(alias) for alias in aliases if alias]
    by_name = {plain(name): name for name in reversed(fields)}
    for word in words:
        if word in by_name:
            return by_name[word]
    within = [
        (len(word), -place, name)
        for place, name in enumerate(fields)
        for word in words
        if len(word) >= 2 and not word.isascii() and word in plain(name)
    ]
    return max(within)[2] if within else None


def is_pair(values: Sequence[str]) -> bool:
    """Whether a column holds two numbers in one cell."""
    given = [value for value in values if value.strip()]
    return bool(given) and all(PAIR.fullmatch(value) for value in given)


def pair_order(values: Iterable[str]) -> str:
    """Which of the two is the latitude, which never exceeds 90; as the name `lat,lon` says
    where the numbers leave it open."""
    for value in values:
        found = PAIR.fullmatch(value)
        if found and abs(float(found[1])) > 90:
            return "lon_lat"
        if found and abs(float(found[2])) > 90:
            return "lat_lon"
    return "lat_lon"

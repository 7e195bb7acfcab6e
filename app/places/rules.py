"""Places and roads: their fields and classes."""

from __future__ import annotations

from dataclasses import replace

from app.registry.model import Register
from app.registry.rules import ADDRESS, CLASS, NAME

# key → (English, Chinese)
PLACE_CLASSES = {
    "square": ("Square", "广场"),
    "yard": ("Yard", "院落"),
    "market": ("Market", "集贸市场"),
    "waste_point": ("Waste point", "垃圾投放点"),
    "waste_station": ("Waste transfer station", "垃圾转运站"),
    "toilet": ("Public toilet", "公共厕所"),
    "green": ("Green place", "绿地"),
    "parking": ("Parking place", "停车场"),
    "waterside": ("Waterside", "河湖岸线"),
    "site": ("Building site", "施工工地"),
    "other": ("Other place", "其他点位"),
}
ROAD_CLASSES = {
    "expressway": ("Expressway", "快速路"),
    "main": ("Main road", "主干路"),
    "secondary": ("Secondary road", "次干路"),
    "branch": ("Branch road", "支路"),
    "lane": ("Lane", "背街小巷"),
    "pedestrian": ("Pedestrian street", "步行街"),
    "other": ("Other road", "其他道路"),
}
# what registers and street maps write instead
PLACE_SYNONYMS = {
    "square": ("plaza",),
    "market": ("marketplace", "农贸市场", "菜市场"),
    "waste_point": ("waste_disposal", "bins", "垃圾分类点", "垃圾收集点"),
    "waste_station": ("waste_transfer_station", "垃圾中转站"),
    "toilet": ("toilets", "公厕"),
    "green": ("park", "grass", "公园"),
}
ROAD_SYNONYMS = {
    "expressway": ("motorway", "trunk", "motorway_link", "trunk_link"),
    "main": ("primary", "primary_link", "arterial", "主干道"),
    "secondary": ("secondary_link", "collector", "次干道"),
    "branch": ("tertiary", "tertiary_link", "unclassified", "支道"),
    "lane": ("residential", "living_street", "service", "alley", "小巷", "里弄"),
    "pedestrian": ("footway", "path"),
}
PLACES = Register(
    "places",
    "place",
    (
        replace(NAME, aliases=(*NAME.aliases, "点位名称")),
        replace(
            CLASS,
            kind="choice",
            choices=PLACE_CLASSES,
            synonyms=PLACE_SYNONYMS,
            others=True,
            aliases=(*CLASS.aliases, "点位类型", "点位类别"),
        ),
        ADDRESS,
    ),
    shapes=("point", "line", "area"),
)
ROADS = Register(
    "roads",
    "road",
    (
        replace(NAME, aliases=(*NAME.aliases, "road", "道路名称", "路名")),
        replace(
            CLASS,
            kind="choice",
            choices=ROAD_CLASSES,
            synonyms=ROAD_SYNONYMS,
            others=True,
            aliases=(*CLASS.aliases, "highway", "道路等级", "道路类型", "道路类别"),
        ),
        replace(ADDRESS, aliases=("address", "from_to", "起止点", "起讫点", "路段")),
    ),
    shapes=("line",),
)

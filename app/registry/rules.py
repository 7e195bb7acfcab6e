"""Pure decisions about registers: fields, classes, states, digests of content."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson

from app.registry.model import Field, Placed, Register

# key → (English, Chinese); a class that is not here is shown as the register wrote it
UNIT_CLASSES = {
    "key_unit": ("Key fire-safety unit", "消防安全重点单位"),
    "mall": ("Shopping mall", "商场"),
    "shop": ("Shop", "商店"),
    "restaurant": ("Restaurant", "餐饮场所"),
    "hotel": ("Hotel", "旅馆"),
    "entertainment": ("Entertainment place", "公共娱乐场所"),
    "clinic": ("Clinic", "医疗诊所"),
    "school": ("School", "学校"),
    "internet_cafe": ("Internet café", "网吧"),
    "beauty_bath": ("Beauty parlour or bath", "美容洗浴场所"),
    "workshop": ("Workshop", "生产加工作坊"),
    "warehouse": ("Warehouse", "仓库"),
    "rental": ("Rental housing", "出租屋"),
    "other": ("Other unit", "其他单位"),
}
OTHER = "other"  # the class of what names none
# what most registers know of a row; their own fields stand beside these
NAME = Field(
    "name",
    aliases=("name", "title", "名称", "名字", "单位名称", "场所名称", "建筑名称", "设施名称"),
)
CLASS = Field(
    "class",
    most=100,
    aliases=("class", "type", "kind", "category", "类别", "类型", "分类", "种类"),
    common=True,
)
ADDRESS = Field(
    "address", most=500, aliases=("address", "street", "location", "地址", "详细地址", "位置")
)
ID_ALIASES = ("id", "code", "number", "no", "编号", "编码", "代码", "序号", "标识")
LON_ALIASES = ("lon", "lng", "long", "longitude", "x", "经度", "东经", "x坐标")
LAT_ALIASES = ("lat", "latitude", "y", "纬度", "北纬", "y坐标")
UNITS = Register("units", "unit", (NAME, CLASS, ADDRESS))
STATES = ("all", "located", "inspected", "not_inspected", "leftover", "unlocated")
INSPECTED_DAYS = 90


def class_name(key: str, language: str) -> str:
    """The class in the reader's words."""
    names = UNIT_CLASSES.get(key)
    return key if names is None else names[0 if language == "en" else 1]


def row_digest(
    common: tuple[object, ...], values: Mapping[str, Any], details: Mapping[str, str]
) -> str:
    """Only what a row says counts: a field that came later changes no older digest."""
    own = [f"{key}={value}" for key, value in values.items() if value is not None]
    return content_digest(*common, *own, *(f"{label}:{text}" for label, text in details.items()))


def detail_row(placed: Placed, person: int | None) -> dict[str, Any]:
    """The columns that every detail table has, by the names of a statement's places."""
    draft = placed.draft
    return {
        "no": placed.no,
        "grid": placed.grid_no,
        "person": person,
        "id": draft.id,
        "name": draft.name,
        "class": draft.class_key,
        "address": draft.address,
        "content": draft.content,
        "details": orjson.dumps(dict(draft.details)).decode(),
    }


def content_digest(*values: object) -> str:
    """Says whether an imported row is the same as the one that is stored."""
    return sha256(
        "\x1f".join("" if value is None else str(value) for value in values).encode()
    ).hexdigest()[:32]

"""Pure decisions about units: classes, states, digests of content."""

from __future__ import annotations

from hashlib import sha256

# key → (English, Chinese); a class that is not here is shown as the register wrote it
UNIT_CLASSES = {
    "key_unit": ("Key fire-safety unit", "消防安全重点单位"),
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
STATES = ("all", "located", "inspected", "not_inspected", "leftover", "unlocated")
INSPECTED_DAYS = 90


def class_name(key: str, language: str) -> str:
    """The class in the reader's words."""
    names = UNIT_CLASSES.get(key)
    return key if names is None else names[0 if language == "en" else 1]


def content_digest(*values: object) -> str:
    """Says whether an imported row is the same as the one that is stored."""
    return sha256(
        "\x1f".join("" if value is None else str(value) for value in values).encode()
    ).hexdigest()[:32]

"""Hazards: their fields, classes and states."""

from __future__ import annotations

from dataclasses import replace

from app.registry.model import Field, Register
from app.registry.rules import ADDRESS, CLASS, NAME

# key → (English, Chinese)
HAZARD_CLASSES = {
    "blocked_exit": ("Exit or stairs blocked", "疏散通道堵塞"),
    "electric": ("Unsafe wiring", "用电隐患"),
    "gas": ("Gas hazard", "燃气隐患"),
    "e_bike": ("E-bike charged or kept indoors", "电动自行车违规停放充电"),
    "equipment": ("Equipment missing or broken", "消防设施缺失损坏"),
    "lodging": ("Living, making and storing in one", "三合一场所"),
    "storage": ("Stored goods burn easily", "违规存放可燃物"),
    "fire_lane": ("Fire lane blocked", "消防车通道占用"),
    "other": ("Other hazard", "其他隐患"),
}
HAZARD_STATES = {
    "reported": ("Reported", "已上报"),
    "open": ("Being corrected", "整改中"),
    "corrected": ("Corrected, to be checked", "待复查"),
    "closed": ("Closed", "已销案"),
    "dismissed": ("Unfounded", "不属实"),
}
SETTLED_STATES = ("closed", "dismissed")
HAZARDS = Register(
    "hazards",
    "hazard",
    (
        NAME,
        replace(
            CLASS,
            kind="choice",
            required=True,
            choices=HAZARD_CLASSES,
            others=True,
            aliases=(*CLASS.aliases, "隐患类型", "隐患类别"),
        ),
        ADDRESS,
        Field(
            "found_on",
            "date",
            required=True,
            past=True,
            aliases=("found_on", "date", "found", "日期", "发现日期", "发现时间", "上报时间"),
            option="date",
        ),
        Field(
            "state",
            "choice",
            choices=HAZARD_STATES,
            aliases=("state", "status", "状态", "整改状态", "处理状态"),
        ),
    ),
)

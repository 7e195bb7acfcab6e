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
# what registers and spreadsheets write instead
STATE_SYNONYMS = {
    "reported": ("new", "上报", "新上报", "待处理", "待整改", "未整改"),
    "open": ("in progress", "处理中", "正在整改", "限期整改"),
    "corrected": ("fixed", "已整改", "整改完成", "待复核", "待验收"),
    "closed": ("done", "resolved", "已闭环", "已办结", "已完成", "销案", "复查合格"),
    "dismissed": ("rejected", "invalid", "误报", "无效", "不予受理"),
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
            common=True,
        ),
        Field(
            "state",
            "choice",
            choices=HAZARD_STATES,
            synonyms=STATE_SYNONYMS,
            common=True,
            aliases=("state", "status", "状态", "整改状态", "处理状态"),
        ),
    ),
)

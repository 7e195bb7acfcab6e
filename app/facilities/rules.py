"""Buildings and facilities: their fields, classes and states."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from app.registry.model import Field, Register
from app.registry.rules import ADDRESS, CLASS, NAME

MOST_FLOORS = 200
# key → (English, Chinese)
BUILDING_CLASSES = {
    "residential": ("Residential building", "住宅楼"),
    "commercial": ("Commercial building", "商业建筑"),
    "office": ("Office building", "办公楼"),
    "mixed": ("Shops below, homes above", "商住楼"),
    "industrial": ("Factory building", "厂房"),
    "storage": ("Store building", "仓储建筑"),
    "public": ("Public building", "公共建筑"),
    "self_built": ("Self-built house", "自建房"),
    "other": ("Other building", "其他建筑"),
}
FACILITY_CLASSES = {
    "hydrant": ("Hydrant", "消火栓"),
    "water_source": ("Water source", "消防水源"),
    "extinguisher_point": ("Extinguisher point", "消防器材点"),
    "mini_station": ("Mini fire station", "微型消防站"),
    "fire_station": ("Fire station", "消防救援站"),
    "alarm": ("Fire alarm system", "火灾自动报警系统"),
    "fire_lane": ("Fire lane", "消防车通道"),
    "charging": ("Charging place for e-bikes", "电动自行车充电点"),
    "other": ("Other facility", "其他设施"),
}
FACILITY_STATES = {
    "working": ("Working", "完好"),
    "faulty": ("Faulty", "故障"),
    "out_of_service": ("Out of service", "停用"),
    "unknown": ("State unknown", "状态不明"),
}
# what registers and spreadsheets write instead
STATE_SYNONYMS = {
    "working": ("ok", "good", "normal", "in order", "正常", "良好", "可用", "在用", "合格"),
    "faulty": ("broken", "damaged", "defective", "under repair",
               "损坏", "破损", "维修中", "待维修", "漏水", "缺失", "不合格"),
    "out_of_service": ("closed", "disused", "dismantled", "停水", "废弃", "报废", "拆除", "关停"),
    "unknown": ("not checked", "未知", "不详", "未检查", "待核实"),
}  # fmt: skip
BUILDINGS = Register(
    "buildings",
    "building",
    (
        NAME,
        replace(
            CLASS,
            kind="choice",
            choices=BUILDING_CLASSES,
            others=True,
            aliases=(*CLASS.aliases, "use", "用途", "使用性质", "建筑类型"),
        ),
        ADDRESS,
        Field(
            "floors",
            "number",
            most=MOST_FLOORS,
            aliases=("floors", "storeys", "stories", "层数", "楼层数", "地上层数"),
        ),
    ),
)
FACILITIES = Register(
    "facilities",
    "facility",
    (
        NAME,
        replace(
            CLASS,
            kind="choice",
            choices=FACILITY_CLASSES,
            others=True,
            aliases=(*CLASS.aliases, "设施类型", "设施类别"),
        ),
        ADDRESS,
        Field(
            "state",
            "choice",
            choices=FACILITY_STATES,
            synonyms=STATE_SYNONYMS,
            common=True,
            aliases=("state", "status", "condition", "状态", "完好情况", "设施状态"),
        ),
        Field(
            "test_due",
            "date",
            aliases=("test_due", "next_test", "test due", "下次检测", "检测到期日", "检验有效期"),
        ),
    ),
)


def is_overdue(test_due: date | None, on: date) -> bool:
    """From the day after: on the day itself the test can still be made in time."""
    return test_due is not None and test_due < on

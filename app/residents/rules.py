"""Pure decisions about households: what is collected and why, masks, reasons."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from app.residents.model import Notice, Told

Words = tuple[str, str]  # English, Chinese

# the dictionary of the fire programme: who needs help to get out, and no diagnosis
NEED_CLASSES: Mapping[str, Words] = {
    "lone_elderly": ("Elderly person living alone", "独居老人"),
    "elderly_couple": ("Elderly couple alone", "空巢老人"),
    "disabled": ("Disabled person", "残疾人"),
    "bedridden": ("Bedridden person", "卧床人员"),
    "child_alone": ("Child often alone", "独处儿童"),
    "chronic_needs_help": ("Needs help to move", "行动不便人员"),
    "hardship": ("Household in difficulty", "困难家庭"),
    "none": ("No special need", "一般家庭"),
}
EVACUATION: Mapping[str, Words] = {
    "self": ("Gets out alone", "能自行疏散"),
    "needs_help": ("Needs help to get out", "需协助疏散"),
    "bedridden": ("Must be carried", "卧床需搬运"),
    "unknown": ("Not known", "未核实"),
}
LEGAL_BASES: Mapping[str, Words] = {
    "statutory_duty": ("Statutory duty of fire safety", "履行消防法定职责"),
    "consent": ("Consent of the person", "本人同意"),
    "emergency": ("Emergency", "突发事件应急"),
}
PURPOSES: Mapping[str, Words] = {
    "fire_help": ("Fire safety help and visits", "消防安全帮扶与走访"),
    "evacuation": ("Evacuation in an emergency", "应急疏散"),
}
ROLES: Mapping[str, Words] = {
    "resident": ("Resident", "住户"),
    "guardian": ("Guardian", "监护人"),
    "contact": ("Emergency contact", "紧急联系人"),
}
REASONS: dict[str, Words] = {
    "visit": ("To visit or call the household", "走访或联系住户"),
    "emergency": ("Emergency or rescue", "应急处置或救援"),
    "correction": ("To check or correct the record", "核对或更正信息"),
    "request": ("The person asked to see it", "本人要求查阅"),
}
FORGET_REASONS: dict[str, Words] = {
    "expired": ("The time for keeping it is over", "保存期限已到"),
    "moved": ("The household moved away", "住户已搬离"),
    "died": ("The person died", "人员去世"),
    "withdrawn": ("Consent was withdrawn", "撤回同意"),
}
STANDARD_NOTICE: Words = (
    "Only those who answer for your place see your data, masked; each look in clear is written "
    "down with its reason. You may ask at the office of your community to see, correct or delete "
    "your data, and you may complain there.",
    "仅本网格责任人可查看您的信息，且默认脱敏；每次查看完整信息均须填写原因并留痕。"
    "您可以到所在社区查阅、更正或要求删除本人信息，也可以向社区投诉。",
)
KEPT_FOR = timedelta(days=365)  # unless the file says until when; each year it is confirmed anew
FEW = 5  # fewer persons than this are not counted aloud outside the own community

_IDENTITY_NUMBER = re.compile(
    r"^[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx]$"
)


def words_of(table: Mapping[str, Words], key: str, language: str) -> str:
    """The entry in the reader's words; an unknown key as it is."""
    words = table.get(key)
    return key if words is None else words[0 if language == "en" else 1]


def standard_notice(language: str) -> Notice:
    """What is told until somebody writes it for this city."""
    place = 0 if language == "en" else 1
    return Notice(
        purpose=" · ".join(words[place] for words in PURPOSES.values()),
        legal_basis=" · ".join(words[place] for words in LEGAL_BASES.values()),
        notice=STANDARD_NOTICE[place],
        automatic=False,
    )


def is_identity_number(text: str) -> bool:
    """Whether this is a citizen's identity number, which is never collected."""
    return bool(_IDENTITY_NUMBER.match(re.sub(r"[\s-]", "", text)))


def mask_name(name: str | None) -> str | None:
    """The first character alone: 王**."""
    return name and f"{name[0]}**"


def mask_phone(phone: str | None) -> str | None:
    """138****5678; a shorter number shows its last two digits."""
    if not phone:
        return None
    signs = re.sub(r"[\s()-]", "", phone)
    if len(signs) >= 11:
        return f"{signs[:3]}****{signs[-4:]}"
    return f"****{signs[-2:]}" if len(signs) > 5 else "****"


def sign_of(told: Told) -> str:
    """As short as a map can write it; a dash where the number is kept back."""
    if told.total is not None:
        return str(told.total)
    return f"<{FEW}" if told.few else "–"

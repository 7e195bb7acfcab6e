"""Who answers for the demo city: six people who can sign in, and the staff of the grids."""

import numpy as np
from shapely import Point

from app.demo.model import DemoCity, DemoPerson
from app.demo.names import sounds_of
from app.demo.wording import SURNAMES

#: What is printed at the start: who signs in under which name, and what they see.
SIGN_INS = {
    "chief": "grid chief 网格长: one block, made for a phone",
    "area_manager": "area manager: one subdistrict",
    "planner": "fire bureau planner: the whole city",
    "leader": "leader: the whole city",
    "auditor": "auditor: the whole city, read only",
    "admin": "administrator: imports, editions, people",
}

#: The demo chief's block has a day's work, not a week's.
CHIEF_UNITS = (12, 25)
BLOCKS_WITHOUT_CHIEF = 19
COMMUNITIES_WITHOUT_WORKER = 4

_GIVEN = sounds_of(
    "丽华建国秀英志强海燕晓峰文静玉兰春生明慧永康美珍立新雪梅思远",
    "li hua jian guo xiu ying zhi qiang hai yan xiao feng wen jing yu lan chun sheng ming hui "
    "yong kang mei zhen li xin xue mei si yuan",
)


def demo_people(city: DemoCity) -> tuple[DemoPerson, ...]:
    """Return the people whose sign-ins are printed at the first start."""
    block = _chief_block(city)
    return (
        DemoPerson("chief", "陆守望", "Lu Shouwang", "grid_chief", "block", block, "zh_Hans"),
        DemoPerson(
            "area_manager", "沈怀安", "Shen Huai'an", "area_manager", "town", block[:2], "zh_Hans"
        ),
        DemoPerson("planner", "韩致远", "Han Zhiyuan", "authority", None, None, "zh_Hans"),
        DemoPerson("leader", "叶清和", "Ye Qinghe", "leader", None, None, "zh_Hans"),
        DemoPerson("auditor", "方正言", "Fang Zhengyan", "auditor", None, None, "zh_Hans"),
        DemoPerson("admin", "江若水", "Jiang Ruoshui", "admin", None, None, "zh_Hans"),
    )


def demo_staff(city: DemoCity, seed: int = 22) -> tuple[DemoPerson, ...]:
    """Return chiefs, workers and managers without sign-in; a few grids honestly have nobody."""
    rng = np.random.default_rng(seed)
    taken = {person.grid_code for person in demo_people(city)}
    desks: list[tuple[str, str, str]] = []
    for level, role, vacant in (
        ("town", "area_manager", 0),
        ("community", "grid_worker", COMMUNITIES_WITHOUT_WORKER),
        ("block", "grid_chief", BLOCKS_WITHOUT_CHIEF),
    ):
        codes = [code for code in city.boundaries[level]["code"] if code not in taken]
        empty = set(rng.choice(len(codes), vacant, replace=False).tolist())
        desks += [(level, role, code) for index, code in enumerate(codes) if index not in empty]
    return tuple(
        DemoPerson(None, zh, en, role, level, code, "zh_Hans")
        for (level, role, code), (zh, en) in zip(desks, invent_names(len(desks), rng), strict=True)
    )


def _chief_block(city: DemoCity) -> str:
    """Return the block nearest to the old centre with a fair number of located units."""
    located = city.units.set_index("id")["lon"].notna()
    counts = city.unit_blocks[located].value_counts()
    blocks = city.boundaries["block"]
    fewest, most = CHIEF_UNITS
    fair = blocks[blocks["code"].map(counts).between(fewest, most)]
    distances = [geometry.distance(Point(city.centre)) for geometry in fair.geometry]
    return str(fair["code"].iloc[int(np.argmin(distances))])


def invent_names(count: int, rng: np.random.Generator) -> list[tuple[str, str]]:
    """Draw different names of a surname and two given characters."""
    signs = list(_GIVEN)
    found: dict[str, str] = {}
    while len(found) < count:
        surname = SURNAMES[int(rng.integers(len(SURNAMES)))]
        first, second = rng.choice(len(signs), 2, replace=False)
        given = signs[first] + signs[second]
        sound = _GIVEN[signs[first]].capitalize() + _GIVEN[signs[second]]
        found[surname.zh + given] = f"{surname.en} {sound}"
    return list(found.items())

"""Invented names, in Chinese and English. Likeness to real places or firms is chance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Bilingual:
    """One name in both languages."""

    zh: str
    en: str


def sounds_of(signs: str, sounds: str) -> dict[str, str]:
    """Pair characters with their sounds, which are written with blanks between them."""
    return dict(zip(signs, sounds.split(), strict=True))


CITY = Bilingual("霁川市", "Jichuan")
WATERS = (
    Bilingual("霁江", "Ji River"),
    Bilingual("映月湖", "Yingyue Lake"),
    Bilingual("小荷湖", "Xiaohe Lake"),
)

#: Stems of the subdistricts by bank, nearest to the old centre first.
TOWNS_NORTH = (
    Bilingual("东渡", "Dongdu"),
    Bilingual("文澜", "Wenlan"),
    Bilingual("柳浦", "Liupu"),
    Bilingual("北闸", "Beizha"),
    Bilingual("青埠", "Qingbu"),
    Bilingual("云溪", "Yunxi"),
    Bilingual("石矶", "Shiji"),
    Bilingual("松岗", "Songgang"),
)
TOWNS_SOUTH = (
    Bilingual("南屿", "Nanyu"),
    Bilingual("望江", "Wangjiang"),
    Bilingual("鹭汀", "Luting"),
    Bilingual("新桥", "Xinqiao"),
    Bilingual("锦圩", "Jinwei"),
    Bilingual("禾田", "Hetian"),
)

_PLACE_FIRST = sounds_of(
    "柳桃梅竹清银书锦双古福青花榆槐枫兰荷莲鹤",
    "Liu Tao Mei Zhu Qing Yin Shu Jin Shuang Gu Fu Qing Hua Yu Huai Feng Lan He Lian He",
)
_PLACE_SECOND = sounds_of(
    "巷桥园井塘亭坊湾渡泉林庙墩溪",
    "xiang qiao yuan jing tang ting fang wan du quan lin miao dun xi",
)
_STREET_FIRST = sounds_of(
    "长永平福康泰和顺兴德仁义崇明景瑞丰华建振",
    "Chang Yong Ping Fu Kang Tai He Shun Xing De Ren Yi Chong Ming Jing Rui Feng Hua Jian Zhen",
)
_STREET_SECOND = sounds_of(
    "宁乐民业文昌春阳盛庆达贤祥林城和",
    "ning le min ye wen chang chun yang sheng qing da xian xiang lin cheng he",
)
_STREET_KINDS = {
    1: (Bilingual("大道", "Avenue"),),
    2: (Bilingual("路", "Road"), Bilingual("街", "Street"), Bilingual("路", "Road")),
    3: (Bilingual("巷", "Lane"), Bilingual("弄", "Alley"), Bilingual("支路", "Back Street")),
}

_BRANDS = (
    Bilingual("福满", "Fuman"),
    Bilingual("晨光里", "Chenguangli"),
    Bilingual("小满", "Xiaoman"),
    Bilingual("江畔", "Riverside"),
    Bilingual("霁色", "Clear Sky"),
    Bilingual("聚贤", "Juxian"),
    Bilingual("红灯笼", "Red Lantern"),
    Bilingual("一帆", "One Sail"),
    Bilingual("老渡口", "Old Ferry"),
    Bilingual("青石", "Bluestone"),
    Bilingual("新叶", "New Leaf"),
    Bilingual("白鹭", "White Egret"),
)
_BRAND_FIRST = sounds_of(
    "鑫宏恒百金瑞聚天锦嘉盈和",
    "Xin Hong Heng Bai Jin Rui Ju Tian Jin Jia Ying He",
)
_BRAND_SECOND = sounds_of(
    "源顺禾通庆盛隆泰宝益佳",
    "yuan shun he tong qing sheng long tai bao yi jia",
)

_COMPASS = (
    Bilingual("东苑", "East Court"),
    Bilingual("北苑", "North Court"),
    Bilingual("西苑", "West Court"),
    Bilingual("南苑", "South Court"),
)
_BLOCK_KINDS = (
    Bilingual("新村", "New Village"),
    Bilingual("花园", "Gardens"),
    Bilingual("家园", "Homes"),
    Bilingual("公寓", "Apartments"),
    Bilingual("里", "Row"),
    Bilingual("雅居", "Residence"),
)


def brand_names() -> list[Bilingual]:
    """Return the names that invented firms give themselves."""
    return [
        *_BRANDS,
        *(
            Bilingual(first_sign + second_sign, first_sound + second_sound)
            for first_sign, first_sound in _BRAND_FIRST.items()
            for second_sign, second_sound in _BRAND_SECOND.items()
        ),
    ]


def town_name(stem: Bilingual) -> Bilingual:
    """Return the full name of a subdistrict."""
    return Bilingual(f"{stem.zh}街道", f"{stem.en} Subdistrict")


def community_name(stem: Bilingual) -> Bilingual:
    """Return the full name of a community."""
    return Bilingual(f"{stem.zh}社区", f"{stem.en} Community")


def community_stems(count: int, rng: np.random.Generator) -> list[Bilingual]:
    """Draw `count` different place names, different in both languages."""
    return _draw_pairs(_PLACE_FIRST, _PLACE_SECOND, count, rng)


def block_names(
    stem: Bilingual, bearings: Sequence[float], rng: np.random.Generator
) -> list[Bilingual]:
    """Name the blocks of a community, by where they lie while that tells them apart.

    `bearings` are radians, counter-clockwise from east, of each block seen from the middle of
    its community.
    """
    others = [_BLOCK_KINDS[index] for index in rng.permutation(len(_BLOCK_KINDS))]
    used: set[str] = set()
    found: list[Bilingual] = []
    for bearing in bearings:
        suffix = _COMPASS[round(bearing / (np.pi / 2)) % 4]
        if suffix.zh in used:
            suffix = others.pop()
        used.add(suffix.zh)
        found.append(Bilingual(stem.zh + suffix.zh, f"{stem.en} {suffix.en}"))
    return found


def street_names(ranks: Sequence[int], rng: np.random.Generator) -> list[Bilingual]:
    """Name streets by rank: avenues, roads and streets, lanes."""
    stems = _draw_pairs(_STREET_FIRST, _STREET_SECOND, len(ranks), rng)
    found = []
    for stem, rank in zip(stems, ranks, strict=True):
        kinds = _STREET_KINDS[rank]
        kind = kinds[int(rng.integers(len(kinds)))]
        found.append(Bilingual(stem.zh + kind.zh, f"{stem.en} {kind.en}"))
    return found


def embankment_names(count: int) -> list[Bilingual]:
    """Name the roads along the river, the north bank first."""
    kinds = (
        Bilingual("江北大道", "Jiangbei Avenue"),
        Bilingual("江南大道", "Jiangnan Avenue"),
        Bilingual("滨江东路", "Binjiang East Road"),
        Bilingual("滨江西路", "Binjiang West Road"),
    )
    return [kinds[index % len(kinds)] for index in range(count)]


def bridge_names(count: int) -> list[Bilingual]:
    """Name the bridges in order along the river."""
    stems = (
        Bilingual("望霁", "Wangji"),
        Bilingual("飞鹭", "Feilu"),
        Bilingual("长虹", "Changhong"),
        Bilingual("东渡", "Dongdu"),
        Bilingual("同心", "Tongxin"),
        Bilingual("霁月", "Jiyue"),
        Bilingual("迎春", "Yingchun"),
    )
    return [Bilingual(f"{stem.zh}大桥", f"{stem.en} Bridge") for stem in stems[:count]]


def _draw_pairs(
    first: dict[str, str], second: dict[str, str], count: int, rng: np.random.Generator
) -> list[Bilingual]:
    """Draw different two-syllable names; syllables that sound alike make only one name."""
    by_sound = {
        first_sound + second_sound: first_sign + second_sign
        for first_sign, first_sound in first.items()
        for second_sign, second_sound in second.items()
        if first_sign != second_sign
    }
    sounds = sorted(by_sound)
    chosen = rng.permutation(len(sounds))[:count]
    return [Bilingual(by_sound[sounds[index]], sounds[index]) for index in chosen]

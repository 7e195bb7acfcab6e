"""What the units of the demo city are called: by class, from surnames, brands and places."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.demo.names import Bilingual, brand_names, sounds_of

#: Share of each class in percent.
CLASS_SHARES = {
    "key_unit": 3,
    "shop": 30,
    "restaurant": 20,
    "hotel": 5,
    "entertainment": 3,
    "clinic": 4,
    "school": 4,
    "workshop": 12,
    "warehouse": 7,
    "rental": 10,
    "other": 2,
}

SURNAMES = tuple(
    Bilingual(sign, sound)
    for sign, sound in sounds_of(
        "陆陈林周吴徐孙马朱胡郭何高罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢傅钟姜崔谭廖范汪石戴贾韦夏邱方侯邹熊孟秦白江",
        "Lu Chen Lin Zhou Wu Xu Sun Ma Zhu Hu Guo He Gao Luo Zheng Liang Xie Song Tang Xu Han "
        "Feng Deng Cao Peng Zeng Xiao Tian Dong Yuan Pan Jiang Cai Yu Du Ye Cheng Su Wei Lyu "
        "Ding Ren Shen Yao Lu Fu Zhong Jiang Cui Tan Liao Fan Wang Shi Dai Jia Wei Xia Qiu "
        "Fang Hou Zou Xiong Meng Qin Bai Jiang",
    ).items()
)

#: How often another name is drawn before a repeated one gets a number.
DRAWS = 6

#: `{p}` is the community, `{b}` a brand, `{s}` a surname; the sign | the English name.
_PATTERNS = {
    "key_unit": (
        "{p}购物中心|{p} Shopping Centre",
        "{b}商业广场|{b} Plaza",
        "{p}医院|{p} Hospital",
        "{b}大酒店|{b} Grand Hotel",
        "{b}化工厂|{b} Chemical Works",
        "{p}加油站|{p} Petrol Station",
        "{p}养老院|{p} Care Home",
        "{b}大厦|{b} Tower",
        "{p}农贸市场|{p} Produce Market",
    ),
    "shop": (
        "{p}五金店|{p} Hardware",
        "{s}记便利店|{s}'s Convenience Store",
        "{b}超市|{b} Supermarket",
        "{p}水果店|{p} Fruit",
        "{b}服装店|{b} Clothing",
        "{s}记粮油店|{s}'s Grain and Oil",
        "{b}文具店|{b} Stationery",
        "{p}花店|{p} Flowers",
        "{b}电器行|{b} Appliances",
        "{s}记理发店|{s}'s Barber",
        "{b}手机店|{b} Phones",
        "{p}书店|{p} Books",
        "{s}记裁缝铺|{s}'s Tailoring",
        "{p}建材店|{p} Building Supplies",
    ),
    "restaurant": (
        "{s}记面馆|{s}'s Noodles",
        "{s}家小炒|{s}'s Stir-Fry",
        "{p}早餐铺|{p} Breakfast",
        "{b}酒楼|{b} Restaurant",
        "{s}记烧烤|{s}'s Barbecue",
        "{b}火锅|{b} Hotpot",
        "{b}茶餐厅|{b} Tea Restaurant",
        "{s}记饺子馆|{s}'s Dumplings",
        "{p}鱼馆|{p} Fish House",
    ),
    "hotel": (
        "{b}宾馆|{b} Hotel",
        "{p}客栈|{p} Inn",
        "{p}旅馆|{p} Guest House",
        "{b}民宿|{b} Homestay",
    ),
    "entertainment": (
        "{b}歌厅|{b} Karaoke",
        "{b}网吧|{b} Internet Café",
        "{p}影院|{p} Cinema",
        "{b}台球室|{b} Billiards",
        "{p}棋牌室|{p} Chess and Cards",
    ),
    "clinic": (
        "{p}诊所|{p} Clinic",
        "{s}氏中医馆|{s}'s Chinese Medicine",
        "{b}口腔|{b} Dental",
        "{p}卫生服务站|{p} Health Station",
    ),
    "school": (
        "{p}小学|{p} Primary School",
        "{p}幼儿园|{p} Kindergarten",
        "{p}中学|{p} Middle School",
        "{b}培训学校|{b} Training School",
    ),
    "workshop": (
        "{b}机械加工厂|{b} Machine Shop",
        "{s}记木器厂|{s}'s Woodwork",
        "{b}服装厂|{b} Garment Works",
        "{b}印刷厂|{b} Printing Works",
        "{s}记汽修厂|{s}'s Car Repair",
        "{b}塑料制品厂|{b} Plastics",
        "{p}豆制品坊|{p} Bean Curd Works",
    ),
    "warehouse": (
        "{b}仓库|{b} Warehouse",
        "{b}物流园|{b} Logistics Park",
        "{p}冷库|{p} Cold Store",
        "{b}货运站|{b} Freight Depot",
    ),
    "rental": (
        "{s}家出租屋|{s}'s Rented Rooms",
        "{p}租赁房|{p} Rental Housing",
        "{b}公寓楼|{b} Rental Apartments",
    ),
    "other": (
        "{p}祠堂|{p} Ancestral Hall",
        "{p}文化站|{p} Culture Station",
        "{b}停车场|{b} Car Park",
    ),
}


def name_units(
    classes: Sequence[str], places: Sequence[Bilingual], rng: np.random.Generator
) -> list[str]:
    """Name units by class and place, Chinese first; every name is given once."""
    brands = brand_names()
    draws = rng.integers(0, 2**31, (len(classes), DRAWS, 3))
    given: dict[str, int] = {}
    found: list[str] = []
    for kind, place, unit_draws in zip(classes, places, draws, strict=True):
        names = [_one_name(_PATTERNS[kind], place, brands, draw) for draw in unit_draws]
        name = next((name for name in names if name.zh not in given), names[0])
        number = given[name.zh] = given.get(name.zh, 0) + 1
        found.append(
            f"{name.zh} {name.en}" if number == 1 else f"{name.zh}（{number}） {name.en} ({number})"
        )
    return found


def _one_name(
    patterns: Sequence[str], place: Bilingual, brands: Sequence[Bilingual], draw: NDArray[np.int64]
) -> Bilingual:
    """Fill in one pattern; `draw` chooses the pattern, the surname and the brand."""
    zh, en = patterns[draw[0] % len(patterns)].split("|")
    surname, brand = SURNAMES[draw[1] % len(SURNAMES)], brands[draw[2] % len(brands)]
    return Bilingual(
        zh.format(p=place.zh, b=brand.zh, s=surname.zh),
        en.format(p=place.en, b=brand.en, s=surname.en),
    )

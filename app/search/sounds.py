"""How a question sounds: Chinese characters by their readings, letters cut into pinyin."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from app.search.model import Piece
from app.search.rules import CHINESE, SCRIPT_RUN, normal

LATIN = re.compile(r"[a-z]+")
LONGEST_SYLLABLE = 6
_ALL = (
    "a ai an ang ao ba bai ban bang bao bei ben beng bi bian biao bie bin bing bo bu ca cai can "
    "cang cao ce cen ceng cha chai chan chang chao che chen cheng chi chong chou chu chua chuai "
    "chuan chuang chui chun chuo ci cong cou cu cuan cui cun cuo da dai dan dang dao de den deng "
    "di dian diao die ding diu dong dou du duan dui dun duo e ei en eng er fa fan fang fei fen "
    "feng fo fou fu ga gai gan gang gao ge gei gen geng gong gou gu gua guai guan guang gui gun "
    "guo ha hai han hang hao he hei hen heng hong hou hu hua huai huan huang hui hun huo ji jia "
    "jian jiang jiao jie jin jing jiong jiu ju juan jue jun ka kai kan kang kao ke ken keng kong "
    "kou ku kua kuai kuan kuang kui kun kuo la lai lan lang lao le lei leng li lia lian liang "
    "liao lie lin ling liu long lou lu luan lun luo lv lve ma mai man mang mao me mei men meng "
    "mi mian miao mie min ming miu mo mou mu na nai nan nang nao ne nei nen neng ni nian niang "
    "niao nie nin ning niu nong nou nu nuan nuo nv nve ou pa pai pan pang pao pei pen peng pi "
    "pian piao pie pin ping po pou pu qi qia qian qiang qiao qie qin qing qiong qiu qu quan que "
    "qun ran rang rao re ren reng ri rong rou ru ruan rui run ruo sa sai san sang sao se sen "
    "seng sha shai shan shang shao she shei shen sheng shi shou shu shua shuai shuan shuang shui "
    "shun shuo si song sou su suan sui sun suo ta tai tan tang tao te teng ti tian tiao tie ting "
    "tong tou tu tuan tui tun tuo wa wai wan wang wei wen weng wo wu xi xia xian xiang xiao xie "
    "xin xing xiong xiu xu xuan xue xun ya yan yang yao ye yi yin ying yong you yu yuan yue yun "
    "za zai zan zang zao ze zei zen zeng zha zhai zhan zhang zhao zhe zhen zheng zhi zhong zhou "
    "zhu zhua zhuai zhuan zhuang zhui zhun zhuo zi zong zou zu zuan zui zun zuo"
)
EVERY_SOUND = tuple(_ALL.split())
SYLLABLES = frozenset(EVERY_SOUND)


def sound_pieces(text: str, readings: Mapping[str, Sequence[str]]) -> tuple[list[Piece], list[str]]:
    """How the question sounds, of Chinese characters or of letters that are pinyin; and the
    parts of it that have no sound, which must be there as they are written.
    """
    found: list[Piece] = []
    silent: list[str] = []
    for run in SCRIPT_RUN.findall(normal(text)):
        if CHINESE.fullmatch(run) and len(run) > 1:
            heard: list[Sequence[str]] = [readings.get(sign, ()) for sign in run]
        else:
            heard = syllables_of(run) if LATIN.fullmatch(run) else []
        silent += [] if heard else [run]
        found += _sounds_side_by_side(heard, len(found))
    return found, silent


def initial_pieces(text: str) -> list[Piece]:
    """Letters that may be the initials of what is meant."""
    runs = SCRIPT_RUN.findall(normal(text))
    if not runs or not all(LATIN.fullmatch(run) and len(run) > 2 for run in runs):
        return []
    threes = [run[at : at + 3] for run in runs for at in range(len(run) - 2)]
    return [Piece(f"~{three}", "initials", at) for at, three in enumerate(threes)]


def _sounds_side_by_side(heard: Sequence[Sequence[str]], first: int) -> list[Piece]:
    """Pairs of neighbours; a lone sound is looked for at the beginning of names."""
    if len(heard) == 1:
        return [Piece(f"`^{sound}", "sound", first) for sound in heard[0]]
    return [
        Piece(f"`{one} {other}", "sound", first + at)
        for at in range(len(heard) - 1)
        for one in heard[at]
        for other in heard[at + 1]
    ]


def syllables_of(letters: str) -> list[Sequence[str]]:
    """Cut letters into syllables, the longest first; what is still being typed may be many.

    >>> syllables_of("yangguang")
    [['yang'], ['guang']]
    >>> syllables_of("mianguan")[0], "guan" in syllables_of("mianguan")[1]
    (['mian'], True)
    >>> syllables_of("xyz")
    []
    """
    cut = _cut(letters)
    if cut is None:
        return []
    *whole, last = cut
    typed: Sequence[str] = [sound for sound in EVERY_SOUND if sound.startswith(last)]
    return [*([sound] for sound in whole), [last] if len(cut) > 1 and len(typed) == 1 else typed]


def _cut(letters: str) -> list[str] | None:
    """Whole syllables, of which the last may only have begun."""
    for size in range(min(LONGEST_SYLLABLE, len(letters)), 0, -1):
        head, rest = letters[:size], letters[size:]
        if not rest and any(sound.startswith(head) for sound in EVERY_SOUND):
            return [head]
        if rest and head in SYLLABLES:
            following = _cut(rest)
            if following is not None:
                return [head, *following]
    return None

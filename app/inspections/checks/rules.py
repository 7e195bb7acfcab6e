"""How a sample is drawn, who looks again, and how much its figures tell. All of it pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from app.errors import Conflict, Forbidden, Refusal
from app.inspections.checks.model import (
    CONFIRMED,
    NOT_CONFIRMED,
    RESULTS,
    UNABLE,
    WAYS,
    Candidate,
    Claim,
    Finding,
    Listed,
    SampleRule,
    Tally,
)

DEFAULT = SampleRule(Decimal(2), None, 14)  # of programmes for which nobody set a rule
MOST = 500  # visits of one sample
MOST_CLAIMED = 50_000  # visits of a list that a page may freeze
LONGEST_DAYS = 90
LONGEST_NOTE = 500
FIRST_DAY_OF_DRAW = 3  # of the month after: phones without a network have sent by then
NEAREST = {"grid_worker": 0, "area_manager": 1, "authority": 2}  # who is asked first
Z95 = 1.959963984540054  # of the standard normal distribution, two-sided 95 %
FINE = 2**53


# -- drawing ------------------------------------------------------------------------------


def order(claims: Iterable[Claim], seed: int) -> list[Claim]:
    """Grid by grid, the grids and the visits in each in an order that the seed alone decides."""
    return sorted(claims, key=lambda one: (_dice(seed, one.grid), _dice(seed, one.id)))


def draw(claims: Sequence[Claim], size: int, seed: int) -> list[Listed]:
    """Every claim in order, ``size`` of them drawn at equal steps from a random start.

    Each visit has the same chance, size ÷ claims; a grid with c of N visits gives c · size ÷ N of
    them, rounded down or up, so that none is left out beforehand.
    """
    listed = order(claims, seed)
    start = _dice(seed, "start") % FINE
    taken = {(step * FINE + start) * len(listed) // (size * FINE) for step in range(size)}
    return [Listed(claim, position in taken) for position, claim in enumerate(listed)]


def _dice(seed: int, what: object) -> int:
    return int.from_bytes(sha256(f"{seed}:{what}".encode()).digest()[:16])


def check_size(size: int, claims: int) -> None:
    if not claims:
        raise Refusal(
            "No completed visit of this programme is on record there in this period that was not "
            "drawn before. Choose another period or a larger grid."
        )
    if not 1 <= size <= MOST:
        raise Refusal("A sample has 1 to %(most)s visits, not %(size)s.", most=MOST, size=size)
    if size > claims:
        raise Refusal(
            "Only %(claims)s visits can be drawn there in this period; %(size)s are asked for. "
            "Draw %(claims)s at most.",
            claims=claims,
            size=size,
        )
    if claims > MOST_CLAIMED:
        raise Refusal(
            "%(claims)s visits are too many for one list; at most %(most)s. Choose a shorter "
            "period or a smaller grid.",
            claims=claims,
            most=MOST_CLAIMED,
        )


def check_days(days: int) -> None:
    if not 1 <= days <= LONGEST_DAYS:
        raise Refusal("Give 1 to %(most)s days to check in, not %(days)s.",
                      most=LONGEST_DAYS, days=days)  # fmt: skip


def size_by(rule: SampleRule, claims: int) -> int:
    """What a month of so many claims gives; a share is rounded up, so that few still give one."""
    wanted = (
        math.ceil(rule.percent * claims / 100) if rule.percent is not None else rule.visits or 0
    )
    return min(wanted, claims, MOST)


def check_rule(rule: SampleRule) -> None:
    check_days(rule.days)
    if rule.percent is not None and not 0 < rule.percent <= 100:
        raise Refusal("A share is more than 0 and at most 100 percent. To draw nothing, choose 0 "
                      "visits.")  # fmt: skip
    if rule.visits is not None and not 0 <= rule.visits <= MOST:
        raise Refusal("Choose 0 to %(most)s visits a month.", most=MOST)


# -- who looks again ----------------------------------------------------------------------


def may_check(claim: Claim, candidate: Candidate, direct: int) -> bool:
    """Never who recorded it. Persons are known to those who answer for them: of managers to the
    nearest one, whose grid has the depth ``direct``.
    """
    if candidate.person == claim.recorder or candidate.role not in NEAREST:
        return False
    if not claim.of_household:
        return True
    return candidate.role == "grid_worker" or (
        candidate.role == "area_manager" and candidate.depth == direct
    )


def checkers(claim: Claim, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Those who may look again at this visit, the nearest first."""
    here = [one for one in candidates if one.grid == claim.grid]
    direct = max((one.depth for one in here if one.role == "area_manager"), default=0)
    return sorted(
        (one for one in here if may_check(claim, one, direct)),
        key=lambda one: (NEAREST[one.role], -one.depth, one.person),
    )


def share_out(
    claims: Iterable[Claim], candidates: Sequence[Candidate]
) -> list[tuple[Claim, int | None]]:
    """Each claim with who is to look again, among the nearest the one who has fewest so far; None
    where nobody can.
    """
    load: Counter[int] = Counter()
    shared: list[tuple[Claim, int | None]] = []
    for claim in claims:
        able = checkers(claim, candidates)
        nearest = [one for one in able if (one.role, one.depth) == (able[0].role, able[0].depth)]
        chosen = min((one.person for one in nearest), key=lambda no: (load[no], no), default=None)
        if chosen is not None:
            load[chosen] += 1
        shared.append((claim, chosen))
    return shared


# -- what was found -----------------------------------------------------------------------


def check_finding(finding: Finding) -> None:
    if finding.result not in RESULTS:
        raise Refusal("Choose what you found: confirmed, not confirmed, or could not be checked.")
    if finding.how not in WAYS:
        raise Refusal("Say how you checked: on site or by phone.")
    if finding.result != CONFIRMED and not finding.note:
        raise Refusal("Write what you found; without words nobody can understand it later.")


def check_turn(item: Any, person: int, leads: bool, finding: Finding, today: date) -> None:
    """Whether this person may say now what became of the visit.

    ``leads``: draws samples, and so may take a check over.
    """
    if item.recorder_no == person:
        raise Forbidden("You recorded this visit yourself; a second person looks at it again.")
    if today > item.expires_on:
        raise Refusal(
            "The time to check this sample was over on %(day)s; nothing is added to it any more.",
            day=item.expires_on,
        )
    if item.checker_no != person and not leads:
        raise Forbidden("This visit was given to somebody else to check, or to nobody yet.")
    if item.result_no != finding.supersedes:
        raise Conflict(
            "Somebody has recorded a finding for this visit meanwhile. Look at it; then correct it "
            "if it is wrong."
        )


def tally(items: Iterable[Any], today: date) -> Tally:
    """Of rows with ``result`` and ``expires_on``."""
    counts = Counter(
        one.result or ("expired" if today > one.expires_on else "open") for one in items
    )
    return Tally(
        counts[CONFIRMED],
        counts[NOT_CONFIRMED],
        counts[UNABLE],
        counts["open"],
        counts["expired"],
    )


def wilson_interval(hits: int, n: int, z: float = Z95) -> tuple[float, float]:
    """Between which shares the true one lies, as far as a random sample can tell.

    Parameters
    ----------
    hits, n : int
        Successes among ``n`` independent draws; 0 ≤ hits ≤ n, n > 0.
    z : float
        Two-sided quantile of the standard normal distribution; 1.96 for 95 %.

    Returns
    -------
    tuple of float
        Lower and upper bound, both in [0, 1].

    Notes
    -----
    The score interval of Wilson (1927, J. Am. Stat. Assoc. 22, 209-212). Unlike share ± error it
    never leaves [0, 1] and holds for few draws and for shares near 0 and 1.

    Examples
    --------
    >>> [round(bound, 3) for bound in wilson_interval(6, 38)]
    [0.074, 0.304]
    """
    if not 0 <= hits <= n or n == 0:
        raise ValueError(f"{hits} of {n}")
    share, spread = hits / n, z * z / n
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    # at the ends rounding may pass by a hair what is exact
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    high = 1.0 if hits == n else min(1.0, middle + half)
    return low, high

"""One fault of a boundary file: what, how bad, whose, how large, where, and in a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gis.errors import shown

Kind = Literal[
    "unreadable", "empty_geometry", "not_polygon", "invalid_geometry", "three_d",
    "missing_code", "duplicate_code", "parent_unmatched", "parent_conflict",
    "overlap", "gap", "sticks_out", "no_overlap",
]  # fmt: skip
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Said:
    """An English sentence and the values of its places, so that pages can translate it.

    Parameters
    ----------
    sentence : str
        Values stand as ``%(name)s`` places.
    values : mapping
        As a sentence shows them.
    many : str, optional
        The sentence where ``values['count']`` is not one.
    """

    sentence: str
    values: Mapping[str, str | int]
    many: str | None = None

    @property
    def english(self) -> str:
        one = self.many is None or self.values["count"] == 1
        return (self.sentence if one else self.many or "") % self.values

    def as_dict(self) -> dict[str, object]:
        """The JSON form, to be kept."""
        return {"sentence": self.sentence, "many": self.many, "values": dict(self.values)}


def said(sentence: str, **values: object) -> Said:
    """A sentence with its values: numbers as they are, long texts shortened, lists joined.

    Parameters
    ----------
    sentence : str
    **values : object

    Returns
    -------
    Said

    Examples
    --------
    >>> said("Row %(row)s has no code.", row=3).english
    'Row 3 has no code.'
    """
    return Said(sentence, _as_shown(values))


def counted(one: str, many: str, **values: object) -> Said:
    """A sentence about one thing or several; their number is the value ``count``.

    Parameters
    ----------
    one, many : str
        Both with the same places.
    **values : object
        With ``count``, an int.

    Returns
    -------
    Said

    Examples
    --------
    >>> counted("%(count)s row is flat.", "%(count)s rows are flat.", count=2).english
    '2 rows are flat.'
    """
    return Said(one, _as_shown(values), many)


def _as_shown(values: Mapping[str, object]) -> dict[str, str | int]:
    return {name: one if isinstance(one, int) else shown(one) for name, one in values.items()}


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that a person can find on the map and in the file.

    Parameters
    ----------
    kind : str
        One of the words of `Kind`.
    severity : {'error', 'warning'}
        Errors refuse a commit; warnings are kept with the edition.
    code : str or None
        The grid concerned, None where no single grid is.
    area_m2 : float or None
        Size in square metres, None where size has no meaning.
    where : tuple of float or None
        (lon, lat) of a point inside the fault.
    said : Said
        What a person is told; names the file's own rows where there are any.

    Examples
    --------
    >>> gap = Fault("gap", "warning", "A1", 12.345, (116.39123456, 39.9), said("A gap."))
    >>> gap.as_dict()["where"]
    [116.391235, 39.9]
    """

    kind: Kind
    severity: Severity
    code: str | None
    area_m2: float | None
    where: tuple[float, float] | None
    said: Said

    @property
    def detail(self) -> str:
        """The sentence in English."""
        return self.said.english

    def as_dict(self) -> dict[str, object]:
        """The JSON form: area to 0.1 m², place to 6 decimals (about 0.1 m)."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "code": self.code,
            "area_m2": None if self.area_m2 is None else round(self.area_m2, 1),
            "where": None if self.where is None else [round(part, 6) for part in self.where],
            "detail": self.detail,
        }

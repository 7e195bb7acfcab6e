"""One fault of a boundary file: what, how bad, whose, how large, where."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "unreadable", "empty_geometry", "not_polygon", "invalid_geometry", "three_d",
    "missing_code", "duplicate_code", "parent_unmatched", "parent_conflict",
    "overlap", "gap", "sticks_out", "no_overlap",
]  # fmt: skip
Severity = Literal["error", "warning"]


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
    detail : str
        One English sentence; names the file's own rows where there are any.

    Examples
    --------
    >>> Fault("gap", "warning", "A1", 12.345, (116.39123456, 39.9), "…").as_dict()["where"]
    [116.391235, 39.9]
    """

    kind: Kind
    severity: Severity
    code: str | None
    area_m2: float | None
    where: tuple[float, float] | None
    detail: str

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

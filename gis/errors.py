"""The refusals of the geography package: one sentence each, and a word for machines."""

from typing import ClassVar

QUOTE_LIMIT = 60


class GisError(ValueError):
    """Base of every refusal.

    Parameters
    ----------
    message : str
        One clear English sentence: what is wrong, where, and what to do.
    **details : object
        The values that the sentence names, for pages in other languages.

    Attributes
    ----------
    code : str
        Machine word of the kind of refusal.
    message : str
    details : dict

    Examples
    --------
    >>> error = FieldMissing("There is no field 'CODE'.", field="CODE")
    >>> error.code, error.message, error.details
    ('field_missing', "There is no field 'CODE'.", {'field': 'CODE'})
    """

    code: ClassVar[str] = "gis_error"

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details: dict[str, object] = details


class UnreadableFile(GisError):
    """The file is absent, broken, too large, or of a kind that is not accepted."""

    code = "unreadable"


class LayerMissing(UnreadableFile):
    """The file has several layers and none was named, or not the one named."""

    code = "layer_missing"


class WrongEncoding(UnreadableFile):
    """The text of the file cannot be read in the encoding that was used."""

    code = "wrong_encoding"


class UnknownCrs(GisError):
    """A coordinate reference system is absent or not one that is known."""

    code = "unknown_crs"


class CrsMismatch(GisError):
    """Two coordinate reference systems should agree and do not."""

    code = "crs_mismatch"


class FieldMissing(GisError):
    """A named field does not exist in the file."""

    code = "field_missing"


class BadValue(GisError):
    """A value of the file that cannot be taken as it is written."""

    code = "bad_value"


class BadCoordinate(GisError):
    """A coordinate is not a number, or lies where no coordinate can be."""

    code = "bad_coordinate"


def quoted(text: object) -> str:
    """Text in quotes for a sentence, shortened so that a page stays readable.

    Parameters
    ----------
    text : object
        Anything; its ``str`` is shown.

    Returns
    -------
    str

    Examples
    --------
    >>> quoted("EPSG:4326")
    "'EPSG:4326'"
    >>> len(quoted("x" * 10_000))
    63
    """
    shown = str(text)
    if len(shown) > QUOTE_LIMIT:
        shown = shown[:QUOTE_LIMIT] + "…"
    return f"'{shown}'"

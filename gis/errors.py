"""The refusals of the geography package: one sentence each, and a word for machines."""

from typing import ClassVar

QUOTE_LIMIT = 60


class GisError(ValueError):
    """Base of every refusal.

    Parameters
    ----------
    sentence : str
        One clear English sentence: what is wrong, where, and what to do. Values stand as
        ``%(name)s`` places, so that pages can say it in other languages.
    **details : object
        The values of the places, and what else a program may ask for.

    Attributes
    ----------
    code : str
        Machine word of the kind of refusal.
    sentence : str
    message : str
        The sentence with its values.
    details : dict
    values : dict
        The details as a sentence shows them: long texts shortened, lists joined.

    Examples
    --------
    >>> error = FieldMissing("There is no field '%(field)s'.", field="CODE")
    >>> error.code, error.message, error.details
    ('field_missing', "There is no field 'CODE'.", {'field': 'CODE'})
    """

    code: ClassVar[str] = "gis_error"

    def __init__(self, sentence: str, **details: object) -> None:
        self.sentence = sentence
        self.details: dict[str, object] = details
        self.values = {name: shown(value) for name, value in details.items()}
        self.message = sentence % self.values
        super().__init__(self.message)


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
    return f"'{_shortened(str(text))}'"


def shown(value: object) -> str:
    """A value as a sentence shows it.

    Parameters
    ----------
    value : object
        Of a list each part is shown.

    Returns
    -------
    str

    Examples
    --------
    >>> shown(["utf-8", "gbk"]), shown(7), len(shown("x" * 10_000))
    ('utf-8, gbk', '7', 61)
    """
    if isinstance(value, list | tuple):
        return ", ".join(_shortened(str(part)) for part in value)
    return _shortened(str(value))


def _shortened(text: str) -> str:
    return text if len(text) <= QUOTE_LIMIT else text[:QUOTE_LIMIT] + "…"

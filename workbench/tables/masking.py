"""Hide most of an identifier, a name or a telephone number before it is shown."""

from __future__ import annotations

import re
import unicodedata

_STARS = "****"
_LONG = 9
_SHORT = 8


def _text(value: object) -> str:
    # A missing cell is None, NaN or NA: nothing to show, nothing to hide.
    if value is None or not isinstance(value, str | int):
        return ""
    return str(value).strip()


def mask_identifier(value: object) -> str:
    """Return an identifier with its middle hidden.

    Parameters
    ----------
    value : str
        A customer's number, a telephone number, an account. Missing gives "".

    Returns
    -------
    str
        The first three and last four characters around four stars; one or two on
        each side where the identifier is short. The stars don't tell its length.

    Examples
    --------
    >>> mask_identifier("13812341234"), mask_identifier("C12345"), mask_identifier("7")
    ('138****1234', 'C****5', '****')
    """
    text = _text(value)
    if not text:
        return ""
    if len(text) >= _LONG:
        return text[:3] + _STARS + text[-4:]
    if len(text) >= _SHORT:
        return text[:2] + _STARS + text[-2:]
    if len(text) >= 4:
        return text[0] + _STARS + text[-1]
    return _STARS


def mask_name(value: object) -> str:
    """Return a person's name with all but the first letter of each part hidden.

    Examples
    --------
    >>> mask_name("张伟"), mask_name("Anna Smith"), mask_name(None)
    ('张**', 'A** S**', '')
    """
    return " ".join(part[0] + "**" for part in _text(value).split())


def mask_phone(value: object) -> str:
    """Return a telephone number with its middle hidden, whatever way it was written.

    Spaces, dashes and China's country code don't count as digits of the number.

    Examples
    --------
    >>> mask_phone("+86 138-1234-1234"), mask_phone("010 6655 4321")
    ('138****1234', '010****4321')
    """
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", _text(value)))
    if len(digits) > 11:
        digits = re.sub(r"^(00)?86", "", digits)
    return mask_identifier(digits)

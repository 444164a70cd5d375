"""Hide most of an identifier, a name or a telephone number before it is shown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

_STARS = "****"
_LONG = 9
_SHORT = 8
_WORD = re.compile(r"[A-Za-z0-9_]+")
_PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # an address of e-mail
    r"|(?:\+?86[ -]?)?(?<!\d)1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)"
    r"|(?<!\d)0\d{2,3}[ -]\d{7,8}(?!\d)"
    r"|(?<!\d)\d{4}(?:[ -]\d{4}){2,3}(?:[ -]\d{1,3})?(?!\d)"  # a card's number in fours
    r"|(?<!\d)\d{6}[ -]\d{8}[ -]\d{3}[\dXx]"
    r"|\d{9,}[Xx]?"
)


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


def mask_text(text: object, customers: Collection[str] = ()) -> str:
    """Return what a person wrote, with whatever may be a customer's number or address masked.

    Telephones, identity cards, accounts and bank cards are found also in groups and in full
    width, e-mail addresses by their @. Names can't be told from other words and stay.

    Parameters
    ----------
    text : str
        What was written. Missing gives "".
    customers : collection of str, default=()
        Customers' own numbers, which may be shorter.

    Examples
    --------
    >>> mask_text("call 138-1234 1234 again in 2026-10, 客户C000123找", {"C000123"})
    'call 138****1234 again in 2026-10, 客户C****3找'
    >>> mask_text("身份证11010119900307123X，mei@example.com")
    '身份证110****123X，m****@example.com'
    """

    def known(found: re.Match[str]) -> str:
        return mask_identifier(found.group()) if found.group() in customers else found.group()

    def personal(found: re.Match[str]) -> str:
        name, at, host = found.group().partition("@")
        return f"{name[0]}{_STARS}@{host}" if at else mask_identifier(re.sub(r"[ +-]", "", name))

    plain = "".join(unicodedata.normalize("NFKC", c) if c.isdigit() else c for c in _text(text))
    return _PERSONAL.sub(personal, _WORD.sub(known, plain) if customers else plain)

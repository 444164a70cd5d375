"""One way of writing a name, a telephone number or an id, so that systems can be compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import pandas as pd

from workbench.errors import TableProblem

KEYS = ("id_number", "number", "phone_birth")
"""Keys that name one person, the strongest first."""
_WANTED = ("name", "phone", "birth_date", "gender", "region", "employer", "id_number", "number", "kind")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_SHORTEST_PHONE = 7
_SHORTEST_ID = 6


def normal_name(value: object) -> str | None:
    """Return a name as it is compared: without case, marks, blanks or an order of its parts.

    Examples
    --------
    >>> normal_name(" 张 伟"), normal_name("SMITH, Anna"), normal_name("Anna  Smith"), normal_name("")
    ('张伟', 'anna smith', 'anna smith', None)
    """
    text = _text(value).casefold()
    words = re.sub(r"[^\w]+", " ", text).split()
    if not words:
        return None
    return "".join(words) if _HAN.search(text) else " ".join(sorted(words))


def normal_phone(value: object) -> str | None:
    """Return a telephone number's digits without China's country code.

    Examples
    --------
    >>> normal_phone("+86 138-1234-1234"), normal_phone("138 1234 1234"), normal_phone("-")
    ('13812341234', '13812341234', None)
    """
    digits = re.sub(r"\D", "", _text(value))
    if len(digits) > 11:
        digits = re.sub(r"^(00)?86", "", digits)
    return digits if len(digits) >= _SHORTEST_PHONE and len(set(digits)) > 1 else None


def normal_id(value: object) -> str | None:
    """Return an identity document's number; one digit repeated is no number.

    Examples
    --------
    >>> normal_id("110101 19900101 123x"), normal_id("000000000000")
    ('11010119900101123X', None)
    """
    text = re.sub(r"[^0-9A-Z]", "", _text(value).upper())
    return text if len(text) >= _SHORTEST_ID and len(set(text)) > 1 else None


def normal_number(value: object) -> str | None:
    """Return a customer's number without the letters before it and the zeros that fill it.

    Examples
    --------
    >>> normal_number("C12345"), normal_number("0000012345"), normal_number(" ")
    ('12345', '12345', None)
    """
    text = re.sub(r"[^0-9A-Z]", "", _text(value).upper())
    return re.sub(r"^[A-Z]*0*", "", text) or None


def is_han(value: object) -> bool:
    """Say whether a name is written in Chinese characters."""
    return bool(_HAN.search(_text(value)))


def nearly_same(one: str, other: str) -> bool:
    """Say whether one slip of the pen lies between two names; two scripts can't be compared.

    Examples
    --------
    >>> nearly_same("anna smith", "anna smiht"), nearly_same("张伟", "张薇"), nearly_same("张伟", "李伟")
    (True, True, False)
    """
    if one == other or is_han(one) != is_han(other):
        return True
    if is_han(one) and one[0] != other[0]:
        return False
    return _one_slip(one, other)


def _one_slip(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 1:
        return False
    if len(one) > len(other):
        one, other = other, one
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) < len(other):
        return one[at:] == other[at + 1 :]
    swapped = one[:at] + one[at + 1 : at + 2] + one[at : at + 1] + one[at + 2 :]
    return one[at + 1 :] == other[at + 1 :] or swapped == other


def _text(value: object) -> str:
    if value is None or value != value or value is pd.NA:
        return ""
    return unicodedata.normalize("NFKC", str(value)).strip()


def record_keys(records: pd.DataFrame) -> pd.DataFrame:
    """Return what records are compared by, one row a record.

    Parameters
    ----------
    records : pandas.DataFrame
        One row a record of a system: ``record_id`` (text, unique) and ``source``; and
        what the systems know of ``name``, ``phone``, ``birth_date`` (day), ``gender``,
        ``region``, ``employer``, ``id_number``, ``number`` (the customer's number as this
        system writes it) and ``kind``.

    Returns
    -------
    pandas.DataFrame
        record_id, source, name, phone, birth_date (text, ISO), gender, region, employer,
        id_number, number, kind and phone_birth, all text in one way of writing, missing
        where nothing is known. Ordered by record_id.

    Raises
    ------
    TableProblem
        If record_id or source is not there, or a record_id repeats or is missing.

    Examples
    --------
    >>> records = pd.DataFrame({
    ...     "record_id": ["7"], "source": ["crm"], "name": ["Li Na"], "phone": ["+86 138 1234 1234"],
    ...     "birth_date": pd.to_datetime(["1990-02-01"]),
    ... })
    >>> record_keys(records).loc[0, ["name", "phone_birth"]].tolist()
    ['li na', '13812341234 1990-02-01']
    """
    missing = [name for name in ("record_id", "source") if name not in records]
    if missing:
        raise TableProblem(
            "errors.table.missing_columns",
            table="records",
            columns=", ".join(missing),
            present=", ".join(map(str, records.columns)) or "–",
        )
    ids = records["record_id"]
    if ids.isna().any() or ids.duplicated().any():
        bad = ids.isna() | ids.duplicated()
        raise TableProblem(
            "errors.table.repeated_key",
            table="records",
            key="record_id",
            n=int(bad.sum()),
            value=str(ids[bad].iloc[0]),
        )
    found = records.sort_values("record_id", ignore_index=True)
    ways: dict[str, Callable[[object], str | None]] = {
        "name": normal_name,
        "employer": normal_name,
        "phone": normal_phone,
        "id_number": normal_id,
        "number": normal_number,
    }
    shown = pd.DataFrame(
        {"record_id": found["record_id"].astype("str"), "source": found["source"].astype("str")}
    )
    for name in _WANTED:
        if name not in found:
            shown[name] = pd.Series(pd.NA, index=found.index, dtype="str")
        elif name == "birth_date":
            shown[name] = pd.to_datetime(found[name]).dt.strftime("%Y-%m-%d").astype("str")
        else:
            way = ways.get(name, lambda value: _text(value) or None)
            known = {value: way(value) for value in found[name].dropna().unique()}
            shown[name] = found[name].map(known).astype("str")
    shown["phone_birth"] = shown["phone"].str.cat(shown["birth_date"], sep=" ")
    return shown

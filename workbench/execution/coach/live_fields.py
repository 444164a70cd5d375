"""Live fields of a script: name, product, rate and date, filled in when it is shown."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from workbench import locale
from workbench.execution.script import address, product_name

FIELDS = ("name", "product", "rate", "date")
_WRITTEN = {**dict(zip(FIELDS, FIELDS, strict=True)), "姓名": "name", "产品": "product"}
_WRITTEN |= {"利率": "rate", "日期": "date"}
_BRACES = re.compile(r"\{([^{}\n]*)\}")


def fill_fields(text: str, fields: Mapping[str, str]) -> str:
    """Return a text with its live fields filled in; all other braces stay as they were written.

    What is filled in is not searched again, and a field without a value stays a field.

    Parameters
    ----------
    text : str
        What the caller says.
    fields : mapping of str to str
        Values of name, product, rate, date, as `script_fields` makes them.

    Returns
    -------
    str

    Examples
    --------
    >>> fill_fields("{name}: {rate} {0} {name.__class__} {date}", {"name": "{rate}", "rate": "2.10%"})
    '{rate}: 2.10% {0} {name.__class__} {date}'
    >>> fill_fields("{姓名}您好", {"name": "李女士"})
    '李女士您好'
    """

    def value(match: re.Match[str]) -> str:
        return fields.get(_WRITTEN.get(match[1].strip(), ""), match[0])

    return _BRACES.sub(value, text)


def script_fields(
    *,
    name: str | None = None,
    gender: str | None = None,
    company: bool = False,
    offer: str = "",
    rate: float | None = None,
    date: dt.date | None = None,
    lang: str = "en",
) -> dict[str, str]:
    """Return the values of the live fields for one customer; the full name is not among them.

    Parameters
    ----------
    name, gender : str, optional
        As the bank has them. A person's name is masked to surname and title.
    company : bool, default=False
        A company is named in full.
    offer : str, default=""
        What is offered, by its code.
    rate : float, optional
        Interest a year as a share: 0.021 is 2.10%.
    date : datetime.date, optional
        The day that the script speaks of, for example a deposit's maturity.
    lang : str, default="en"
        Language of the script.

    Returns
    -------
    dict of str to str
        Only the fields that are known; others stay as they are written.

    Examples
    --------
    >>> script_fields(name="Anna Li", gender="F", offer="time_deposit", rate=0.021)
    {'name': 'Ms Li', 'product': 'time deposit', 'rate': '2.10%'}
    """
    fields = {"name": address(name, gender, company=company, lang=lang)}
    if offer:
        fields["product"] = product_name(offer, lang)
    if rate is not None and rate == rate:
        fields["rate"] = locale.percent(rate, places=2)
    if date is not None:
        fields["date"] = locale.date(date, lang)
    return fields


def unknown_fields(text: str) -> list[str]:
    """Return what stands in braces and is no live field.

    Examples
    --------
    >>> unknown_fields("{name} {nmae} {利率}")
    ['nmae']
    """
    return [found for found in _BRACES.findall(text) if found.strip() not in _WRITTEN]

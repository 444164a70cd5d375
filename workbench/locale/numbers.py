"""Numbers and dates as a reader of a language writes them.

Three significant figures, a true minus sign, 万 and 亿 in Chinese. A value that is
missing is an en dash, never a zero.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

MISSING = "–"
_EN = ((1e9, "bn"), (1e6, "M"), (1e3, "k"))
_ZH = ((1e8, "亿"), (1e4, "万"))


def _is_missing(value: Any) -> bool:
    # NaT and pandas.NA are the values that are not equal to themselves or can't be compared.
    if value is None:
        return True
    try:
        return bool(value != value)
    except TypeError:
        return True


def _minus(text: str) -> str:
    return text.replace("-", "−")


def _three(value: float) -> str:
    """Three significant figures without an exponent; thousands separated."""
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    places = max(0, 2 - magnitude)
    rounded = round(value, 2 - magnitude)
    shown = f"{rounded:,.{places}f}"
    return shown.rstrip("0").rstrip(".") if places and "." in shown and magnitude < 0 else shown


def _short(value: float, lang: str) -> tuple[str, str]:
    for size, unit in _ZH if lang == "zh_CN" else _EN:
        # 999,950 and up would show as "1,000k"
        if abs(value) >= size * 0.9995:
            return _three(value / size), unit
    return (f"{round(value):,}" if abs(value) >= 100 or value == int(value) else _three(value)), ""


def count(value: Any, lang: str = "en") -> str:
    """Return a number of things, shortened from ten thousand up.

    Examples
    --------
    >>> count(1_284_300), count(1_284_300, "zh_CN"), count(8450), count(None)
    ('1.28M', '128万', '8,450', '–')
    """
    if _is_missing(value):
        return MISSING
    if abs(value) < 10_000:
        return _minus(f"{round(value):,}")
    return _minus("".join(_short(float(value), lang)))


def money(value: Any, lang: str = "en", symbol: str = "¥") -> str:
    """Return an amount of money, shortened.

    Examples
    --------
    >>> money(98_400_000_000), money(98_400_000_000, "zh_CN"), money(-1234.5)
    ('¥98.4bn', '984亿元', '−¥1.23k')
    """
    if _is_missing(value):
        return MISSING
    number, unit = _short(abs(float(value)), lang)
    sign = "−" if value < 0 else ""
    if lang == "zh_CN" and symbol == "¥":
        return f"{sign}{number}{unit}元"
    return f"{sign}{symbol}{number}{unit}"


def percent(value: Any, places: int | None = None) -> str:
    """Return a share (0.372) as percent.

    Examples
    --------
    >>> percent(0.372), percent(0.05), percent(0.0012), percent(None)
    ('37.2%', '5.0%', '0.12%', '–')
    """
    if _is_missing(value):
        return MISSING
    number = float(value) * 100
    if places is None:
        places = 2 if 0 < abs(number) < 1 else 1
    return _minus(f"{number:,.{places}f}") + "%"


def points(value: Any, lang: str = "en", places: int = 1, unit: bool = True) -> str:
    """Return a difference of two shares in percentage points, signed.

    Examples
    --------
    >>> points(0.029), points(-0.012, "zh_CN"), points(0.029, unit=False)
    ('+2.9 pts', '−1.2 个百分点', '+2.9')
    """
    if _is_missing(value):
        return MISSING
    shown = signed(float(value) * 100, places)
    if not unit:
        return shown
    return f"{shown} {'个百分点' if lang == 'zh_CN' else 'pts'}"


def signed(value: Any, places: int = 2) -> str:
    """Return a number that always carries its sign; zero carries none.

    Examples
    --------
    >>> signed(1.424), signed(-0.5), signed(0.0)
    ('+1.42', '−0.50', '0.00')
    """
    if _is_missing(value):
        return MISSING
    shown = f"{float(value):+,.{places}f}"
    return shown[1:] if float(shown.replace(",", "")) == 0 else _minus(shown)


def decimal(value: Any, places: int = 2) -> str:
    """Return a plain number with fixed places.

    Examples
    --------
    >>> decimal(0.8612), decimal(-3, 0)
    ('0.86', '−3')
    """
    return MISSING if _is_missing(value) else _minus(f"{float(value):,.{places}f}")


def date(value: dt.date | str | None, lang: str = "en") -> str:
    """Return a day.

    Examples
    --------
    >>> date(dt.date(2026, 9, 30)), date("2026-09-30", "zh_CN")
    ('30 Sep 2026', '2026年9月30日')
    """
    if _is_missing(value):
        return MISSING
    day = dt.date.fromisoformat(value[:10]) if isinstance(value, str) else value
    assert day is not None
    if lang == "zh_CN":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def timestamp(value: dt.datetime | str | None) -> str:
    """Return a moment in UTC, to the minute.

    Examples
    --------
    >>> timestamp("2026-10-09T02:14:55+00:00")
    '2026-10-09 02:14 UTC'
    """
    if _is_missing(value):
        return MISSING
    moment = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
    assert moment is not None
    if moment.tzinfo is not None:
        moment = moment.astimezone(dt.UTC)
    return f"{moment:%Y-%m-%d %H:%M} UTC"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

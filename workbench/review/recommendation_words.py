"""Recommendations in words: why, and what the next cycle would change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from workbench import locale

MESSAGE_PREFIXES = (
    "review_room.reason.",
    "review_room.change.",
    "review_room.stage.",
    "review_advice.tier.",
    "review_advice.channel.",
)
_COUNTS = (
    "n",
    "n_control",
    "n_listed",
    "n_responded",
    "n_contacted",
    "n_contaminated",
    "n_needed",
    "n_needed_wide",
    "n_more",
    "n_better_channel",
    "n_better_script",
)
_POINTS = (
    "uplift",
    "ci_high",
    "planned_uplift",
    "break_even_uplift",
    "channel_uplift",
    "script_uplift",
)
_SHARES = (
    "mean",
    "control_mean",
    "planned_rate",
    "control_share",
    "contaminated_share",
    "expected_response",
    "posterior_mean",
    "posterior_low",
    "posterior_high",
)
_MONEY = ("value", "value_low", "value_high", "cost")


def state_reason(recommendation: Mapping[str, Any] | pd.Series, lang: str = "en") -> str:
    """Say in a sentence why something is recommended, with its figures.

    Parameters
    ----------
    recommendation : mapping or pandas.Series
        One row of `RECOMMENDATIONS`.
    lang : str, default="en"
        ``"en"`` or ``"zh_CN"``.

    Returns
    -------
    str
        Plain text, not escaped for a page.

    Examples
    --------
    >>> row = {"reason": "review_room.reason.harm", "evidence": '{"uplift": -0.01, "ci_high": -0.004}'}
    >>> state_reason(row)
    'Fewer responded than in the control: −1.0 pts, at best −0.4 pts.'
    """
    evidence = json.loads(recommendation["evidence"])
    shown = _Shown(_show(evidence, lang))
    # Recommendations of an earlier version did not correct it.
    shown.setdefault("parts_p_holm", shown["parts_p"])
    said = evidence.get("said", {}).get(lang)
    return (said or locale.text(recommendation["reason"], lang)).format_map(shown)


def state_change(recommendation: Mapping[str, Any] | pd.Series, lang: str = "en") -> str:
    """Say in a phrase what the next cycle would change.

    Parameters
    ----------
    recommendation : mapping or pandas.Series
        One row of `RECOMMENDATIONS`.
    lang : str, default="en"
        ``"en"`` or ``"zh_CN"``.

    Returns
    -------
    str
        Plain text, not escaped for a page.

    Examples
    --------
    >>> state_change({"change": '{"capacity_factor": 1.5}'})
    '1.5 times as many customers'
    >>> state_change({"change": "{}"}, "zh_CN")
    '维持不变'
    """
    change = json.loads(recommendation["change"])
    phrases = [
        locale.text(f"review_room.change.{name}", lang).format_map(_Shown(_show(change, lang)))
        for name in change
        if f"review_room.change.{name}" in locale.keys(lang)
    ]
    joint = "；" if lang == "zh_CN" else "; "
    return joint.join(phrases) if phrases else locale.text("review_room.change.nothing", lang)


class _Shown(dict[str, str]):
    """Figures for a sentence; one that is missing shows as missing."""

    def __missing__(self, name: str) -> str:
        return "–"


def _show(figures: Mapping[str, Any], lang: str) -> dict[str, str]:
    shown: dict[str, str] = {}
    for name, value in figures.items():
        if name == "ci_low":
            # It only stands before the upper end, which carries the unit.
            shown[name] = locale.points(value, lang, unit=False)
        elif name in _COUNTS:
            # A count that a reader may not see comes as words.
            shown[name] = value if isinstance(value, str) else locale.count(value, lang)
        elif name in _POINTS:
            shown[name] = locale.points(value, lang)
        elif name in _SHARES:
            shown[name] = locale.percent(value)
        elif name in _MONEY:
            shown[name] = locale.money(value, lang)
        elif name in (
            "works_in",
            "lifecycle_stages",
            "works_in_tier",
            "tier",
            "better_channel",
            "channel",
            "channels",
        ):
            shown[name] = name_words(name, str(value), lang)
        elif name in ("better_script", "script_version"):
            shown[name] = str(value)
        elif name.endswith(("_p", "p_holm", "p_value")):
            shown[name] = "< 0.001" if value < 0.001 else f"= {locale.decimal(value, 3)}"
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            shown[name] = locale.decimal(value, 1 if name.endswith("factor") else 2)
    return shown


def name_words(name: str, value: str, lang: str = "en") -> str:
    """Return stages, tiers or channels, comma-separated, as a reader knows them.

    Examples
    --------
    >>> name_words("works_in", "growth,mature"), name_words("channel", "sms", "zh_CN")
    ('growth, mature', '短信')
    """
    prefix = "review_room.stage"
    if name in ("works_in_tier", "tier"):
        prefix = "review_advice.tier"
    elif name in ("better_channel", "channels_after", "channel", "channels"):
        prefix = "review_advice.channel"
    known = locale.keys(lang)
    words = [
        locale.text(f"{prefix}.{word}", lang) if f"{prefix}.{word}" in known else word
        for word in value.split(",")
        if word
    ]
    return ("、" if lang == "zh_CN" else ", ").join(words)

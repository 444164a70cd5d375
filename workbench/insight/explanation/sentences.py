"""What sets a cluster apart, in a sentence and in the customers' own units."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from workbench import locale
from workbench.insight.features import feature_label
from workbench.tables import PROFILE

# Below this an effect is not worth a word (Cohen calls .2 small), above this p it may be chance.
SMALL = 0.2
CHANCE = 0.05
# From which on "3 times the others" says more than the two amounts.
_TIMES = 1.25
# From this share on, "8 of 10 are over 56" says more than a mean.
_MOST = 0.65
# Kinds of features of which a sentence names one only: they would say the same twice.
_ONCE = ("cny", "share")

MESSAGE_PREFIXES = ("insight_explanation.has.", "insight_explanation.over.", "insight_explanation.under.")


def describe_cluster(profile: pd.DataFrame, cluster: int, lang: str = "en", *, most: int = 3) -> str:
    """Say in one sentence what sets a cluster apart, in the customers' own units.

    Parameters
    ----------
    profile : pandas.DataFrame
        From `profile_clusters`, with the portrait as ``customers``. Without the columns of
        effects (an artefact of an older version) there is nothing to say.
    cluster : int
        Which.
    lang : str, default="en"
        ``"en"`` or ``"zh_CN"``.
    most : int, default=3
        At most so many features. One of money and one share is named, the strongest;
        effects under .2, and those that may be chance (p ≥ .05 after correction), never.

    Returns
    -------
    str
        Empty where nothing sets it apart.

    Raises
    ------
    TableProblem
        If it is not a table `workbench.tables.PROFILE`.

    Examples
    --------
    >>> profile = pd.DataFrame({
    ...     "cluster": [0, 0], "feature": ["balance_total", "age"], "mean": [198_000.0, 66.0],
    ...     "mean_others": [64_000.0, 41.0], "difference": [1.3, 1.2], "p_value": [0.0, 0.0],
    ...     "unit": ["cny", "years"], "measure": ["d", "d"], "effect": [1.3, 1.2],
    ...     "effect_low": [1.2, 1.1], "effect_high": [1.4, 1.3], "threshold": [90_000.0, 56.0],
    ...     "share_over": [0.7, 0.81], "share_over_others": [0.2, 0.12],
    ... })
    >>> describe_cluster(profile, 0)
    "They hold ¥198k on average, 3.1 times the others' mean; 8 of 10 are over 56 (others: 1 of 10)."
    >>> describe_cluster(profile, 0, "zh_CN")
    '户均资产19.8万元，是其他客户的3.1倍；10人中有8人年龄超过56岁（其他客户1人）。'
    """
    rows = PROFILE.check(profile)
    if "effect" not in rows:
        return ""
    mine = rows[(rows["cluster"] == cluster) & (rows["effect"].abs() >= SMALL)]
    mine = mine[mine["p_value"] < CHANCE]
    mine = mine.reindex(mine["effect"].abs().sort_values(ascending=False, kind="stable").index)
    parts: list[str] = []
    said: set[str] = set()
    for row in mine.to_dict("records"):
        if row["unit"] in said or len(parts) == most:
            continue
        part = _part({str(name): value for name, value in row.items()}, lang)
        if part:
            parts.append(part)
            said |= {row["unit"]} & set(_ONCE)
    if not parts:
        return ""
    text = locale.text("insight_explanation.between", lang).join(parts)
    return locale.text("insight_explanation.sentence", lang, parts=text[:1].upper() + text[1:])


def in_units(value: Any, unit: str, lang: str = "en") -> str:
    """Return a feature's value as a reader says it.

    Examples
    --------
    >>> in_units(198_000, "cny"), in_units(0.62, "share"), in_units(30.0, "months")
    ('¥198k', '62%', '2.5 years')
    >>> in_units(30.0, "months", "zh_CN"), in_units(3.21, "count")
    ('2.5年', '3.2')
    """
    if value is None or not math.isfinite(value):
        return locale.percent(None)
    if unit == "cny":
        return locale.money(value, lang)
    if unit in ("share", "flag"):
        return locale.percent(value, places=0)
    if unit == "ratio":
        return locale.percent(value, places=0)
    if unit == "months":
        return locale.text("insight_explanation.years", lang, n=_plain(value / 12))
    return _plain(value)


def _part(row: dict[str, Any], lang: str) -> str:
    """Return what one feature says, or nothing where its figures are missing."""
    if not (math.isfinite(row["mean"]) and math.isfinite(row["mean_others"])):
        return ""
    feature, unit = str(row["feature"]), str(row["unit"])
    known = locale.keys(lang)
    over = row["share_over"] - row["share_over_others"] > 0
    share = row["share_over"] if over else 1 - row["share_over"]
    others = row["share_over_others"] if over else 1 - row["share_over_others"]
    key = f"insight_explanation.{'over' if over else 'under'}.{feature}"
    if key in known and share >= _MOST:
        limit = in_units(row["threshold"], unit, lang)
        text = locale.text(key, lang, n=_of_ten(share, lang), limit=limit)
        return locale.text("insight_explanation.others_of_ten", lang, text=text, n=_of_ten(others, lang))
    key = f"insight_explanation.has.{feature}"
    mean, rest = in_units(row["mean"], unit, lang), in_units(row["mean_others"], unit, lang)
    if key in known:
        text = locale.text(key, lang, mean=mean)
    elif unit == "flag":
        text = _have(feature, mean, lang)
    else:
        text = locale.text(
            "insight_explanation.averages", lang, feature=feature_label(feature, lang), mean=mean
        )
    times = row["mean"] / row["mean_others"] if row["mean"] > 0 and row["mean_others"] > 0 else 0.0
    if unit not in ("share", "flag", "ratio") and times >= _TIMES:
        return locale.text("insight_explanation.times", lang, text=text, times=_plain(times))
    return locale.text("insight_explanation.others", lang, text=text, others=rest)


def _have(feature: str, mean: str, lang: str) -> str:
    column, _, value = feature.partition("=")
    label = feature_label(feature, lang)
    if not value:
        return locale.text("insight_explanation.share_have", lang, feature=label, mean=mean)
    value = label.replace("：", ": ").partition(": ")[2]
    named = feature_label(column, lang)
    return locale.text("insight_explanation.share_as", lang, column=named, value=value, mean=mean)


def _of_ten(share: float, lang: str) -> str:
    """Return a share as people say it; all, or nobody, is never claimed."""
    tenths = round(share * 10)
    if tenths >= 10:
        return locale.text("insight_explanation.more_than_nine", lang)
    return str(tenths) if tenths else locale.text("insight_explanation.fewer_than_one", lang)


def _plain(value: float) -> str:
    return locale.decimal(value, 0 if abs(value) >= 10 else 1)

"""Columns that a model must not learn from, and why."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench import locale
from workbench.strategy.propensity.learners import Regression
from workbench.strategy.propensity.measures import rank_auc

MESSAGE_PREFIXES = ("strategy_room.refused.",)
LEAK_AUC = 0.9
"""A column that alone tells so well who responded records the outcome."""
SUSPECT_AUC, MARGIN = 0.8, 0.1
"""A column that alone reaches the first, and is ahead of all others together by the second,
is known only after the contact: nothing known before is so much better than all the rest."""
MAX_LEVELS = 30

_IDENTIFIERS = ("customer_id", "snapshot_date", "relationship_manager")
_PERSONAL = ("name", "phone", "email", "address", "id_number")
# What is known of a contact only once it is over; words of both languages.
_AFTER_CONTACT = re.compile(
    r"(^|_)(duration|call_seconds|call_minutes|talk_time|call_length|call_time|handle_time"
    r"|responded|response|converted|conversion|disposition|outcome|contacted_at|recorded_at)($|_)"
    r"|通话|时长|是否响应|是否成交|处置结果|联系结果"
)
# "previous_outcome" was known before this contact.
_EARLIER = re.compile(r"(^|_)(previous|prior|past|last|earlier|days_since)(_|$)|上次|以往|历史")


def refuse_columns(
    frame: pd.DataFrame,
    responded: pd.Series,
    *,
    after_contact: Collection[str] = (),
    exclude: Collection[str] = (),
    history_only: Collection[str] = (),
    known_before: Collection[str] = (),
) -> pd.DataFrame:
    """Return the columns that a model must not learn from, each with its reason.

    Parameters
    ----------
    frame : pandas.DataFrame
        The customers' columns, one row a past contact.
    responded : pandas.Series of bool
        What came of it, in the same order.
    after_contact : collection of str, default=()
        Columns that the bank's mapping names as known only after the contact. Names
        that say so (duration, talk time, responded …) are refused without being listed.
    exclude : collection of str, default=()
        Columns that the analyst leaves out.
    history_only : collection of str, default=()
        Columns of the campaign history that customers do not have.
    known_before : collection of str, default=()
        Columns that the analyst vouches for: what their cells look like refuses them no more.

    Returns
    -------
    pandas.DataFrame
        ``column``, ``cause`` (excluded, identifier, personal_data, after_contact, date,
        leaks, dominates, too_many_values, constant, history_only), ``figure`` (AUC or number of
        values, else missing), ``reason`` (an English sentence; `explain_refusals` has others).

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [30, 40, 50, 60], "duration": [9, 80, 7, 6]})
    >>> refused = refuse_columns(frame, pd.Series([True, False, False, True]))
    >>> refused[["column", "cause"]].values.tolist()
    [['duration', 'after_contact']]
    """
    rows, alone = [], {}
    for column in frame.columns:
        found = _cause(str(column), frame[column], set(after_contact), set(exclude))
        if found is None and column not in known_before:
            alone[column] = single_auc(frame[column], responded)
            found = ("leaks", alone[column]) if alone[column] >= LEAK_AUC else None
        if found is not None:
            rows.append((str(column), *found))
    gone = {name for name, *_ in rows}
    rows += _dominating(frame[[name for name in frame.columns if str(name) not in gone]], responded, alone)
    named = {name: _cause_of_name(name, set(after_contact), set(exclude)) for name in history_only}
    rows += [(name, *(cause or _HISTORY_ONLY)) for name, cause in named.items()]
    refused = pd.DataFrame(rows, columns=["column", "cause", "figure"])
    refused["figure"] = refused["figure"].astype("float64")
    return explain_refusals(refused, "en")


def explain_refusals(refused: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return the refused columns with their reasons in a language."""
    reasons = [
        locale.text(
            f"strategy_room.refused.{row['cause']}", lang, column=row["column"], figure=_figure(row["figure"])
        )
        for row in refused.to_dict("records")
    ]
    return refused.assign(reason=pd.Series(reasons, index=refused.index, dtype="str"))


def _figure(value: float) -> str:
    if pd.isna(value):
        return locale.decimal(None)
    return locale.decimal(value) if value <= 1 else locale.count(value)


_HISTORY_ONLY = ("history_only", float("nan"))


def _cause_of_name(name: str, after_contact: set[str], exclude: set[str]) -> tuple[str, float] | None:
    lower = name.lower()
    nothing = float("nan")
    if name in exclude:
        return "excluded", nothing
    if lower in _IDENTIFIERS or lower.endswith("_id"):
        return "identifier", nothing
    if lower in _PERSONAL:
        return "personal_data", nothing
    if name in after_contact or (_AFTER_CONTACT.search(lower) and not _EARLIER.search(lower)):
        return "after_contact", nothing
    return None


def _cause(
    name: str, cells: pd.Series, after_contact: set[str], exclude: set[str]
) -> tuple[str, float] | None:
    named = _cause_of_name(name, after_contact, exclude)
    if named is not None:
        return named
    nothing = float("nan")
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return "date", nothing
    values = int(cells.nunique(dropna=False))
    if values < 2:
        return "constant", nothing
    if not _is_number(cells) and values > MAX_LEVELS:
        return "too_many_values", float(values)
    return None


def _dominating(
    frame: pd.DataFrame, responded: pd.Series, alone: Mapping[Any, float]
) -> list[tuple[str, str, float]]:
    """Return the columns that alone tell far more than all the others together."""
    suspects = [name for name in frame.columns if SUSPECT_AUC <= alone.get(name, 0.0) < LEAK_AUC]
    rest = [name for name in frame.columns if name not in suspects]
    if not suspects or not rest:
        return []
    # The others are judged on later contacts than they learned from, as the model will be.
    split = round(0.7 * len(frame))
    y = responded.to_numpy(dtype="float64")
    if min(len(np.unique(y[:split])), len(np.unique(y[split:]))) < 2:
        return []
    together = Regression().fit(frame[rest].iloc[:split], y[:split]).logits(frame[rest].iloc[split:])
    others = rank_auc(y[split:], together)
    return [(str(name), "dominates", alone[name]) for name in suspects if alone[name] >= others + MARGIN]


def single_auc(cells: pd.Series, responded: pd.Series) -> float:
    """Return how well one column alone tells who responded: its AUC, 0.5 to 1.

    A number is taken in its better direction, a text by the response rate of each value;
    being missing counts as a value of its own.

    Examples
    --------
    >>> single_auc(pd.Series([1.0, 2.0, 3.0, 4.0]), pd.Series([True, True, False, False]))
    1.0
    """
    y = responded.to_numpy(dtype=bool)
    if _is_number(cells):
        values = cells.astype("float64")
        by_value = rank_auc(y, values.fillna(values.median()).fillna(0.0))
        by_gap = rank_auc(y, values.isna())
        best = max(by_value, 1 - by_value, by_gap, 1 - by_gap)
    else:
        words = cells.astype("object").where(cells.notna(), "").astype("str").to_numpy()
        rates = pd.Series(y.astype("float64")).groupby(words).transform("mean")
        best = rank_auc(y, rates)
    return float(best) if not np.isnan(best) else 0.5


def _is_number(cells: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(cells.dtype) or pd.api.types.is_bool_dtype(cells.dtype)

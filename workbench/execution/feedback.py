"""What the front line says of a strategy: how often, what is new or rising, and in whose words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from workbench import locale
from workbench.errors import ParameterProblem
from workbench.execution.count_limits import highest_usual

MESSAGE_PREFIXES = ("execution_feedback.trend_sentence.",)
TRENDS = ("new", "rising", "usual", "first_days", "quiet")
"""What a code does: said for the first time and more often than chance brings, more often than
before, as usual, nothing to compare with yet, not said in the newest days."""
RISEN = TRENDS[:2]
FALSE_ALARMS = 5.0
"""Digests of a hundred on which nothing has changed that may call something new or rising."""
DAYS = 7
"""Days that are held against those before them."""
DIGEST_COLUMNS = (
    "code",
    "n",
    "share",
    "n_new",
    "n_before",
    "contacts_new",
    "contacts_before",
    "rate_new",
    "rate_before",
    "expected",
    "limit",
    "trend",
    "first_at",
    "last_at",
)
_WHOLE = ("n", "n_new", "n_before", "contacts_new", "contacts_before")
_NEEDED = ("code", "given_at")
_READ = 200
"""So many of a code's newest texts are compared with each other."""
_ONE_DAY = pd.Timedelta(days=1)


def digest_feedback(
    notes: pd.DataFrame,
    contacts: pd.DataFrame,
    *,
    today: dt.date | str,
    days: int = DAYS,
    false_alarms: float = FALSE_ALARMS,
) -> pd.DataFrame:
    """Return what was said most, and what of it is new or rising against the days before.

    The newest days are one period, all earlier ones the other. In each, a code's count is held
    against the contacts made; where more was said than contacts were made, in both periods
    against all that was said. The limit is the
    exact tail of the beta-binomial distribution of the next period given the earlier one, as in
    a p chart whose rate is learnt: what few earlier contacts leave open is part of it. The
    false alarms allowed are shared evenly by the codes that were said.

    Parameters
    ----------
    notes : pandas.DataFrame
        ``code`` and ``given_at``; one row a note.
    contacts : pandas.DataFrame
        ``contacted_at``: the contacts of the same strategies.
    today : datetime.date or str
        The last day; what is later is left out.
    days : int, default=7
        Newest days, up to and with today, that are held against those before.
    false_alarms : float, default=5
        Digests of a hundred on which nothing has changed that may call a code new or rising.

    Returns
    -------
    pandas.DataFrame
        A row a code, those new or rising first, then by count: ``code``, ``n``, ``share`` of all
        notes, ``n_new`` and ``n_before`` (notes), ``contacts_new`` and ``contacts_before``,
        ``rate_new`` and ``rate_before`` (notes a contact, or share of the notes), ``expected``
        and ``limit`` (notes of the newest days that are to be expected, and up to which they
        are usual; missing where there is nothing before), ``trend`` (one of `TRENDS`),
        ``first_at`` and ``last_at``.

    Raises
    ------
    ParameterProblem
        If a column is missing, or the days or the false alarms are not possible.

    References
    ----------
    D. C. Montgomery, Introduction to Statistical Quality Control, chapter 7.

    Examples
    --------
    >>> said = pd.to_datetime(["2026-10-01"] * 3 + ["2026-10-20"] * 12)
    >>> notes = pd.DataFrame({"code": "price_low_rate", "given_at": said})
    >>> contacts = pd.DataFrame({"contacted_at": pd.date_range("2026-09-21", periods=600, freq="72min")})
    >>> digest = digest_feedback(notes, contacts, today="2026-10-20")
    >>> digest[["code", "n", "n_new", "limit", "trend"]].values.tolist()
    [['price_low_rate', 15, 12, 3.0, 'rising']]
    """
    _check(notes, _NEEDED)
    _check(contacts, ("contacted_at",))
    if days < 1 or not 0 < false_alarms <= 100:
        raise ParameterProblem("execution_feedback.error.digest", days=days, false_alarms=false_alarms)
    end = pd.Timestamp(today).normalize() + _ONE_DAY
    begin = end - pd.Timedelta(days=days)
    said = notes[notes["given_at"].lt(end).to_numpy()]
    is_new = said["given_at"].ge(begin)
    moments = contacts.loc[contacts["contacted_at"].lt(end).to_numpy(), "contacted_at"]
    met_new = int(moments.ge(begin).sum())
    met_before = int(len(moments) - met_new)
    counts = said.assign(_new=is_new).groupby("code", sort=False)
    rows = counts.agg(
        n=("code", "size"), n_new=("_new", "sum"), first_at=("given_at", "min"), last_at=("given_at", "max")
    ).reset_index()
    rows = rows.astype({"n": "int64", "n_new": "int64"})
    rows["n_before"] = rows["n"] - rows["n_new"]
    rows["share"] = rows["n"] / max(len(said), 1)
    rows["contacts_new"], rows["contacts_before"] = met_new, met_before
    said_new, said_before = int(is_new.sum()), int(len(said) - is_new.sum())
    of_new, of_before = met_new, met_before
    if said_new > met_new or said_before > met_before:
        # Of more notes than contacts some came from elsewhere: then shares of what was said.
        of_new, of_before = said_new, said_before
    rows["rate_new"] = rows["n_new"] / of_new if of_new else np.nan
    rows["rate_before"] = rows["n_before"] / of_before if of_before else np.nan
    rows["expected"] = rows["rate_before"] * of_new
    alpha = false_alarms / 100 / max(len(rows), 1)
    rows["limit"] = [
        float(highest_usual(of_new, 0.0, alpha, (float(before), float(of_before)))) if of_before else np.nan
        for before in rows["n_before"]
    ]
    trends = [_trend(row) for row in rows.to_dict("records")]
    rows["trend"] = pd.Series(trends, index=rows.index, dtype="str")
    order = rows["trend"].map({trend: min(place, 2) for place, trend in enumerate(TRENDS)})
    rows = rows.assign(_order=order, _less=-rows["n"]).sort_values(["_order", "_less", "code"])
    return rows.reset_index(drop=True).astype(dict.fromkeys(_WHOLE, "int64"))[list(DIGEST_COLUMNS)]


def _trend(row: Mapping[Any, Any]) -> str:
    if not row["n_new"]:
        return "quiet"
    if row["limit"] != row["limit"]:
        return "first_days"
    if row["n_new"] <= row["limit"]:
        return "usual"
    return "rising" if row["n_before"] else "new"


def count_feedback(notes: pd.DataFrame, by: Sequence[str] = ("code",)) -> pd.DataFrame:
    """Return how often each code was said, also by segment, script step or strategy.

    Parameters
    ----------
    notes : pandas.DataFrame
        ``code`` and the other columns named; one row a note.
    by : sequence of str, default=("code",)
        Columns, of ``code``, ``group``, ``strategy_id``, ``segment``, ``script_version``,
        ``step``.

    Returns
    -------
    pandas.DataFrame
        The columns, and ``n``, the most frequent first.

    Raises
    ------
    ParameterProblem
        If a column is missing.

    Examples
    --------
    >>> notes = pd.DataFrame({"code": ["a", "b", "a"], "segment": ["X", "X", "X"]})
    >>> count_feedback(notes, ["segment", "code"]).values.tolist()
    [['X', 'a', 2], ['X', 'b', 1]]
    """
    keys = list(by)
    _check(notes, keys)
    counted = notes.groupby(keys, as_index=False, dropna=False).agg(n=(keys[0], "size"))
    return counted.sort_values(["n", *keys], ascending=[False, *[True] * len(keys)], ignore_index=True)


def pick_voices(notes: pd.DataFrame, per_code: int = 2) -> pd.DataFrame:
    """Return the texts that stand best for what was said under each code.

    The first is the one most like all the others of its code; each further one is like the
    others and unlike those picked before. Likeness is the share of letter pairs that two
    texts have in common (Dice), which needs no dictionary in any language.

    Parameters
    ----------
    notes : pandas.DataFrame
        ``note_id``, ``code``, ``given_at``, ``text``; of each code the newest 200 texts count.
    per_code : int, default=2
        So many of each code at most.

    Returns
    -------
    pandas.DataFrame
        The rows picked, by code, the most typical first.

    Raises
    ------
    ParameterProblem
        If a column is missing.

    References
    ----------
    L. R. Dice, Measures of the amount of ecologic association between species. Ecology 26
    (1945). J. Carbonell, J. Goldstein, The use of MMR. SIGIR (1998).

    Examples
    --------
    >>> texts = ["rate is low", "the rate is low here", "rate too low", "calls at lunch"]
    >>> notes = pd.DataFrame({"note_id": range(4), "code": "price", "text": texts,
    ...     "given_at": pd.to_datetime("2026-10-20")})
    >>> pick_voices(notes)["text"].tolist()
    ['rate is low', 'calls at lunch']
    """
    _check(notes, ("note_id", "code", "given_at", "text"))
    told = notes[notes["text"].str.strip().ne("").to_numpy()].sort_values(["given_at", "note_id"])
    parts = [
        _typical(mine.tail(_READ).drop_duplicates("text", keep="last"), per_code)
        for _, mine in told.groupby("code", sort=True)
    ]
    return pd.concat(parts, ignore_index=True) if parts else told.reset_index(drop=True)


def _typical(mine: pd.DataFrame, most: int) -> pd.DataFrame:
    pairs = [_pairs(text) for text in mine["text"]]
    n = len(pairs)
    likeness = np.zeros((n, n))
    for i in range(n):
        for j in range(i):
            both = len(pairs[i]) + len(pairs[j])
            likeness[i, j] = likeness[j, i] = 2 * len(pairs[i] & pairs[j]) / both if both else 0.0
    like_all = likeness.mean(axis=1)
    picked: list[int] = []
    while len(picked) < min(most, n):
        near = likeness[:, picked].max(axis=1) if picked else np.zeros(n)
        score = like_all - near
        score[picked] = -np.inf
        picked.append(int(np.argmax(np.round(score, 9))))
    return mine.iloc[picked]


def _pairs(text: str) -> set[str]:
    plain = "".join(letter for letter in text.casefold() if letter.isalnum())
    return {plain[i : i + 2] for i in range(len(plain) - 1)} or {plain}


def state_feedback(row: Mapping[str, Any], label: str, lang: str = "en", days: int = DAYS) -> str:
    """Return what a code does as a sentence: how often, of how many contacts, against what.

    Parameters
    ----------
    row : mapping
        A row of `digest_feedback`.
    label : str
        What the code is called.
    lang : str, default="en"
        ``"en"`` or ``"zh_CN"``.
    days : int, default=7
        The days that `digest_feedback` was given.

    Examples
    --------
    >>> state_feedback({"trend": "rising", "n_new": 12, "n_before": 3, "limit": 8.0, "expected": 2.5,
    ...                 "contacts_new": 140}, "Rate lower than others'")
    "Rate lower than others': said 12× in the last 7 days, usual up to 8 (before: 3)"
    """
    values = {
        name: "–" if row[name] != row[name] else locale.count(row[name], lang)
        for name in ("n_new", "n_before", "limit")
    }
    return locale.text(
        f"execution_feedback.trend_sentence.{row['trend']}", lang, label=label, days=days, **values
    )


def _check(frame: pd.DataFrame, needed: Sequence[str]) -> None:
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        raise ParameterProblem("execution_feedback.error.columns", columns=", ".join(missing))

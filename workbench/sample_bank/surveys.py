"""Answers to the bank's survey: a score, and a text put together from parts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.sample_bank import phrases
from workbench.sample_bank.structure import RETAIL, STAGES

ANSWER_SHARE = 0.07
"""Share of retail customers with an answer."""
TOPICS = ("queue", "app", "fees", "adviser", "deposit_rate", "card", "loan")
_LEVEL = np.array([8.3, 8.0, 7.3, 7.2, 5.9, 7.8])
_TALK = {
    "happy_retirees": (4, 1, 1, 4, 5, 0.5, 0.2), "affluent_planners": (1, 2, 2, 5, 2, 1, 1),
    "payroll_young": (0.5, 5, 2, 1, 1, 3, 2), "sme_owners": (2, 2, 3, 2, 0.5, 1, 5),
    "dormant_savers": (2, 2, 4, 1, 2, 1, 0.5), "new_honeymoon": (1, 5, 1, 1, 1, 3, 0.5),
}  # fmt: skip


def draw_surveys(
    population: pd.DataFrame, people: pd.DataFrame, last_day: np.datetime64, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw survey answers of a block.

    Parameters
    ----------
    population, people : pandas.DataFrame
        A block of `draw_population` and of `draw_people`.
    last_day : numpy.datetime64
        The bank's last day.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    pandas.DataFrame
        number, answered_on (in the last year), score (0 to 10; 6% missing), text (30%
        empty), language ("zh", "en"), topic.
    """
    segment = population["segment"].to_numpy()
    stage = population["stage"].to_numpy()
    row = np.flatnonzero((segment < len(RETAIL)) & (rng.random(len(segment)) < ANSWER_SHARE) & (stage < 6))
    k = len(row)
    level = _LEVEL[segment[row]] - 1.8 * (stage[row] == STAGES.index("decline"))
    score = np.clip(np.round(level + 1.7 * rng.standard_normal(k)), 0, 10)
    opened = population["opened_on"].to_numpy().astype("datetime64[D]")[row]
    answered = np.maximum(last_day - rng.integers(0, 365, k).astype("timedelta64[D]"), opened)
    weights = np.cumsum([_TALK[name] for name in RETAIL], axis=1)[segment[row]]
    topic = (rng.random(k)[:, None] * weights[:, -1:] >= weights).sum(axis=1)
    good = score + rng.standard_normal(k) >= 7
    latin = np.array([str(name).isascii() for name in people["name"].to_numpy()[row]], dtype=bool)
    english = (rng.random(k) < 0.22) | latin
    picks = rng.integers(0, 3, (k, 2))
    second = (topic + rng.integers(1, len(TOPICS), k)) % len(TOPICS)
    ends = rng.integers(0, 5, (k, 2))
    more = rng.random(k) < 0.35
    text = [
        _compose(bool(e), bool(g), int(t), int(u), p, x, bool(m))
        for e, g, t, u, p, x, m in zip(english, good, topic, second, picks, ends, more, strict=True)
    ]
    silent = rng.random(k) < 0.30
    return pd.DataFrame(
        {
            "number": population["number"].to_numpy()[row],
            "answered_on": answered,
            "score": np.where(rng.random(k) < 0.06, np.nan, score),
            "text": np.where(silent, "", np.array(text, dtype=object)),
            "language": np.where(english, "en", "zh"),
            "topic": np.array(TOPICS)[topic],
        }
    )


def _compose(
    english: bool, good: bool, topic: int, second: int, picks: np.ndarray, ends: np.ndarray, more: bool
) -> str:
    first, other = (phrases.GOOD_EN, phrases.BAD_EN) if english else (phrases.GOOD_ZH, phrases.BAD_ZH)
    if not good:
        first, other = other, first
    said = first[TOPICS[topic]][picks[0]]
    if more:
        joint = ", but " if english else "，不过"
        said += joint + other[TOPICS[second]][picks[1]]
    opening, end = (phrases.OPEN_EN, phrases.END_EN) if english else (phrases.OPEN_ZH, phrases.END_ZH)
    return opening[ends[0]] + said + end[ends[1]]

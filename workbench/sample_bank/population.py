"""Who exists: kind, segment, stage, first day, last active day, employer.

Drawn for the whole bank at once, because employers and their employees are spread over
all blocks. Everything else is made block by block from this frame.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.sample_bank.structure import (
    CHANGED_SHARE,
    CORPORATE,
    CORPORATE_SHARE,
    INDUSTRIES,
    LEAN,
    RETAIL,
    SEGMENTS,
    STAGES,
    TORN_SHARE,
    TRAITS,
)

FIRST_NUMBER = 10_001
"""The first customer's number; the canonical id is the number as ten digits."""
_ACQUISITION, _HONEYMOON, _GROWTH, _MATURE, _DECLINE, _DORMANT, _LOST = range(len(STAGES))


def draw_population(customers: int, last_day: np.datetime64, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the bank's customers as they are on its last day.

    Parameters
    ----------
    customers : int
        How many, companies included.
    last_day : numpy.datetime64
        The bank's last day.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    pandas.DataFrame
        One row a customer: number, segment and segment_before (three months earlier;
        codes into `SEGMENTS`), stage and stage_before (codes into `STAGES`; -1 for not yet
        a customer), opened_on, last_active (days), employer (number of a company or 0), industry
        and employer_industry (codes into `INDUSTRIES`; -1 for none), engagement (standard
        normal), leans_to (code of another segment) and lean (share of its habits, 0 to 1).

    Examples
    --------
    >>> import numpy as np
    >>> people = draw_population(200, np.datetime64("2026-09-30"), np.random.default_rng(0))
    >>> len(people), int((people.segment >= 6).sum())
    (200, 10)
    """
    companies = round(customers * CORPORATE_SHARE)
    segment = np.concatenate(
        [_shares(RETAIL, customers - companies), _shares(CORPORATE, companies) + len(RETAIL)]
    )
    segment = rng.permutation(segment)
    weights = np.array([TRAITS[name].stages for name in SEGMENTS])
    stage = _draw_codes(weights[segment], rng)
    tenure = _draw_tenure(segment, stage, rng)
    segment_before, stage, tenure = _move(segment, stage, tenure, rng)
    quiet = _draw_quiet(stage, tenure, rng)
    leans_to, lean = _draw_lean(segment, rng)
    employer = _draw_employers(segment, rng)
    trade = np.minimum((rng.random(customers) ** 1.3 * len(INDUSTRIES)).astype(int), len(INDUSTRIES) - 1)
    industry = np.where(segment >= len(RETAIL), trade, -1)
    return pd.DataFrame(
        {
            "number": np.arange(FIRST_NUMBER, FIRST_NUMBER + customers),
            "segment": segment,
            "segment_before": segment_before,
            "stage": stage,
            "stage_before": _stage_before(stage, tenure, quiet, rng),
            "opened_on": last_day - tenure.astype("timedelta64[D]"),
            "last_active": last_day - quiet.astype("timedelta64[D]"),
            "employer": employer,
            "industry": industry,
            "employer_industry": np.where(employer > 0, industry[np.maximum(employer - FIRST_NUMBER, 0)], -1),
            "engagement": rng.standard_normal(customers),
            "leans_to": leans_to,
            "lean": lean,
        }
    )


def _shares(names: tuple[str, ...], n: int) -> np.ndarray:
    """Return n codes whose counts follow the planted shares to within one, none without any."""
    exact = np.array([TRAITS[name].share for name in names]) * n
    counts = np.maximum(np.floor(exact).astype(int), 1)
    while counts.sum() != n:
        step = 1 if counts.sum() < n else -1
        counts[np.argmax((exact - counts) * step)] += step
    return np.repeat(np.arange(len(names)), counts)


def _draw_codes(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw one code a row from the row's weights."""
    edges = np.cumsum(weights, axis=1)
    return (rng.random(len(weights))[:, None] * edges[:, -1:] >= edges).sum(axis=1)


def _draw_tenure(segment: np.ndarray, stage: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Days with the bank: under 90 in acquisition, under a year in honeymoon, then longer."""
    mean = np.array([TRAITS[name].tenure for name in SEGMENTS])[segment]
    days = 366 + np.minimum(rng.gamma(2.0, mean * 365 / 2.0), 45 * 365)
    days = np.where(stage >= _DORMANT, days + 420, days)
    days = np.where(stage == _HONEYMOON, rng.integers(92, 365, len(segment)), days)
    return np.where(stage == _ACQUISITION, rng.integers(1, 90, len(segment)), days).astype(int)


def _move(
    segment: np.ndarray, stage: np.ndarray, tenure: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Let some active retail customers have belonged elsewhere three months ago."""
    before, stage, tenure = segment.copy(), stage.copy(), tenure.copy()
    retail = segment < len(RETAIL)
    settled = np.isin(stage, (_GROWTH, _MATURE, _DECLINE))
    origins = np.array([[TRAITS[name].before.get(other, 0.0) for other in RETAIL] for name in RETAIL])
    able = np.flatnonzero(retail & settled & (origins.sum(axis=1) > 0)[np.where(retail, segment, 0)])
    weight = np.where(segment[able] == RETAIL.index("dormant_savers"), 2.0, 1.0)
    wanted = round(CHANGED_SHARE * int((retail & (stage != _ACQUISITION)).sum()))
    keys = rng.exponential(1.0, len(able)) / weight
    chosen = np.sort(able[np.argsort(keys, kind="stable")[:wanted]])
    before[chosen] = _draw_codes(origins[segment[chosen]], rng)
    faded = chosen[segment[chosen] == RETAIL.index("dormant_savers")]
    stage[faded] = _DECLINE
    young = chosen[before[chosen] == RETAIL.index("new_honeymoon")]
    tenure[young] = rng.integers(366, 456, len(young))
    return before, stage, tenure


def _draw_lean(segment: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Let everybody have a little of another segment, and some a lot: the overlap."""
    n = len(segment)
    retail = segment < len(RETAIL)
    other = rng.choice(len(RETAIL), n, p=[TRAITS[name].share for name in RETAIL])
    torn = rng.random(n) < TORN_SHARE
    lean = np.where(torn, rng.uniform(0.4, 1.0, n), rng.beta(1.0, 1.0 / LEAN - 1.0, n))
    return np.where(retail, other, segment), np.where(retail, lean, 0.0)


def _draw_quiet(stage: np.ndarray, tenure: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Days since the customer was last active: half a year and more when dormant."""
    n = len(stage)
    # Most fell asleep long ago, so that the dormant do not multiply from one quarter to the next.
    asleep = 185 + (180 * rng.random(n) ** 0.6).astype(int)
    asleep = np.where(rng.random(n) < 0.25, rng.integers(365, 520, n), asleep)
    quiet = np.where(stage == _DORMANT, asleep, 0)
    quiet = np.where(stage == _LOST, rng.integers(368, 600, n), quiet)
    return np.minimum(quiet, np.maximum(tenure - 1, 0))


def _stage_before(
    stage: np.ndarray, tenure: np.ndarray, quiet: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return the stage three months earlier, which follows from the days where it can."""
    n = len(stage)
    moved = np.where(rng.random(n) < 0.45, _GROWTH, _MATURE)
    dozing = np.where(rng.random(n) < 0.4, _DECLINE, _MATURE)
    before = np.where(rng.random(n) < 0.70, stage, moved)
    before = np.where(tenure < 366 + 91, np.where(stage > _HONEYMOON, _HONEYMOON, before), before)
    before = np.where(stage == _HONEYMOON, np.where(tenure < 181, _ACQUISITION, _HONEYMOON), before)
    before = np.where(stage == _DORMANT, np.where(quiet > 274, _DORMANT, dozing), before)
    before = np.where(stage == _LOST, np.where(quiet > 365 + 92, _LOST, _DORMANT), before)
    return np.where(tenure < 92, -1, before)


def _draw_employers(segment: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give employees an employer among the companies; large companies have more of them."""
    companies = np.flatnonzero(segment >= len(RETAIL))
    employed = np.array([TRAITS[name].employed for name in SEGMENTS])[segment]
    works = rng.random(len(segment)) < employed
    if not len(companies):
        return np.zeros(len(segment), dtype=int)
    size = np.array([0, 0, 0, 0, 0, 0, 1.0, 6.0, 40.0])[segment[companies]]
    size = size * rng.lognormal(0.0, 0.8, len(companies))
    edges = np.cumsum(size)
    picked = np.searchsorted(edges, rng.random(len(segment)) * edges[-1], side="right")
    employer = FIRST_NUMBER + companies[np.minimum(picked, len(companies) - 1)]
    return np.where(works, employer, 0)

"""Month-end balances: growth, decline, dormancy, seasons, maturities and large inflows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.sample_bank.habits import Habits, Means
from workbench.sample_bank.structure import ASSETS, PRODUCTS, STAGE_BALANCE, STAGES

_TERMS = np.array([3, 6, 12, 24])
_INFLOW = np.array([0.006, 0.020, 0.010, 0.016, 0.002, 0.012, 0.02, 0.02, 0.02])
_MONTHS_OF_STAGE = {"acquisition": (0.02, 0.12), "honeymoon": (0.04, 0.13), "growth": (0.045, 0.095),
                    "mature": (-0.008, 0.012), "decline": (-0.20, -0.09), "dormant": (-0.001, 0.002),
                    "lost": (0.0, 0.0)}  # fmt: skip
_TAKES_OUT = 0.12
"""Customers who take a part of their deposit out when it first comes due."""
_LOWEST = 50.0
"""Holdings under this many CNY are not kept as products of their own, demand apart."""


@dataclass(frozen=True)
class Balances:
    """Balances of a block and what moved them.

    Parameters
    ----------
    holdings : pandas.DataFrame
        number, product (code into `PRODUCTS`), month (position), balance, matures_on.
    maturities : pandas.DataFrame
        number, day, amount: deposits that came due.
    inflows : pandas.DataFrame
        number, day, amount: single large inflows.
    """

    holdings: pd.DataFrame
    maturities: pd.DataFrame
    inflows: pd.DataFrame


def month_ends(last_day: np.datetime64, months: int) -> np.ndarray:
    """Return the last days of the months up to the last day, the last one included.

    Examples
    --------
    >>> import numpy as np
    >>> [str(day) for day in month_ends(np.datetime64("2026-03-31"), 2)]
    ['2026-02-28', '2026-03-31']
    """
    month = last_day.astype("datetime64[M]")
    starts = month - np.arange(months - 2, -2, -1)
    return starts.astype("datetime64[D]") - np.timedelta64(1, "D")


def draw_balances(
    population: pd.DataFrame,
    before: Habits,
    now: Habits,
    means: Means,
    ends: np.ndarray,
    rng: np.random.Generator,
) -> Balances:
    """Draw month-end balances of a block.

    Parameters
    ----------
    population : pandas.DataFrame
        A block of `draw_population`.
    before, now : Habits
        Behaviour before the last three months and in them.
    means : Means
        Assets, loan and card on the last day.
    ends : numpy.ndarray of datetime64[D]
        The month ends, ascending.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    Balances
        Rows only for months after the customer's first day and for balances above 0.
    """
    n, months = len(population), len(ends)
    number = population["number"].to_numpy()
    opened = population["opened_on"].to_numpy().astype("datetime64[D]")
    alive = ends[None, :] >= opened[:, None]
    path = _draw_path(population, means, months, ends, rng)
    bump, inflows = _draw_inflows(population, path, ends, alive, rng)
    path = path * (1 + bump)
    weight = np.clip((np.arange(months) - (months - 4)) / 3.0, 0, 1)
    term = _TERMS[rng.choice(4, n, p=[0.15, 0.25, 0.45, 0.15])]
    due = _next_maturity(ends, term, rng.integers(0, 1 << 30, n))
    taken = (rng.random(n) < _TAKES_OUT)[:, None] & (due[:, :1] <= ends[None, :])
    taken = np.where(taken, rng.uniform(0.3, 0.8, (n, 1)), 0.0)
    frames = []
    for code, product in enumerate(PRODUCTS):
        if product in ASSETS:
            share = _shares(before, now, code, weight)
            if product == "demand":
                # What is not renewed at maturity waits in the demand account.
                share = share + taken * _shares(before, now, ASSETS.index("time_deposit"), weight)
            elif product == "time_deposit":
                share = share * (1 - taken)
            else:
                share = share * np.exp(0.03 * rng.standard_normal((n, months)))
            amount = path * share
        elif product == "loan":
            paid = 1 + 0.012 * (months - 1 - np.arange(months))
            amount = means.loan[:, None] * paid[None, :]
        else:
            spend = 900 * (1 + now.rates["card_use"] * 3)
            amount = np.where(means.card, spend, 0.0)[:, None] * rng.lognormal(0, 0.5, (n, months))
        amount = np.where(alive, np.round(amount, 2), 0.0)
        lowest = 0.005 if product == "demand" else _LOWEST
        row, column = np.nonzero(amount >= lowest)
        frame = {
            "number": number[row],
            "product": np.full(len(row), code, dtype=np.int8),
            "month": column.astype(np.int16),
            "balance": amount[row, column],
            "matures_on": due[row, column] if product == "time_deposit" else np.datetime64("NaT"),
        }
        frames.append(pd.DataFrame(frame))
        if product == "time_deposit":
            maturities = _maturities(number, amount, due, ends)
    holdings = pd.concat(frames, ignore_index=True)
    holdings = holdings.sort_values(["number", "month", "product"], kind="stable", ignore_index=True)
    return Balances(holdings, maturities, inflows)


def _shares(before: Habits, now: Habits, code: int, weight: np.ndarray) -> np.ndarray:
    """Share of one product at each month end; it moves over in the last three months."""
    return np.asarray(before.mix[:, code, None] * (1 - weight) + now.mix[:, code, None] * weight)


def _draw_path(
    population: pd.DataFrame, means: Means, months: int, ends: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Assets at each month end: walk back from the last day, quarter by stage."""
    n = len(population)
    low = np.array([_MONTHS_OF_STAGE[s][0] for s in STAGES])
    high = np.array([_MONTHS_OF_STAGE[s][1] for s in STAGES])
    stage = population["stage"].to_numpy()
    earlier = np.maximum(population["stage_before"].to_numpy(), 0)
    quiet = (stage >= STAGES.index("dormant"))[:, None]
    step = np.where(quiet, 0.0005, 0.003 + 0.012 * rng.standard_normal((n, months)))
    pace, pace_before = rng.random(n), rng.random(n)
    step[:, -3:] = (low[stage] + (high - low)[stage] * pace)[:, None]
    step[:, -6:-3] = (low[earlier] + (high - low)[earlier] * pace_before)[:, None]
    level = np.cumsum(step[:, ::-1], axis=1)[:, ::-1]
    back = np.zeros((n, months))
    back[:, :-1] = level[:, 1:]
    path = means.assets[:, None] * np.exp(-back)
    month = ends.astype("datetime64[M]").astype(int) % 12
    # Before the Spring Festival, and a little at the end of a quarter.
    season = np.select([month == 0, month == 1, month % 3 == 2], [0.05, 0.03, 0.01], 0.0)
    wobble = np.exp(np.where(quiet, 0.0, 0.012 * rng.standard_normal((n, months))))
    lost = stage == STAGES.index("lost")
    path = path * np.where(quiet, 1.0, 1 + season[None, :]) * wobble
    last = population["last_active"].to_numpy().astype("datetime64[D]")
    still = ends[None, :] < last[:, None]
    return np.where(lost[:, None] & still, path / STAGE_BALANCE[STAGES.index("lost")] * 0.6, path)


def _draw_inflows(
    population: pd.DataFrame, path: np.ndarray, ends: np.ndarray, alive: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, pd.DataFrame]:
    """Single large inflows: they lift the balance and half of it is gone a month later."""
    n, months = path.shape
    segment = population["segment"].to_numpy()
    active = ends[None, :] <= population["last_active"].to_numpy().astype("datetime64[D]")[:, None]
    hit = (rng.random((n, months)) < _INFLOW[segment][:, None]) & alive & active
    size = np.where(hit, 0.25 + rng.gamma(1.2, 0.3, (n, months)), 0.0)
    size = np.where(path > 2_000, size, 0.0)
    hit &= path > 2_000
    bump = size.copy()
    for lag, rest in ((1, 0.5), (2, 0.2)):
        bump[:, lag:] += rest * size[:, :-lag]
    row, column = np.nonzero(hit)
    day = ends[column] - rng.integers(0, 27, len(row)).astype("timedelta64[D]")
    day = np.maximum(day, population["opened_on"].to_numpy().astype("datetime64[D]")[row])
    inflows = {
        "number": population["number"].to_numpy()[row],
        "day": day,
        "amount": np.round(size[row, column] * path[row, column], -2),
    }
    return bump, pd.DataFrame(inflows)


def _next_maturity(ends: np.ndarray, term: np.ndarray, anchor: np.ndarray) -> np.ndarray:
    """First maturity after each month end, of a deposit that is rolled over every term."""
    month = ends.astype("datetime64[M]").astype(int)
    phase = anchor % term
    ahead = term[:, None] - (month[None, :] + phase[:, None]) % term[:, None]
    day = (anchor // 64) % 27
    due = (month[None, :] + ahead).astype("datetime64[M]").astype("datetime64[D]")
    return due + day[:, None].astype("timedelta64[D]")


def _maturities(number: np.ndarray, amount: np.ndarray, due: np.ndarray, ends: np.ndarray) -> pd.DataFrame:
    """Deposits that came due within the months shown."""
    held = amount[:, :-1] >= _LOWEST
    row, column = np.nonzero(held & (due[:, :-1] <= ends[None, 1:]))
    return pd.DataFrame({"number": number[row], "day": due[row, column], "amount": amount[row, column]})

"""Posted movements of money."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.sample_bank.balances import Balances
from workbench.sample_bank.habits import Habits, Means
from workbench.sample_bank.structure import SEGMENTS, STAGES, WAYS

MOVEMENTS = ("salary", "pension", "transfer", "card", "cash", "payment")
"""Types of `draw_transactions`, by code."""
POSTED_BY = ("app", "branch", "atm", "card", "online", "system")
"""Channels of `draw_transactions`, by code."""
_HABIT_OF = {
    "salary": "salary",
    "pension": "pension",
    "transfer": "transfer",
    "card": "card_use",
    "cash": "cash",
    "payment": "payment",
}
_REGULAR = ("salary", "pension")
_SLEEPY = 0.12
"""What little a dormant saver moves, relative to others with the same assets."""


def draw_transactions(
    population: pd.DataFrame,
    before: Habits,
    now: Habits,
    means: Means,
    balances: Balances,
    ends: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Draw the posted movements of a block over the months.

    Parameters
    ----------
    population : pandas.DataFrame
        A block of `draw_population`.
    before, now : Habits
        Behaviour before the last three months and in them.
    means : Means
        Assets, loan and card on the last day.
    balances : Balances
        Its large inflows are posted as transfers.
    ends : numpy.ndarray of datetime64[D]
        The month ends.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    pandas.DataFrame
        number, occurred_at, amount (CNY, negative leaves), type (code into `MOVEMENTS`),
        channel (code into `POSTED_BY`), counterparty (an employer's number or 0); by customer
        and time.
    """
    size = np.sqrt(np.maximum(means.assets, 400)) * 18
    size = np.where(population["segment"] == SEGMENTS.index("dormant_savers"), size * _SLEEPY, size)
    frames = []
    for name in MOVEMENTS:
        habit = _HABIT_OF[name]
        regular = name in _REGULAR
        row, month = draw_counts(population, before.rates[habit], now.rates[habit], ends, regular, rng)
        if regular:
            frames.append(_post_pay(name, population, row, ends[month], rng))
        else:
            first = ends[month].astype("datetime64[M]").astype("datetime64[D]")
            length = (ends[month] - first).astype(int) + 1
            day = first + (rng.random(len(row)) * length).astype("timedelta64[D]")
            frames.append(_posted(name, row, day, _draw_amounts(name, size[row], rng), (8, 21), rng))
    number = population["number"].to_numpy()
    came = balances.inflows
    row, day = came["number"].to_numpy() - number[0], came["day"].to_numpy().astype("datetime64[D]")
    frames.append(_posted("transfer", row, day, came["amount"].to_numpy(), (9, 17), rng))
    # A customer begins with a deposit, and one who goes quiet ends with a small movement.
    frames.append(_post_single(population["opened_on"], size, ends, rng))
    frames.append(_post_single(population["last_active"], 0.3 * size, ends, rng))
    frame = pd.concat(frames, ignore_index=True)
    row = frame["row"].to_numpy()
    day = frame["occurred_at"].to_numpy().astype("datetime64[D]")
    opened = population["opened_on"].to_numpy().astype("datetime64[D]")[row]
    last = population["last_active"].to_numpy().astype("datetime64[D]")[row]
    frame = frame[(day >= opened) & (day <= last)]
    frame = frame.sort_values(["row", "occurred_at"], kind="stable", ignore_index=True)
    late = (frame["occurred_at"] > pd.Timestamp(ends[-4]) + pd.Timedelta(days=1)).to_numpy()
    row = frame.pop("row").to_numpy()
    ways = np.where(late[:, None], now.ways[row], before.ways[row])
    frame["channel"] = _draw_channels(frame["type"].to_numpy(), ways, rng)
    frame["counterparty"] = np.where(frame["type"] == 0, population["employer"].to_numpy()[row], 0)
    frame.insert(0, "number", number[row])
    return frame


def _posted(
    name: str,
    row: np.ndarray,
    day: np.ndarray,
    amount: np.ndarray,
    hours: tuple[int, int],
    rng: np.random.Generator,
) -> pd.DataFrame:
    clock = rng.integers(hours[0] * 3600, hours[1] * 3600, len(row)).astype("timedelta64[s]")
    return pd.DataFrame(
        {
            "row": row,
            "occurred_at": day.astype("datetime64[s]") + clock,
            "amount": np.round(amount, 2),
            "type": np.full(len(row), MOVEMENTS.index(name), dtype=np.int8),
        }
    )


def _post_pay(
    name: str, population: pd.DataFrame, row: np.ndarray, end: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """Post salaries or pensions: the same sum on the same day of each month."""
    n = len(population)
    median, spread, least, most = (
        (6_500, 0.45, 2_000, 90_000) if name == "salary" else (4_200, 0.25, 1_200, 20_000)
    )
    sum_of = np.round(np.clip(median * rng.lognormal(0, spread, n), least, most), -1)
    day_of = rng.integers(5, 16, n) if name == "salary" else np.full(n, 15)
    month = end.astype("datetime64[M]")
    # A thirteenth salary before the Spring Festival.
    twice = (name == "salary") & (month.astype(int) % 12 == 0)
    day = month.astype("datetime64[D]") + day_of[row].astype("timedelta64[D]")
    return _posted(name, row, day, sum_of[row] * np.where(twice, 2, 1), (6, 9), rng)


def _post_single(on: pd.Series, size: np.ndarray, ends: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Post one incoming transfer a customer, on the customer's own day."""
    day = on.to_numpy().astype("datetime64[D]")
    row = np.flatnonzero((day < ends[-1]) & (day >= ends[0].astype("datetime64[M]")))
    amount = size[row] * rng.lognormal(-0.3, 0.6, len(row))
    return _posted("transfer", row, day[row], amount, (9, 17), rng)


def draw_counts(
    population: pd.DataFrame,
    before: np.ndarray,
    now: np.ndarray,
    ends: np.ndarray,
    regular: bool,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return row and month of each occurrence; the last three months follow `now`."""
    n, months = len(population), len(ends)
    rate = np.repeat(before[:, None], months, axis=1)
    rate[:, -3:] = now[:, None]
    fading = (population["stage"].to_numpy() == STAGES.index("decline"))[:, None] & (
        np.arange(months) >= months - 3
    )[None, :]
    rate = np.where(fading & (not regular), rate * 0.6, rate)
    alive = ends[None, :] >= population["opened_on"].to_numpy().astype("datetime64[D]")[:, None]
    first = ends.astype("datetime64[M]").astype("datetime64[D]")
    active = first[None, :] <= population["last_active"].to_numpy().astype("datetime64[D]")[:, None]
    rate = np.where(alive & active, rate, 0.0)
    counts = (rng.random((n, months)) < rate) if regular else rng.poisson(rate)
    flat = np.repeat(np.arange(n * months), counts.ravel().astype(int))
    return flat // months, flat % months


def _draw_amounts(name: str, size: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return signed amounts."""
    k = len(size)
    if name == "transfer":
        return size * rng.lognormal(-0.2, 0.8, k) * np.where(rng.random(k) < 0.52, 1, -1)
    if name == "card":
        return -np.sqrt(size) * rng.lognormal(2.4, 0.6, k)
    if name == "cash":
        amount = np.round(np.sqrt(size) * rng.lognormal(2.6, 0.5, k), -2) + 100
        return np.where(rng.random(k) < 0.2, amount, -amount)
    return -size * rng.lognormal(-0.9, 0.7, k)


def _draw_channels(kind: np.ndarray, ways: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return codes into `POSTED_BY`: the customer's way, but cash only where there is some."""
    draw = rng.random(len(kind))
    way = (draw[:, None] >= np.cumsum(ways, axis=1)[:, :-1]).sum(axis=1)
    channel = np.array([POSTED_BY.index(name) for name in WAYS])[way]
    branch, atm = ways[:, WAYS.index("branch")], ways[:, WAYS.index("atm")]
    counter = draw * (branch + atm) < branch
    cash = np.where(counter, POSTED_BY.index("branch"), POSTED_BY.index("atm"))
    channel = np.where(kind == MOVEMENTS.index("cash"), cash, channel)
    channel = np.where(kind == MOVEMENTS.index("card"), POSTED_BY.index("card"), channel)
    regular = np.isin(kind, [MOVEMENTS.index(name) for name in _REGULAR])
    return np.where(regular, POSTED_BY.index("system"), channel).astype(np.int8)

"""Posted movements of money."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.sample_bank.balances import Balances
from workbench.sample_bank.habits import Habits, Means
from workbench.sample_bank.structure import SEGMENTS

MOVEMENTS = ("salary", "pension", "transfer", "card", "cash", "payment")
"""Types of `draw_transactions`, by code."""
WAYS = ("app", "branch", "atm", "card", "online", "system")
"""Channels of `draw_transactions`, by code."""
_SLEEPY = 0.12
"""What little a dormant saver moves, relative to others with the same assets."""
_HABIT_OF = {"salary": "salary", "pension": "pension", "transfer": "transfer", "card": "card_use",
             "cash": "cash", "payment": "payment"}  # fmt: skip


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
        channel (code into `WAYS`), counterparty (an employer's number or 0); by customer
        and time.
    """
    n = len(population)
    paid = population["employer"].to_numpy()
    wage = np.round(np.clip(6_500 * rng.lognormal(0, 0.45, n), 2_000, 90_000), -1)
    pension = np.round(np.clip(4_200 * rng.lognormal(0, 0.25, n), 1_200, 20_000), -1)
    payday, pension_day = rng.integers(5, 16, n), np.full(n, 15)
    size = np.sqrt(np.maximum(means.assets, 400)) * 18
    size = np.where(population["segment"] == SEGMENTS.index("dormant_savers"), size * _SLEEPY, size)
    frames = []
    for code, name in enumerate(MOVEMENTS):
        habit = _HABIT_OF[name]
        regular = name in ("salary", "pension")
        row, column = draw_counts(population, before.rates[habit], now.rates[habit], ends, regular, rng)
        k = len(row)
        first = ends[column].astype("datetime64[M]").astype("datetime64[D]")
        if regular:
            day = (payday if name == "salary" else pension_day)[row]
            base = (wage if name == "salary" else pension)[row]
            # A thirteenth salary before the Spring Festival.
            bonus = np.where(
                (name == "salary") & (ends[column].astype("datetime64[M]").astype(int) % 12 == 0), 2, 1
            )
            amount = base * bonus
            channel = np.full(k, WAYS.index("system"))
        else:
            length = (ends[column] - first).astype(int) + 1
            day = (rng.random(k) * length).astype(int)
            amount, channel = _draw_amounts(name, size[row], rng)
        moment = (first + day.astype("timedelta64[D]")).astype("datetime64[s]")
        clock = rng.integers(8 * 3600, 21 * 3600, k) if not regular else rng.integers(6 * 3600, 9 * 3600, k)
        frames.append(
            pd.DataFrame(
                {
                    "row": row,
                    "occurred_at": moment + clock.astype("timedelta64[s]"),
                    "amount": np.round(amount, 2),
                    "type": np.full(k, code, dtype=np.int8),
                    "channel": channel.astype(np.int8),
                    "counterparty": np.where(name == "salary", paid[row], 0),
                }
            )
        )
    number = population["number"].to_numpy()
    frames.append(_post_inflows(balances.inflows, number, rng))
    frames.append(_post_single(population, "opened_on", size, ends, rng))
    frames.append(_post_single(population, "last_active", 0.3 * size, ends, rng))
    frame = pd.concat(frames, ignore_index=True)
    row = frame["row"].to_numpy()
    when = frame["occurred_at"].to_numpy()
    opened = population["opened_on"].to_numpy().astype("datetime64[D]")[row]
    last = population["last_active"].to_numpy().astype("datetime64[D]")[row]
    day = when.astype("datetime64[D]")
    frame = frame[(day >= opened) & (day <= last)]
    frame = frame.sort_values(["row", "occurred_at"], kind="stable", ignore_index=True)
    frame.insert(0, "number", number[frame.pop("row").to_numpy()])
    return frame


def _post_inflows(inflows: pd.DataFrame, number: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    k = len(inflows)
    clock = rng.integers(9 * 3600, 17 * 3600, k).astype("timedelta64[s]")
    return pd.DataFrame(
        {
            "row": inflows["number"].to_numpy() - number[0],
            "occurred_at": inflows["day"].to_numpy().astype("datetime64[s]") + clock,
            "amount": inflows["amount"].to_numpy(),
            "type": np.full(k, MOVEMENTS.index("transfer"), dtype=np.int8),
            "channel": np.full(k, WAYS.index("online"), dtype=np.int8),
            "counterparty": np.zeros(k, dtype=np.int64),
        }
    )


def _post_single(
    population: pd.DataFrame, column: str, size: np.ndarray, ends: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """Let a customer begin with a deposit, and one who goes quiet end with a small one."""
    day = population[column].to_numpy().astype("datetime64[D]")
    row = np.flatnonzero((day < ends[-1]) & (day >= ends[0].astype("datetime64[M]")))
    k = len(row)
    clock = rng.integers(9 * 3600, 17 * 3600, k).astype("timedelta64[s]")
    return pd.DataFrame(
        {
            "row": row,
            "occurred_at": day[row].astype("datetime64[s]") + clock,
            "amount": np.round(size[row] * rng.lognormal(-0.3, 0.6, k), 2),
            "type": np.full(k, MOVEMENTS.index("transfer"), dtype=np.int8),
            "channel": np.full(k, WAYS.index("branch"), dtype=np.int8),
            "counterparty": np.zeros(k, dtype=np.int64),
        }
    )


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
    fading = (population["stage"].to_numpy() == 4)[:, None] & (np.arange(months) >= months - 3)[None, :]
    rate = np.where(fading & (not regular), rate * 0.6, rate)
    alive = ends[None, :] >= population["opened_on"].to_numpy().astype("datetime64[D]")[:, None]
    first = ends.astype("datetime64[M]").astype("datetime64[D]")
    active = first[None, :] <= population["last_active"].to_numpy().astype("datetime64[D]")[:, None]
    rate = np.where(alive & active, rate, 0.0)
    counts = (rng.random((n, months)) < rate) if regular else rng.poisson(rate)
    flat = np.repeat(np.arange(n * months), counts.ravel().astype(int))
    return flat // months, flat % months


def _draw_amounts(name: str, size: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return signed amounts and channel codes."""
    k = len(size)
    draw = rng.random(k)
    if name == "transfer":
        amount = size * rng.lognormal(-0.2, 0.8, k) * np.where(rng.random(k) < 0.52, 1, -1)
        channel = np.where(draw < 0.62, WAYS.index("app"), np.where(draw < 0.8, WAYS.index("online"), 1))
    elif name == "card":
        amount = -np.sqrt(size) * rng.lognormal(2.4, 0.6, k)
        channel = np.full(k, WAYS.index("card"))
    elif name == "cash":
        amount = -np.round(np.sqrt(size) * rng.lognormal(2.6, 0.5, k), -2) - 100
        amount = np.where(draw < 0.2, -amount, amount)
        channel = np.where(draw < 0.65, WAYS.index("atm"), WAYS.index("branch"))
    else:
        amount = -size * rng.lognormal(-0.9, 0.7, k)
        channel = np.where(draw < 0.7, WAYS.index("app"), WAYS.index("online"))
    return amount, channel

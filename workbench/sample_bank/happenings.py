"""What the app and the branches logged: logins, visits, salaries, maturities, inflows, birthdays."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.sample_bank.balances import Balances
from workbench.sample_bank.habits import Habits
from workbench.sample_bank.movements import MOVEMENTS, draw_counts

EVENTS = ("app_login", "salary", "large_inflow", "birthday", "branch_visit", "maturity")
"""Types of `draw_events`, by code."""
LOG_MONTHS = 7
"""Months that the event logs reach back."""


def draw_events(
    population: pd.DataFrame,
    people: pd.DataFrame,
    before: Habits,
    now: Habits,
    balances: Balances,
    transactions: pd.DataFrame,
    ends: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Draw what the app and the branches logged in the last months.

    Parameters
    ----------
    population, people : pandas.DataFrame
        A block of `draw_population` and of `draw_people`.
    before, now : Habits
        Behaviour before the last three months and in them.
    balances : Balances
        Maturities and large inflows.
    transactions : pandas.DataFrame
        Salaries become salary-day events.
    ends : numpy.ndarray of datetime64[D]
        The month ends.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    pandas.DataFrame
        number, occurred_at, type (code into `EVENTS`), amount (CNY or missing).
    """
    ends = ends[-LOG_MONTHS:]
    start = ends[0].astype("datetime64[M]").astype("datetime64[D]")
    number = population["number"].to_numpy()
    frames = []
    for event, habit in (("app_login", "app"), ("branch_visit", "branch")):
        row, column = draw_counts(population, before.rates[habit], now.rates[habit], ends, False, rng)
        first = ends[column].astype("datetime64[M]").astype("datetime64[D]")
        length = (ends[column] - first).astype(int) + 1
        day = first + (rng.random(len(row)) * length).astype("timedelta64[D]")
        hours = (7, 23) if event == "app_login" else (9, 17)
        frames.append(_events(number[row], day, event, np.nan, hours, rng))
    pay = transactions[transactions["type"] == MOVEMENTS.index("salary")]
    paid_on = pay["occurred_at"].to_numpy().astype("datetime64[D]")
    frames.append(
        _events(pay["number"].to_numpy(), paid_on, "salary", pay["amount"].to_numpy(), (8, 10), rng)
    )
    for event, rows, hours in (
        ("large_inflow", balances.inflows, (9, 17)),
        ("maturity", balances.maturities, (6, 7)),
    ):
        day = rows["day"].to_numpy().astype("datetime64[D]")
        frames.append(_events(rows["number"].to_numpy(), day, event, rows["amount"].to_numpy(), hours, rng))
    frames.append(_birthdays(number, people, ends, rng))
    frame = pd.concat(frames, ignore_index=True)
    row = frame["number"].to_numpy() - number[0]
    day = frame["occurred_at"].to_numpy().astype("datetime64[D]")
    opened = population["opened_on"].to_numpy().astype("datetime64[D]")[row]
    last = population["last_active"].to_numpy().astype("datetime64[D]")[row]
    own = np.isin(frame["type"].to_numpy(), [EVENTS.index("app_login"), EVENTS.index("branch_visit")])
    kept = (day >= opened) & (day >= start) & (day <= ends[-1]) & (~own | (day <= last))
    return frame[kept].sort_values(["occurred_at", "number"], kind="stable", ignore_index=True)


def _birthdays(
    number: np.ndarray, people: pd.DataFrame, ends: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    known = people["birth_date"].notna().to_numpy()
    born = people["birth_date"].to_numpy()[known].astype("datetime64[D]")
    month = born.astype("datetime64[M]").astype(int) % 12
    column = (month - ends[0].astype("datetime64[M]").astype(int)) % 12
    within = column < len(ends)
    first = ends[np.minimum(column, len(ends) - 1)].astype("datetime64[M]").astype("datetime64[D]")
    day = first + (born - born.astype("datetime64[M]").astype("datetime64[D]"))
    return _events(number[known][within], day[within], "birthday", np.nan, (6, 7), rng)


def _events(
    number: np.ndarray,
    day: np.ndarray,
    event: str,
    amount: np.ndarray | float,
    hours: tuple[int, int],
    rng: np.random.Generator,
) -> pd.DataFrame:
    clock = rng.integers(hours[0] * 3600, hours[1] * 3600, len(number)).astype("timedelta64[s]")
    return pd.DataFrame(
        {
            "number": number,
            "occurred_at": day.astype("datetime64[s]") + clock,
            "type": np.full(len(number), EVENTS.index(event), dtype=np.int8),
            "amount": amount,
        }
    )

"""One block of customers with everything that belongs to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.sample_bank.balances import Balances, draw_balances
from workbench.sample_bank.campaigns import draw_history
from workbench.sample_bank.habits import Means, draw_habits
from workbench.sample_bank.happenings import draw_events
from workbench.sample_bank.movements import draw_transactions
from workbench.sample_bank.people import draw_people
from workbench.sample_bank.seeds import generator
from workbench.sample_bank.surveys import draw_surveys


@dataclass(frozen=True)
class Block:
    """Clean frames of a block, before any system writes them down.

    Parameters
    ----------
    population, people, transactions, events, history, surveys : pandas.DataFrame
        As the functions of the same name return them.
    means : Means
        Assets, loan and card.
    balances : Balances
        Holdings, maturities and inflows.
    """

    population: pd.DataFrame
    people: pd.DataFrame
    means: Means
    balances: Balances
    transactions: pd.DataFrame
    events: pd.DataFrame
    history: pd.DataFrame
    surveys: pd.DataFrame


def draw_block(
    population: pd.DataFrame,
    effects: pd.DataFrame,
    ends: np.ndarray,
    last_day: np.datetime64,
    random_state: int,
    block: int,
) -> Block:
    """Draw one block.

    Parameters
    ----------
    population : pandas.DataFrame
        Consecutive rows of `draw_population`.
    effects : pandas.DataFrame
        As `plant_effects` returns.
    ends : numpy.ndarray of datetime64[D]
        The month ends.
    last_day : numpy.datetime64
        The bank's last day.
    random_state : int
        The bank's seed.
    block : int
        Number of the block.
    """
    population = population.reset_index(drop=True)

    def rng(part: str) -> np.random.Generator:
        return generator(random_state, part, block)

    people = draw_people(population, last_day, rng("people"))
    before, now, means = draw_habits(population, rng("traits"))
    balances = draw_balances(population, before, now, means, ends, rng("balances"))
    transactions = draw_transactions(population, before, now, means, balances, ends, rng("transactions"))
    events = draw_events(population, people, before, now, balances, transactions, ends, rng("events"))
    history = draw_history(population, people, effects, last_day, rng("campaigns"))
    surveys = draw_surveys(population, people, last_day, rng("surveys"))
    return Block(population, people, means, balances, transactions, events, history, surveys)

"""How each customer behaves: the segment's traits, blurred until the segments overlap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.sample_bank.structure import ASSETS, SEGMENTS, STAGE_BALANCE, STAGES, TRAITS, WAYS

RATES = ("salary", "pension", "transfer", "card_use", "cash", "payment", "app", "branch")
_REGULAR = ("salary", "pension")


@dataclass(frozen=True)
class Habits:
    """Behaviour of a block of customers in one period.

    Parameters
    ----------
    rates : dict of str to numpy.ndarray
        Movements and visits a month, shape (n,), for each of `RATES`.
    mix : numpy.ndarray, shape (n, 5)
        Share of assets in each of `ASSETS`; rows sum to 1.
    ways : numpy.ndarray, shape (n, 4)
        Share of transfers and payments by each of `WAYS`; rows sum to 1.
    """

    rates: dict[str, np.ndarray]
    mix: np.ndarray
    ways: np.ndarray


@dataclass(frozen=True)
class Means:
    """What stays with a customer through both periods.

    Parameters
    ----------
    assets : numpy.ndarray
        Assets on the last day, CNY.
    loan : numpy.ndarray
        Owed on a loan on the last day, CNY; 0 without a loan.
    card : numpy.ndarray of bool
        Has a card.
    """

    assets: np.ndarray
    loan: np.ndarray
    card: np.ndarray


def draw_habits(population: pd.DataFrame, rng: np.random.Generator) -> tuple[Habits, Habits, Means]:
    """Draw the habits of a block before the last three months and during them.

    Parameters
    ----------
    population : pandas.DataFrame
        A block of `draw_population`.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    before, now : Habits
        Equal where the customer stayed in the segment.
    means : Means
        Assets, loan, card.
    """
    n = len(population)
    segment = population["segment"].to_numpy()
    earlier = population["segment_before"].to_numpy()
    stage = population["stage"].to_numpy()
    other, lean = population["leans_to"].to_numpy(), population["lean"].to_numpy()
    temper = rng.lognormal(-0.08, 0.4, (n, len(RATES))) * np.exp(
        0.25 * population["engagement"].to_numpy()[:, None]
    )
    keep = rng.random((n, len(ASSETS)))
    noise = rng.gamma(4.0, 0.25, (n, len(ASSETS)))
    regular = rng.random(n)
    taste = rng.gamma(3.0, 1 / 3, (n, len(WAYS)))
    draws = (other, lean, temper, keep, noise, regular, taste)
    before, now = _habits(earlier, draws), _habits(segment, draws)
    balance = np.array([TRAITS[s].balance for s in SEGMENTS])[segment]
    spread = np.array([TRAITS[s].spread for s in SEGMENTS])[segment]
    level = np.array(STAGE_BALANCE)
    mixes = np.array([TRAITS[s].stages for s in SEGMENTS])
    scale = ((mixes * level).sum(axis=1) / mixes.sum(axis=1))[segment]
    assets = balance * level[stage] / scale * np.exp(spread * rng.standard_normal(n) - spread**2 / 2)
    # A customer who is lost has left next to nothing behind.
    assets = np.where(stage == STAGES.index("lost"), np.minimum(assets, 950 * rng.random(n)), assets)
    owes = rng.random(n) < _blend("loan", segment, other, lean)
    size = np.array([TRAITS[s].loan_size for s in SEGMENTS])[segment] * rng.lognormal(0.0, 0.6, n)
    quiet = stage >= STAGES.index("dormant")
    card = rng.random(n) < _blend("card", segment, other, lean)
    return before, now, Means(assets, np.where(owes & ~quiet, size, 0.0), card & ~quiet)


def _blend(name: str, segment: np.ndarray, other: np.ndarray, lean: np.ndarray) -> np.ndarray:
    """Return a trait between the own segment's and another's."""
    planted = np.array([getattr(TRAITS[s], name) for s in SEGMENTS])
    return (1 - lean) * planted[segment] + lean * planted[other]


def _habits(segment: np.ndarray, draws: tuple[np.ndarray, ...]) -> Habits:
    other, lean, temper, keep, noise, regular, taste = draws
    rates = {}
    for column, name in enumerate(RATES):
        blurred = _blend(name, segment, other, lean)
        # A salary comes every month or never.
        rate = np.where(regular < blurred, 0.98, 0.0) if name in _REGULAR else blurred * temper[:, column]
        rates[name] = rate
    holds = np.array([TRAITS[s].holds for s in SEGMENTS])
    mix = np.array([TRAITS[s].mix for s in SEGMENTS])
    part = lean[:, None]
    held = keep < (1 - part) * holds[segment] + part * holds[other]
    weight = ((1 - part) * mix[segment] + part * mix[other]) * noise * held
    planted = np.array([TRAITS[s].ways for s in SEGMENTS])
    ways = ((1 - part) * planted[segment] + part * planted[other]) * taste
    return Habits(rates, weight / weight.sum(axis=1, keepdims=True), ways / ways.sum(axis=1, keepdims=True))

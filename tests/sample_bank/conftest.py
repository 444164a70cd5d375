"""A bank of one block, and simple portrait-like features straight from its frames."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.sample_bank.balances import month_ends
from workbench.sample_bank.blocks import Block, draw_block
from workbench.sample_bank.effects import plant_effects
from workbench.sample_bank.population import draw_population
from workbench.sample_bank.seeds import generator
from workbench.sample_bank.structure import PRODUCTS, RETAIL, SEGMENTS

LAST = np.datetime64("2026-09-30")


def draw_bank(customers: int, random_state: int = 7, months: int = 24) -> Block:
    """Draw a bank of one block."""
    population = draw_population(customers, LAST, generator(random_state, "population"))
    return draw_block(population, plant_effects(), month_ends(LAST, months), LAST, random_state, 0)


def portrait(block: Block, months_back: int = 0) -> pd.DataFrame:
    """Return one row a retail customer known at the snapshot, indexed by number."""
    end = LAST if not months_back else month_ends(LAST, months_back + 1)[0]
    ends = month_ends(LAST, 24)
    position = int(np.flatnonzero(ends == end)[0])
    people = block.people.set_axis(block.population["number"])
    population = block.population.set_index("number")
    known = population[(population["segment"] < len(RETAIL)) & (population["opened_on"] <= pd.Timestamp(end))]
    frame = pd.DataFrame(index=known.index)
    frame["age"] = (pd.Timestamp(end) - people["birth_date"]).dt.days / 365.25
    frame["tenure"] = (pd.Timestamp(end) - known["opened_on"]).dt.days / 30.4
    holdings = block.balances.holdings
    wide = {}
    for back in (0, 3):
        rows = holdings[holdings["month"] == position - back]
        wide[back] = (
            rows.pivot(index="number", columns="product", values="balance").reindex(known.index).fillna(0.0)
        )
        wide[back].columns = [PRODUCTS[code] for code in wide[back].columns]
    assets = wide[0][[*PRODUCTS[:5]]]
    total, before = assets.sum(axis=1), wide[3][[*PRODUCTS[:5]]].sum(axis=1)
    frame["balance"] = np.log1p(total)
    for product in PRODUCTS[:5]:
        frame[f"share_{product}"] = (assets[product] / total.where(total > 0)).fillna(0.0)
    frame["loan"] = np.log1p(wide[0]["loan"])
    frame["card"] = np.log1p(wide[0]["card"])
    frame["products"] = (wide[0] > 0).sum(axis=1)
    frame["change"] = (total / before.where(before > 0) - 1).clip(-1, 2).fillna(0.0)
    midnight = pd.Timestamp(end + np.timedelta64(1, "D"))
    moves = block.transactions[block.transactions["occurred_at"] < midnight]
    year = moves[moves["occurred_at"] > pd.Timestamp(end) - pd.Timedelta(days=365)]
    frame["recency"] = (pd.Timestamp(end) - moves.groupby("number")["occurred_at"].max()).dt.days.clip(
        lower=0
    )
    frame["recency"] = frame["recency"].fillna(720).clip(upper=720)
    frame["frequency"] = year.groupby("number").size()
    quarter = year[year["occurred_at"] > pd.Timestamp(end) - pd.Timedelta(days=92)]
    for code, name in enumerate(("salary", "pension", "transfer", "card_use", "cash", "payment")):
        frame[f"n_{name}"] = quarter[quarter["type"] == code].groupby("number").size()
    frame["inflow"] = np.log1p(year[year["amount"] > 0].groupby("number")["amount"].sum())
    log = block.events[
        (block.events["occurred_at"] < midnight)
        & (block.events["occurred_at"] > pd.Timestamp(end) - pd.Timedelta(days=90))
    ]
    for code, name in ((0, "app_logins"), (4, "branch_visits")):
        frame[name] = log[log["type"] == code].groupby("number").size()
    return frame.fillna(0.0).reindex(known.index)


def segments(block: Block, index: pd.Index, column: str = "segment") -> pd.Series:
    """Return the true segment of each customer."""
    codes = block.population.set_index("number")[column].reindex(index)
    return pd.Series(np.array(SEGMENTS)[codes], index=index)


@pytest.fixture(scope="session")
def bank() -> Block:
    """Return a bank of 6,000 customers."""
    return draw_bank(6_000)


@pytest.fixture(scope="session")
def portrait_now(bank: Block) -> pd.DataFrame:
    """Return the retail customers on the last day."""
    return portrait(bank)


@pytest.fixture(scope="session")
def portrait_before(bank: Block) -> pd.DataFrame:
    """Return the retail customers three months earlier."""
    return portrait(bank, months_back=3)


@pytest.fixture(scope="session")
def segment_now(bank: Block, portrait_now: pd.DataFrame) -> pd.Series:
    """Return the true segments on the last day."""
    return segments(bank, portrait_now.index)

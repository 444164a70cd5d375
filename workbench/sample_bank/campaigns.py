"""Two past campaigns with a randomised control, and how customers answer new ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.sample_bank.effects import WEAK_BRANCH, WEAK_REACH, draw_responses
from workbench.sample_bank.structure import CHANNELS, OFFERS, RETAIL, SEGMENTS
from workbench.tables import TARGETS

CONTROL_SHARE = 0.20
"""Share of a past campaign's list that was held back at random."""
LIST_SHARE = 0.40
"""Share of the contactable retail customers on a past campaign's list."""


@dataclass(frozen=True)
class PastCampaign:
    """A campaign of the bank's history.

    Parameters
    ----------
    name : str
        As the campaign system calls it.
    offer, channel : str
        What was offered and how.
    months_ago : int
        Months between its month and the bank's last month.
    cost : float
        CNY a contact.
    """

    name: str
    offer: str
    channel: str
    months_ago: int
    cost: float


PAST = (
    PastCampaign("开门红存款", "time_deposit", "phone", 7, 8.0),
    PastCampaign("春季定投", "fund_plan", "app", 4, 0.3),
)


def draw_history(
    population: pd.DataFrame,
    people: pd.DataFrame,
    effects: pd.DataFrame,
    last_day: np.datetime64,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Draw the past campaigns of a block.

    Parameters
    ----------
    population, people : pandas.DataFrame
        A block of `draw_population` and of `draw_people`.
    effects : pandas.DataFrame
        As `plant_effects` returns.
    last_day : numpy.datetime64
        The bank's last day.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    pandas.DataFrame
        campaign, number, arm, offer, channel, contacted_at (missing in the control and
        where nobody was reached), responded, amount, cost.
    """
    frames = []
    opened = population["opened_on"].to_numpy().astype("datetime64[D]")
    segment = population["segment_before"].to_numpy()
    may = (people["consent"] & ~people["do_not_contact"]).to_numpy() & (segment < len(RETAIL))
    for past in PAST:
        month = last_day.astype("datetime64[M]") - past.months_ago
        first = month.astype("datetime64[D]")
        row = np.flatnonzero(may & (opened < first) & (rng.random(len(may)) < LIST_SHARE))
        k = len(row)
        treated = rng.random(k) >= CONTROL_SHARE
        reached = treated & (rng.random(k) < _reach(effects, past.channel, people["branch"].to_numpy()[row]))
        responded, amount = draw_responses(
            effects,
            np.array(SEGMENTS)[segment[row]],
            np.full(k, past.offer),
            np.full(k, past.channel),
            population["engagement"].to_numpy()[row],
            reached,
            rng,
        )
        day, clock = rng.integers(1, 22, k), rng.integers(9 * 3_600, 19 * 3_600, k)
        when = first.astype("datetime64[s]") + (day * 86_400 + clock).astype("timedelta64[s]")
        frames.append(
            pd.DataFrame(
                {
                    "campaign": past.name,
                    "number": population["number"].to_numpy()[row],
                    "arm": np.where(treated, "treatment", "control"),
                    "offer": past.offer,
                    "channel": past.channel,
                    "contacted_at": np.where(reached, when, np.datetime64("NaT")),
                    "responded": responded,
                    "amount": amount,
                    "cost": np.where(treated, past.cost, 0.0),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _reach(effects: pd.DataFrame, channel: np.ndarray | str, branch: np.ndarray) -> np.ndarray:
    reach = effects.drop_duplicates("channel").set_index("channel")["reach"]
    share = reach.reindex(np.broadcast_to(channel, len(branch))).to_numpy()
    return share * np.where(branch == WEAK_BRANCH, WEAK_REACH, 1.0)


def play(
    targets: pd.DataFrame,
    customers: pd.DataFrame,
    effects: pd.DataFrame,
    offers: dict[str, tuple[str, str]],
    rng: np.random.Generator,
    days: int = 60,
) -> pd.DataFrame:
    """Let the bank's customers answer the target lists.

    Parameters
    ----------
    targets : pandas.DataFrame
        TARGETS: customers with strategy and arm.
    customers : pandas.DataFrame
        The truth: customer_id, segment, engagement, branch.
    effects : pandas.DataFrame
        As `plant_effects` returns.
    offers : dict of str to (str, str)
        The offer and the channel of each strategy_id.
    rng : numpy.random.Generator
        Source of chance.
    days : int, default=60
        Length of the campaign.

    Returns
    -------
    pandas.DataFrame
        customer_id, strategy_id, arm, contacted, responded, amount (CNY, 0 without a
        response), contacted_at (days after the start; missing if not reached).

    Raises
    ------
    ParameterProblem
        If a strategy has no offer, an offer or channel is unknown, or a customer is not
        one of this bank.
    """
    TARGETS.check(targets)
    lacking = sorted(set(targets["strategy_id"]) - set(offers))
    if lacking:
        raise ParameterProblem("sample_bank.error.no_offer", strategies=", ".join(lacking))
    for offer, channel in offers.values():
        if offer not in OFFERS:
            raise ParameterProblem("sample_bank.error.unknown_offer", value=offer, allowed=", ".join(OFFERS))
        if channel not in CHANNELS:
            raise ParameterProblem(
                "sample_bank.error.unknown_channel", value=channel, allowed=", ".join(CHANNELS)
            )
    known = customers.set_index("customer_id").reindex(targets["customer_id"])
    strangers = targets.loc[known["segment"].isna().to_numpy(), "customer_id"]
    if len(strangers):
        raise ParameterProblem(
            "sample_bank.error.unknown_customer", n=len(strangers), first=strangers.iloc[0]
        )
    n = len(targets)
    strategies = targets["strategy_id"]
    offered = strategies.map({key: pair[0] for key, pair in offers.items()}).to_numpy()
    channels = strategies.map({key: pair[1] for key, pair in offers.items()}).to_numpy()
    treated = (targets["arm"] == "treatment").to_numpy()
    draw, day = rng.random(n), np.minimum(rng.gamma(2.0, days / 8.0, n).astype(int), days - 1)
    reached = treated & (draw < _reach(effects, channels, known["branch"].to_numpy()))
    responded, amount = draw_responses(
        effects,
        known["segment"].to_numpy(),
        offered,
        channels,
        known["engagement"].to_numpy(),
        reached,
        rng,
    )
    return pd.DataFrame(
        {
            "customer_id": targets["customer_id"].to_numpy(),
            "strategy_id": targets["strategy_id"].to_numpy(),
            "arm": targets["arm"].to_numpy(),
            "contacted": reached,
            "responded": responded,
            "amount": amount,
            "contacted_at": np.where(reached, day, np.nan),
        }
    )

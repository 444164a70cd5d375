"""The gates of one list and capacity, where limits are given: an allocation decides both."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.strategy.allocation import Limits, allocate
from workbench.strategy.gates import Pairs


def take_by_limits(
    pairs: Pairs, people: pd.DataFrame, cards: pd.DataFrame, scores: pd.DataFrame, limits: Limits
) -> None:
    """Stop the pairs that an allocation within limits does not choose.

    A pair is stopped at the gate of one list where its customer is chosen for another
    strategy, and at the gate of capacity where the customer is chosen for none.

    Parameters
    ----------
    pairs : Pairs
        Those left are allocated.
    people, cards, scores : pandas.DataFrame
        What the pairs' numbers stand for.
    limits : Limits
        What there is of minutes, money, quota and places.
    """
    alive = pairs.alive()
    person, card = pairs.person[alive], pairs.card[alive]
    minutes = cards["minutes_per_contact"] if "minutes_per_contact" in cards else pd.Series(0.0, cards.index)
    options = pd.DataFrame(
        {
            "customer_id": people["customer_id"].take(person).to_numpy(),
            "strategy_id": cards["strategy_id"].take(card).to_numpy(),
            "channel": cards["channel"].take(card).to_numpy(),
            "offer": cards["offer"].take(card).to_numpy(),
            "value": scores["expected_value"].to_numpy(dtype="float64")[pairs.row[alive]],
            "minutes": minutes.fillna(0.0).to_numpy(dtype="float64")[card],
            "cost": cards["cost_per_contact"].fillna(0.0).to_numpy(dtype="float64")[card],
            "score": pairs.score[alive],
        }
    )
    chosen = allocate(options, limits).chosen
    taken = pd.MultiIndex.from_frame(chosen[["customer_id", "strategy_id"]])
    kept = pd.MultiIndex.from_frame(options[["customer_id", "strategy_id"]]).isin(taken)
    elsewhere = np.full(len(people), -1, dtype=np.int64)
    elsewhere[person[kept]] = card[kept]
    winner = elsewhere[person]
    ids = cards["strategy_id"].astype("str").tolist()
    lost = ~kept & (winner >= 0)
    pairs.stop_each("one_list", alive[lost], ids, winner[lost])
    pairs.stop("capacity", alive[~kept & (winner < 0)], "")

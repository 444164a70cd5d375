"""The gates of one list and capacity, where limits are given: an allocation decides both."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.strategy.allocation import Limits, allocate, build_options
from workbench.strategy.gates import Pairs


def take_by_limits(
    pairs: Pairs,
    people: pd.DataFrame,
    cards: pd.DataFrame,
    scores: pd.DataFrame,
    limits: Limits,
    control_share: float | None = None,
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
    control_share : float, optional
        Share held back, as in `select_targets`; default is each card's own.
    """
    alive = pairs.alive()
    person, card = pairs.person[alive], pairs.card[alive]
    # As the capacity's screen counts them: who is held back as control uses nothing.
    cards_now = cards if control_share is None else cards.assign(control_share=float(control_share))
    wanted = scores.take(pairs.row[alive])[["customer_id", "strategy_id"]].reset_index(drop=True)
    options = build_options(wanted, scores.take(pairs.row[alive]), cards_now)
    chosen = allocate(options, limits).chosen
    taken = pd.MultiIndex.from_frame(chosen[["customer_id", "strategy_id"]])
    kept = pd.MultiIndex.from_frame(wanted).isin(taken)
    elsewhere = np.full(len(people), -1, dtype=np.int64)
    elsewhere[person[kept]] = card[kept]
    winner = elsewhere[person]
    ids = cards["strategy_id"].astype("str").tolist()
    lost = ~kept & (winner >= 0)
    pairs.stop_each("one_list", alive[lost], ids, winner[lost])
    pairs.stop("capacity", alive[~kept & (winner < 0)], "")

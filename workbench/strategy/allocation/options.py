"""The options of an allocation, from the pairs that have passed the gates and the cards."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem

Channels = Literal["first", "all"]
ASSUMED = pd.DataFrame(
    {
        "channel": ["phone", "branch", "app", "sms", "email"],
        "cost": [12.0, 40.0, 0.1, 0.4, 0.05],
        "minutes": [8.0, 30.0, 0.0, 0.0, 0.0],
        "response": [1.0, 1.1, 0.45, 0.35, 0.2],
    }
)
"""Planning figures of a channel where no card tells: CNY and agent minutes a contact, and how
much a customer responds, beside a telephone call. Assumptions; give a table of your own."""
_NAMES = ["customer_id", "strategy_id", "channel", "offer", "value", "minutes", "cost", "units", "score"]


def build_options(
    pairs: pd.DataFrame,
    scores: pd.DataFrame,
    strategies: pd.DataFrame,
    *,
    channels: Channels = "first",
    figures: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return what each customer may get, with its expected value and what it uses.

    Only who is contacted brings value and costs: of each list a share is held back as
    control, so everything counts 1 − ``control_share`` of a contact.

    Parameters
    ----------
    pairs : pandas.DataFrame
        ``customer_id``, ``strategy_id`` that have passed the gates.
    scores : pandas.DataFrame
        Table SCORES.
    strategies : pandas.DataFrame
        Table STRATEGIES.
    channels : {"first", "all"}, default="first"
        Whether a card's further channels are options too.
    figures : pandas.DataFrame, optional
        For further channels: ``channel``, ``cost``, ``minutes``, ``response`` (beside a
        telephone call). Default: the median of the cards that begin with the channel, and
        `ASSUMED` where there are none.

    Returns
    -------
    pandas.DataFrame
        ``customer_id``, ``strategy_id``, ``channel``, ``offer``, ``value`` and ``cost``
        (CNY), ``minutes``, ``units`` (responses expected, for quotas), ``score``.

    Raises
    ------
    ParameterProblem
        If a pair has no score, or a card's channel has no figures.

    Examples
    --------
    >>> scores = pd.DataFrame({"customer_id": ["1"], "strategy_id": ["S1"], "propensity": [0.1],
    ...     "expected_value": [90.0], "score": [0.7]})
    >>> cards = pd.DataFrame({"strategy_id": ["S1"], "channel": ["phone"], "offer": ["fund_plan"],
    ...     "value_per_response": [1000.0], "cost_per_contact": [10.0],
    ...     "minutes_per_contact": [8.0], "control_share": [0.25]})
    >>> options = build_options(scores[["customer_id", "strategy_id"]], scores, cards)
    >>> options[["channel", "value", "minutes", "cost", "units"]].values.tolist()
    [['phone', 67.5, 6.0, 7.5, 0.07500000000000001]]
    """
    if channels not in ("first", "all"):
        raise ParameterProblem("strategy_capacity.error.channels", channels=channels)
    priced = pairs[["customer_id", "strategy_id"]].merge(
        scores[["customer_id", "strategy_id", "propensity", "expected_value", "score"]],
        on=["customer_id", "strategy_id"],
        how="left",
    )
    unknown = priced["propensity"].isna()
    if unknown.any():
        strategy = str(priced.loc[unknown, "strategy_id"].iloc[0])
        raise ParameterProblem("strategy_room.error.not_scored", n=int(unknown.sum()), strategy=strategy)
    cards = pd.DataFrame(_lines(strategies, channels, _figures(strategies, figures)))
    if cards.empty or priced.empty:
        return pd.DataFrame(
            {name: pd.Series(dtype="str" if name in _NAMES[:4] else "float64") for name in _NAMES}
        )
    options = priced.merge(cards, on="strategy_id", how="inner")
    treated = 1.0 - options["control"]
    by_first = options["expected_value"]
    chance = options["propensity"] * options["response"]
    further = chance * options["worth"] - options["cost"]
    options["value"] = np.where(options["first"], by_first, further) * treated
    options["units"] = chance * treated
    options["minutes"] *= treated
    options["cost"] *= treated
    return options[_NAMES].reset_index(drop=True)


def _figures(strategies: pd.DataFrame, figures: pd.DataFrame | None) -> pd.DataFrame:
    if figures is not None:
        return figures.set_index("channel")
    known = strategies.reindex(columns=["channel", "cost_per_contact", "minutes_per_contact"])
    known = known.rename(columns={"cost_per_contact": "cost", "minutes_per_contact": "minutes"})
    medians = known.groupby("channel")[["cost", "minutes"]].median()
    assumed = ASSUMED.set_index("channel")
    return medians.combine_first(assumed[["cost", "minutes"]]).join(assumed["response"])


def _lines(strategies: pd.DataFrame, channels: Channels, figures: pd.DataFrame) -> list[dict]:
    lines = []
    known = {
        str(name): {str(k): _known(v) for k, v in row.items()}
        for name, row in figures.to_dict("index").items()
    }
    for card in strategies.to_dict("records"):
        listed = card.get("channels")
        names = [str(card["channel"])]
        if channels == "all" and isinstance(listed, str):
            names += [part.strip() for part in listed.replace("，", ",").split(",") if part.strip()]
        minutes = card.get("minutes_per_contact")
        for number, name in enumerate(dict.fromkeys(names)):
            first = number == 0
            mine = known.get(name, {})
            if not first and not all(mine.get(each) is not None for each in ("cost", "minutes", "response")):
                raise ParameterProblem(
                    "strategy_capacity.error.no_figures", strategy=card["strategy_id"], channel=name
                )
            before = known.get(names[0], {}).get("response") or 1.0
            lines.append(
                {
                    "strategy_id": card["strategy_id"],
                    "channel": name,
                    "offer": card["offer"],
                    "first": first,
                    "worth": card["value_per_response"],
                    "cost": card["cost_per_contact"] if first else mine["cost"],
                    "minutes": (_known(minutes) or 0.0) if first else mine["minutes"],
                    "response": 1.0 if first else (mine["response"] or 0.0) / before,
                    "control": card["control_share"],
                }
            )
    return lines


def _known(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and value == value else None

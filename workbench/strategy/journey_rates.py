"""What contacts came to by channel: the bank's own rates, where it has enough contacts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.strategy.journey_path import RATES
from workbench.strategy.journeys import assumed_rates

FEWEST_CONTACTS = 100
"""Contacts from which a channel's rates are taken from the bank's own."""
_SPOKEN_TO = ("reached", "refused", "callback")


def measure_rates(
    contacts: pd.DataFrame, outcomes: pd.DataFrame | None = None, *, fewest: int = FEWEST_CONTACTS
) -> pd.DataFrame:
    """Return what contacts came to by channel, where the bank has enough of them.

    A contact was clicked when its customer responded to the list and this was the last
    contact before; it was declined when the customer refused, reached when seen or spoken
    to without either, and not reached otherwise. Cost and minutes stay those assumed.

    Parameters
    ----------
    contacts : pandas.DataFrame
        Table CONTACTS.
    outcomes : pandas.DataFrame, optional
        Table OUTCOMES; without it nobody clicked.
    fewest : int, default=100
        A channel with fewer contacts keeps the rates assumed.

    Returns
    -------
    pandas.DataFrame
        As `assumed_rates`; ``n`` is the contacts behind a row, 0 where it is assumed.

    Raises
    ------
    ParameterProblem
        If `fewest` is under 1.

    Examples
    --------
    >>> contacts = pd.DataFrame({
    ...     "list_id": ["L"] * 4, "customer_id": list("abcd"), "channel": ["phone"] * 4,
    ...     "contacted_at": pd.to_datetime(["2026-09-01"] * 4),
    ...     "disposition": ["reached", "reached", "refused", "no_answer"]})
    >>> outcomes = pd.DataFrame({"list_id": ["L"], "customer_id": ["a"], "responded": [True]})
    >>> found = measure_rates(contacts, outcomes, fewest=4).set_index("channel").loc["phone"]
    >>> found[["clicked", "reached", "declined", "n"]].tolist()
    [0.25, 0.25, 0.25, 4.0]
    """
    if fewest < 1:
        raise ParameterProblem("strategy_corporate.error.fewest", fewest=fewest)
    rates = assumed_rates().set_index("channel")
    made = contacts[contacts["channel"].isin(rates.index)]
    made = made.sort_values("contacted_at", kind="stable").reset_index(drop=True)
    pairs = pd.MultiIndex.from_frame(made[["list_id", "customer_id"]])
    last = ~pairs.duplicated(keep="last")
    took = np.zeros(len(made), dtype=bool)
    if outcomes is not None and len(outcomes):
        yes = outcomes[outcomes["responded"].astype("boolean").fillna(False).to_numpy(dtype=bool)]
        took = pairs.isin(pd.MultiIndex.from_frame(yes[["list_id", "customer_id"]])) & last
    refused = made["disposition"].eq("refused").to_numpy() & ~took
    seen = made["disposition"].isin(_SPOKEN_TO).to_numpy() & ~took & ~refused
    for channel, rows in made.groupby("channel").groups.items():
        if len(rows) >= fewest:
            shares = [float(part[rows].mean()) for part in (took, seen, refused)]
            rates.loc[channel, list(RATES)] = shares
            rates.loc[channel, "n"] = len(rows)
    return rates.reset_index()

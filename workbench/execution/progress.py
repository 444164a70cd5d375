"""How far the lists have been worked, and what has come of it so far."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from workbench.execution.dispositions import Codes, read_dispositions
from workbench.tables import CONTACTS, OUTCOMES, STRATEGIES, TARGETS


def summarise_progress(
    targets: pd.DataFrame,
    contacts: pd.DataFrame,
    outcomes: pd.DataFrame,
    strategies: pd.DataFrame,
    *,
    today: dt.date | str,
    dispositions: Codes | None = None,
) -> pd.DataFrame:
    """Return how far each strategy's list has been worked.

    Parameters
    ----------
    targets : pandas.DataFrame
        Table TARGETS.
    contacts : pandas.DataFrame
        Table CONTACTS.
    outcomes : pandas.DataFrame
        Table OUTCOMES.
    strategies : pandas.DataFrame
        Table STRATEGIES.
    today : datetime.date or str
        Contacts and outcomes of later days do not count.
    dispositions : mapping of str to Disposition, optional
        The project's codes; by default the packaged ones.

    Returns
    -------
    pandas.DataFrame
        One row a strategy that has a list, in the order of `strategies`; customers are
        counted, each once:

        - ``strategy_id``, ``name``, ``segment``, ``channel``
        - ``listed``, ``treatment``, ``control``
        - ``due``: contacts that an even pace over the strategy's days asks for by today
        - ``contacted``, ``reached``, ``responded``: of the treatment arm; those who responded
          are counted among those who were contacted
        - ``contact_rate`` (of the treatment arm), ``reach_rate`` and ``rate`` (responses) of
          those contacted: missing when nobody was
        - ``plan``: the card's expected response rate
        - ``amount``: money of the treatment arm's outcomes, CNY
        - ``control_contacted``: control customers who were contacted all the same
        - ``control_responded``, ``control_rate``: of the control arm; the rate is missing
          before any of its outcomes is known

    Examples
    --------
    >>> from workbench.tables import CONTACTS, OUTCOMES
    >>> targets = pd.DataFrame({"customer_id": ["1", "2"], "strategy_id": ["S1"] * 2,
    ...     "segment": ["All"] * 2, "score": [0.9, 0.8], "rank": [1, 2],
    ...     "arm": ["treatment", "control"]})
    >>> strategies = pd.DataFrame({"strategy_id": ["S1"], "name": ["Deposits"], "objective": ["-"],
    ...     "segment": ["All"], "lifecycle_stages": [""], "scenario": ["product"],
    ...     "offer": ["time_deposit"], "channel": ["phone"], "script": [""],
    ...     "value_per_response": [1.0], "cost_per_contact": [1.0], "expected_response": [0.1],
    ...     "control_share": [0.1], "starts_on": pd.to_datetime(["2026-10-12"]),
    ...     "ends_on": pd.to_datetime(["2026-12-11"])})
    >>> progress = summarise_progress(targets, CONTACTS.empty(), OUTCOMES.empty(), strategies,
    ...                               today="2026-10-12")
    >>> progress[["treatment", "control", "contacted", "rate"]].values.tolist()
    [[1.0, 1.0, 0.0, nan]]
    """
    day = pd.Timestamp(today).normalize()
    people = _people(targets, contacts, outcomes, day, dispositions)
    STRATEGIES.check(strategies)
    treated = people.loc[people["arm"].eq("treatment").to_numpy()]
    held = people.loc[people["arm"].eq("control").to_numpy()]
    cards = strategies.loc[strategies["strategy_id"].isin(people["strategy_id"]).to_numpy()]
    ids = cards["strategy_id"]

    def total(frame: pd.DataFrame, column: str) -> pd.Series:
        sums = frame.groupby("strategy_id")[column].sum()
        return ids.map(sums).fillna(0)

    def count(frame: pd.DataFrame, column: str) -> pd.Series:
        return total(frame, column).astype("int64")

    progress = cards[["strategy_id", "name", "segment", "channel"]].copy()
    progress["listed"] = count(people, "_one")
    progress["treatment"] = count(treated, "_one")
    progress["control"] = count(held, "_one")
    progress["due"] = (_elapsed(cards, day) * progress["treatment"]).round().astype("int64")
    for column in ("contacted", "reached", "responded"):
        progress[column] = count(treated, column)
    progress["contact_rate"] = _rate(progress["contacted"], progress["treatment"])
    progress["reach_rate"] = _rate(progress["reached"], progress["contacted"])
    progress["rate"] = _rate(progress["responded"], progress["contacted"])
    progress["plan"] = cards["expected_response"].astype("float64")
    progress["amount"] = total(treated, "amount").astype("float64")
    progress["control_contacted"] = count(held, "contacted")
    progress["control_responded"] = count(held, "said_yes")
    known = progress["control"].where(count(held, "told") > 0, 0)
    progress["control_rate"] = _rate(progress["control_responded"], known)
    return progress.reset_index(drop=True)


def count_days(
    targets: pd.DataFrame,
    contacts: pd.DataFrame,
    outcomes: pd.DataFrame,
    strategies: pd.DataFrame,
    *,
    today: dt.date | str,
    each: bool = False,
) -> pd.DataFrame:
    """Return how the work has come along, day by day, over all strategies.

    Parameters
    ----------
    targets, contacts, outcomes, strategies : pandas.DataFrame
        Tables TARGETS, CONTACTS, OUTCOMES, STRATEGIES.
    today : datetime.date or str
        Days after it are planned only.
    each : bool, default=False
        Count each strategy for itself.

    Returns
    -------
    pandas.DataFrame
        One row a day from the first day of any strategy to the last: ``day``, ``due``
        (treated customers that an even pace has contacted by then), ``contacted`` and
        ``responded`` (customers of the treatment arm contacted, and of these responded, by
        then; missing after `today`). With `each`, as many rows a strategy, and its
        ``strategy_id``.

    Examples
    --------
    >>> from workbench.tables import CONTACTS, OUTCOMES, STRATEGIES, TARGETS
    >>> empty = [table.empty() for table in (TARGETS, CONTACTS, OUTCOMES, STRATEGIES)]
    >>> count_days(*empty, today="2026-10-12").columns.tolist()
    ['day', 'due', 'contacted', 'responded']
    """
    now = pd.Timestamp(today).normalize()
    people = _people(targets, contacts, outcomes, now)
    treated = people.loc[people["arm"].eq("treatment").to_numpy()]
    cards = strategies.loc[strategies["strategy_id"].isin(treated["strategy_id"]).to_numpy()]
    cards = cards.dropna(subset=["starts_on", "ends_on"])
    if cards.empty:
        empty = {"day": pd.Series(dtype="datetime64[us]")}
        if each:
            empty = {"strategy_id": pd.Series(dtype="str"), **empty}
        return pd.DataFrame(empty | dict.fromkeys(_DAY_COUNTS, pd.Series(dtype="float64")))
    last = max(cards["ends_on"].max(), treated["first_contact"].fillna(cards["ends_on"].max()).max())
    days = pd.date_range(cards["starts_on"].min().normalize(), last.normalize(), freq="D", unit="us")
    # As in the progress: who says yes without having been contacted is not counted.
    answered = treated[["first_contact", "first_response"]].max(axis=1, skipna=False)
    treated = treated.assign(first_response=answered.astype("datetime64[us]"))
    if not each:
        return _by_day(treated, cards, days, now)
    parts = [
        _by_day(
            treated[treated["strategy_id"].eq(one)], cards[cards["strategy_id"].eq(one)], days, now
        ).assign(strategy_id=one)
        for one in cards["strategy_id"]
    ]
    return pd.concat(parts, ignore_index=True)[["strategy_id", "day", *_DAY_COUNTS]]


def _by_day(
    treated: pd.DataFrame, cards: pd.DataFrame, days: pd.DatetimeIndex, now: pd.Timestamp
) -> pd.DataFrame:
    sizes = cards["strategy_id"].map(treated["strategy_id"].value_counts()).to_numpy()
    frame = pd.DataFrame({"day": days, "due": _shares_gone(cards, days) @ sizes})
    past = days <= now
    for column, moments in (("contacted", "first_contact"), ("responded", "first_response")):
        when = np.sort(treated[moments].dropna().dt.normalize().to_numpy())
        by_then = np.searchsorted(when, days.to_numpy(), side="right").astype("float64")
        frame[column] = np.where(past, by_then, np.nan)
    return frame


_DAY_COUNTS = ("due", "contacted", "responded")


def _people(
    targets: pd.DataFrame,
    contacts: pd.DataFrame,
    outcomes: pd.DataFrame,
    day: pd.Timestamp,
    codes: Codes | None = None,
) -> pd.DataFrame:
    """Return the customers of the lists with what is known of each by the end of a day."""
    TARGETS.check(targets)
    CONTACTS.check(contacts)
    OUTCOMES.check(outcomes)
    keys = ["strategy_id", "customer_id"]
    if "list_id" in targets.columns:
        keys = ["list_id", *keys]
    midnight = day + pd.Timedelta(days=1)
    known = read_dispositions() if codes is None else codes
    spoke = {code for code, entry in known.items() if entry.reached}
    made = contacts.loc[contacts["contacted_at"].lt(midnight).to_numpy()]
    made = made.assign(reached=made["disposition"].isin(spoke))
    tried = made.groupby(keys, as_index=False).agg(
        reached=("reached", "max"), first_contact=("contacted_at", "min")
    )
    told = outcomes.loc[outcomes["recorded_at"].lt(midnight).to_numpy()]
    yes = told["responded"].astype("boolean").fillna(False).astype(bool)
    told = told.assign(said_yes=yes, first_response=told["recorded_at"].where(yes))
    results = told.groupby(keys, as_index=False).agg(
        said_yes=("said_yes", "max"), amount=("amount", "sum"), first_response=("first_response", "min")
    )
    people = targets[[*keys, "arm"]].merge(tried.assign(contacted=True), on=keys, how="left")
    people = people.merge(results.assign(told=True), on=keys, how="left").assign(_one=1)
    for column in ("contacted", "reached", "said_yes", "told"):
        people[column] = people[column].eq(True)
    people["responded"] = people["said_yes"] & people["contacted"]
    for column in ("first_contact", "first_response"):
        people[column] = people[column].astype("datetime64[us]")
    return people


def _elapsed(cards: pd.DataFrame, day: pd.Timestamp) -> pd.Series:
    """Return the share of each strategy's days that is over by the end of a day."""
    starts = pd.to_datetime(cards["starts_on"]).fillna(day)
    ends = pd.to_datetime(cards["ends_on"]).fillna(starts)
    whole = cards.assign(starts_on=starts, ends_on=ends)
    return pd.Series(_shares_gone(whole, pd.DatetimeIndex([day]))[0], index=cards.index)


def _shares_gone(cards: pd.DataFrame, days: pd.DatetimeIndex) -> np.ndarray:
    """Return for each day (row) the share of each strategy's days that is over by its end."""
    starts, ends = (
        cards[column].to_numpy().astype("datetime64[D]").astype("int64")
        for column in ("starts_on", "ends_on")
    )
    lengths = np.maximum(ends - starts, 0) + 1
    gone = days.to_numpy().astype("datetime64[D]").astype("int64")[:, None] - starts + 1
    return np.clip(gone / lengths, 0.0, 1.0)


def _rate(part: pd.Series, whole: pd.Series) -> pd.Series:
    return part.astype("float64") / whole.astype("float64").where(whole > 0)

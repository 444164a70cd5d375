"""A cycle as a cube of counts and sums: any filter of the board is a sum over its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.review.follow_up import REACHED, as_days, follow_up

DIMENSIONS = ("strategy_id", "segment", "channel", "script", "region", "branch", "person", "week")
COUNTS = (
    "listed",
    "contacted",
    "reached",
    "refused",
    "responded",
    "bought",
    "control",
    "control_contacted",
    "control_responded",
)
"""Customers; each once in a strategy."""
SUMS = ("tries", "amount", "cost", "plan_contacts", "plan_responses", "plan_cost")
MEASURES = (*COUNTS, *SUMS)
ALWAYS = 0
"""The week of what belongs to no week: who is on the list."""
_PLACE = ["strategy_id", "segment", "region", "branch", "person", "arm"]
_KEY = ["strategy_id", "customer_id"]


def build_cube(
    targets: pd.DataFrame,
    outcomes: pd.DataFrame,
    strategies: pd.DataFrame,
    *,
    contacts: pd.DataFrame | None = None,
    customers: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Count what was listed, done, planned and won, in cells that can be added up.

    Intention to treat, as in `follow_up`. What happened stands in the week of its first
    time: a customer contacted in week 1 and again in week 3 was contacted in week 1.

    Parameters
    ----------
    targets, outcomes, strategies : pandas.DataFrame
        Tables `TARGETS`, `OUTCOMES`, `STRATEGIES`.
    contacts : pandas.DataFrame, optional
        Table `CONTACTS`; without it everybody of the treatment was contacted once, in the
        first week, and nothing is known of reached and refused.
    customers : pandas.DataFrame, optional
        One row a customer_id, with ``region`` and ``branch`` where the bank has them; a
        missing region is that of the branch's other customers.

    Returns
    -------
    pandas.DataFrame
        One row a cell that is not empty. Dimensions (text; empty is not known):
        strategy_id, segment (of the list), channel and script (of the card; the script
        with its version), region, branch, person (who first reached the customer, or else
        first tried) and week (from 1, see `first_week`; 0 holds what belongs to no week).
        Measures:

        - Customers of the treatment: listed (week 0), contacted, reached, refused,
          responded, bought (responded and brought money); of the control: control
          (week 0), control_contacted, control_responded.
        - tries (contacts of the treatment), amount (CNY), cost (CNY, contacts of both
          arms × cost_per_contact).
        - Planned at an even pace over the card's days: plan_contacts (everybody listed,
          once), plan_responses (× expected_response), plan_cost (the card's budget, else
          plan_contacts × cost_per_contact).

        Of a strategy without any contact the results and what they are held against are
        missing: it did not take place.

    Raises
    ------
    TableProblem
        If a table does not fit.
    ParameterProblem
        If a list is for a strategy that is not given.

    Examples
    --------
    >>> from workbench.tables import OUTCOMES, STRATEGIES, TARGETS
    >>> cube = build_cube(TARGETS.empty(), OUTCOMES.empty(), STRATEGIES.empty())
    >>> len(cube), cube.columns[:3].tolist()
    (0, ['strategy_id', 'segment', 'channel'])
    """
    rows = follow_up(targets, outcomes, strategies, contacts=contacts, by="segment")
    if rows.empty:
        kinds = {name: "str" if name != "week" else "int64" for name in DIMENSIONS}
        return pd.DataFrame(columns=[*DIMENSIONS, *MEASURES]).astype(
            {**kinds, **dict.fromkeys(MEASURES, "float64")}
        )
    rows = _with_places(rows, customers)
    monday = first_week(strategies, contacts, outcomes)
    rows = rows.merge(_moments(contacts), how="left", on=_KEY)
    rows["person"] = rows["person"].fillna("").astype("str")
    grouped = rows.groupby(_PLACE, sort=True)
    rows["place"] = grouped.ngroup().to_numpy()
    places = grouped.size().rename("n").reset_index()
    cards = strategies.assign(strategy_id=strategies["strategy_id"].astype("str")).set_index("strategy_id")
    pieces = _events(rows, contacts, cards, monday)
    pieces.append(_listed(places))
    pieces.append(_planned(places, cards, monday))
    cells = pd.concat(pieces, ignore_index=True)
    cells = cells.groupby(["place", "week"], sort=True)[list(MEASURES)].sum().reset_index()
    cube = places[_PLACE].take(cells["place"].to_numpy()).reset_index(drop=True).join(cells)
    cube = _silence(cube, rows, cards)
    cube["channel"] = cube["strategy_id"].map(cards["channel"]).fillna("").astype("str")
    cube["script"] = cube["strategy_id"].map(_scripts(cards)).fillna("").astype("str")
    keys = [name for name in DIMENSIONS if name != "week"]
    order = {name: i for i, name in enumerate(cards.index)}
    cube["_order"] = cube["strategy_id"].map(order)
    # The arms' measures lie in columns of their own, so that one cell holds both.
    whole = cube.groupby(["_order", *keys, "week"], sort=True)[list(MEASURES)].sum(min_count=1)
    return whole.reset_index().drop(columns="_order")[[*DIMENSIONS, *MEASURES]]


def first_week(
    strategies: pd.DataFrame, contacts: pd.DataFrame | None = None, outcomes: pd.DataFrame | None = None
) -> pd.Timestamp | None:
    """Return the day on which week 1 of a cycle's board begins.

    Parameters
    ----------
    strategies : pandas.DataFrame
        Table `STRATEGIES`: the earliest ``starts_on``.
    contacts, outcomes : pandas.DataFrame, optional
        Where no card has a first day: the earliest contact, or else outcome.

    Returns
    -------
    pandas.Timestamp or None
        None where nothing has a day.

    Examples
    --------
    >>> import pandas as pd
    >>> first_week(pd.DataFrame({"starts_on": pd.to_datetime(["2026-07-08", None])}))
    Timestamp('2026-07-08 00:00:00')
    """
    known: list[Any] = [pd.to_datetime(strategies["starts_on"]).min()]
    if contacts is not None and len(contacts):
        known.append(as_days(contacts["contacted_at"]).min())
    if outcomes is not None and len(outcomes):
        known.append(as_days(outcomes["recorded_at"]).min())
    day = next((day for day in known if pd.notna(day)), None)
    return None if day is None else pd.Timestamp(day).normalize()


def sum_cube(
    cube: pd.DataFrame,
    by: str | Sequence[str] = (),
    filters: Mapping[str, str] | None = None,
    weeks: tuple[int, int] | None = None,
) -> pd.DataFrame:
    """Add up the cells that a filter leaves.

    Parameters
    ----------
    cube : pandas.DataFrame
        From `build_cube`.
    by : str or sequence of str, default=()
        Dimensions whose values stay apart; none gives a single row.
    filters : mapping of str to str, optional
        Dimension → the value that is kept; an empty value keeps all.
    weeks : (int, int), optional
        First and last week. The list itself stays whole.

    Returns
    -------
    pandas.DataFrame
        The dimensions of `by` and the cube's measures, in the order of the dimensions'
        values; a sum of which nothing is known is missing.

    Raises
    ------
    ParameterProblem
        If there is no such dimension.

    Examples
    --------
    >>> import pandas as pd
    >>> cube = pd.DataFrame({"branch": ["A", "A", "B"], "week": [0, 1, 0], "listed": [3.0, 0.0, 2.0]})
    >>> sum_cube(cube, "branch", weeks=(2, 3)).values.tolist()
    [['A', 3.0], ['B', 2.0]]
    >>> sum_cube(cube, filters={"branch": "B"})["listed"].tolist()
    [2.0]
    """
    names = [by] if isinstance(by, str) else list(by)
    chosen = {name: value for name, value in (filters or {}).items() if value}
    unknown = [name for name in (*names, *chosen) if name not in cube.columns or name not in DIMENSIONS]
    if unknown:
        raise ParameterProblem(
            "review_board.error.no_dimension",
            dimension=", ".join(unknown),
            known=", ".join(name for name in DIMENSIONS if name in cube.columns),
        )
    kept = np.ones(len(cube), dtype=bool)
    for name, value in chosen.items():
        kept &= (cube[name] == value).to_numpy()
    if weeks is not None:
        week = cube["week"].to_numpy()
        kept &= (week == ALWAYS) | ((week >= weeks[0]) & (week <= weeks[1]))
    measures = [name for name in MEASURES if name in cube.columns]
    rows = cube if kept.all() else cube[kept]
    if not names:
        return rows[measures].sum(min_count=1).to_frame().T.reset_index(drop=True)
    return rows.groupby(names, sort=True)[measures].sum(min_count=1).reset_index()


def _with_places(rows: pd.DataFrame, customers: pd.DataFrame | None) -> pd.DataFrame:
    for name in ("region", "branch"):
        found = None
        if customers is not None and name in customers.columns:
            known = customers.drop_duplicates("customer_id").set_index("customer_id")[name]
            found = rows["customer_id"].map(known)
        rows[name] = "" if found is None else found.astype("object").where(found.notna(), "").astype("str")
    # Whose region is not known is in the region of the branch.
    placed = rows[rows["region"].ne("") & rows["branch"].ne("")]
    usual: Any = placed.groupby("branch")["region"].agg(lambda regions: regions.mode().iloc[0])
    if len(usual):
        of_branch = rows["branch"].map(usual).astype("object")
        rows["region"] = (
            rows["region"].where(rows["region"].ne("") | of_branch.isna(), of_branch).astype("str")
        )
    rows["segment"] = rows["segment"].astype("object").where(rows["segment"].notna(), "").astype("str")
    return rows


def _moments(contacts: pd.DataFrame | None) -> pd.DataFrame:
    """Return when each customer was first contacted, reached and refused, and by whom."""
    names = [*_KEY, "first_contact", "first_reached", "first_refused", "person"]
    if contacts is None or contacts.empty:
        empty = pd.DataFrame({name: pd.Series(dtype="str") for name in names})
        moments = {name: pd.Series(dtype="datetime64[us]") for name in names[2:5]}
        return empty.assign(**moments)
    made = contacts.assign(
        day=as_days(contacts["contacted_at"]), spoke=contacts["disposition"].isin(REACHED).to_numpy()
    ).sort_values(["day"], kind="stable")
    made[_KEY] = made[_KEY].astype("str")
    found: Any = made.groupby(_KEY, sort=False)["day"].min().rename("first_contact").reset_index()
    for name, mask in (
        ("first_reached", made["spoke"]),
        ("first_refused", made["disposition"].eq("refused")),
    ):
        first = made[mask].groupby(_KEY, sort=False)["day"].min().rename(name)
        found = found.merge(first.reset_index(), how="left", on=_KEY)
    if "agent" not in made.columns:
        return pd.DataFrame(found.assign(person=""))
    who = made.assign(person=made["agent"].astype("object").where(made["agent"].notna(), "").astype("str"))
    who = who.sort_values("spoke", ascending=False, kind="stable").drop_duplicates(_KEY)
    return pd.DataFrame(found.merge(who[[*_KEY, "person"]], how="left", on=_KEY))


def _weeks_of(days: pd.Series, monday: pd.Timestamp | None) -> pd.Series:
    """Return the week of each day; what is before the first week counts to it."""
    if monday is None:
        return pd.Series(1, index=days.index)
    gone = (pd.to_datetime(days).dt.normalize() - monday).dt.days // 7 + 1
    return gone.fillna(1).clip(lower=1).astype("int64")


def _events(
    rows: pd.DataFrame, contacts: pd.DataFrame | None, cards: pd.DataFrame, monday: pd.Timestamp | None
) -> list[pd.DataFrame]:
    """Return one piece a measure: place, week, and how much of it happened there."""
    treated, control = rows["arm"].eq("treatment"), rows["arm"].eq("control")
    answered = as_days(rows["first_responded_at"])
    contacted = rows["contacted"].astype(float)
    reached = rows["reached"] if contacts is not None else pd.Series(0.0, index=rows.index)
    bought = (rows["amount"] > 0).astype(float)
    pieces = [
        _piece(rows, treated, "contacted", contacted, rows["first_contact"], monday),
        _piece(rows, treated, "reached", reached, rows["first_reached"], monday),
        _piece(rows, treated, "refused", rows["first_refused"].notna() * 1.0, rows["first_refused"], monday),
        _piece(rows, treated, "responded", rows["responded"], answered, monday),
        _piece(rows, treated, "bought", bought, answered, monday),
        _piece(rows, treated, "amount", rows["amount"].fillna(0.0), answered, monday),
        _piece(rows, control, "control_contacted", contacted, rows["first_contact"], monday),
        _piece(rows, control, "control_responded", rows["responded"], answered, monday),
    ]
    price = cards["cost_per_contact"].astype(float)
    if contacts is None:
        tried = rows.assign(cost=rows["tries"] * rows["strategy_id"].map(price))
        return [
            *pieces,
            _piece(tried, treated, "tries", tried["tries"], tried["first_contact"], monday),
            _piece(tried, treated | control, "cost", tried["cost"], tried["first_contact"], monday),
        ]
    made = contacts[[*_KEY, "contacted_at"]].copy()
    made[_KEY] = made[_KEY].astype("str")
    made = made.merge(rows[[*_KEY, "place", "arm"]], how="inner", on=_KEY)
    made["cost"] = made["strategy_id"].map(price).astype(float)
    days = as_days(made["contacted_at"])
    ours = made["arm"].eq("treatment")
    every = pd.Series(True, index=made.index)
    return [
        *pieces,
        _piece(made, ours, "tries", pd.Series(1.0, index=made.index), days, monday),
        _piece(made, every, "cost", made["cost"], days, monday),
    ]


def _piece(
    rows: pd.DataFrame,
    mask: pd.Series,
    measure: str,
    values: pd.Series,
    days: pd.Series,
    monday: pd.Timestamp | None,
) -> pd.DataFrame:
    kept = (mask & (values > 0)).to_numpy()
    return pd.DataFrame(
        {
            "place": rows["place"].to_numpy()[kept],
            "week": _weeks_of(days[kept], monday).to_numpy(),
            measure: values.to_numpy(np.float64)[kept],
        }
    )


def _listed(places: pd.DataFrame) -> pd.DataFrame:
    treated = places["arm"].eq("treatment")
    listed = pd.DataFrame({"place": places.index, "week": ALWAYS})
    listed["listed"] = places["n"].where(treated, 0).to_numpy(np.float64)
    listed["control"] = places["n"].where(~treated, 0).to_numpy(np.float64)
    return listed


def _planned(places: pd.DataFrame, cards: pd.DataFrame, monday: pd.Timestamp | None) -> pd.DataFrame:
    shares = _pace(cards, monday)
    kept = places[places["arm"].eq("treatment")]
    listed = kept.groupby("strategy_id")["n"].sum()
    plan = kept[["strategy_id", "n"]].assign(place=kept.index).merge(shares, on="strategy_id")
    card = cards.reindex(plan["strategy_id"])
    plan["plan_contacts"] = plan["n"] * plan["share"]
    expected = card["expected_response"].to_numpy(np.float64, na_value=np.nan)
    plan["plan_responses"] = plan["plan_contacts"] * expected
    plan["plan_cost"] = plan["plan_contacts"] * card["cost_per_contact"].to_numpy(np.float64, na_value=np.nan)
    if "budget" in cards.columns:
        budget = card["budget"].to_numpy(np.float64, na_value=np.nan)
        per_customer = budget / plan["strategy_id"].map(listed).to_numpy(np.float64)
        plan["plan_cost"] = (plan["plan_contacts"] * per_customer).where(~np.isnan(budget), plan["plan_cost"])
    return plan[["place", "week", "plan_contacts", "plan_responses", "plan_cost"]]


def _pace(cards: pd.DataFrame, monday: pd.Timestamp | None) -> pd.DataFrame:
    """Return strategy_id, week, share: how much of a strategy an even pace has in each week."""
    rows = []
    for strategy_id, card in cards.iterrows():
        starts, ends = card["starts_on"], card["ends_on"]
        if monday is None or pd.isna(starts):
            rows.append((strategy_id, 1, 1.0))
            continue
        last = max(starts, ends) if pd.notna(ends) else starts
        days = pd.Series(pd.date_range(starts.normalize(), last.normalize(), freq="D"))
        weeks = _weeks_of(days, monday).value_counts(normalize=True).sort_index()
        rows += [(strategy_id, int(str(week)), float(share)) for week, share in weeks.items()]
    return pd.DataFrame(rows, columns=["strategy_id", "week", "share"])


def _silence(cube: pd.DataFrame, rows: pd.DataFrame, cards: pd.DataFrame) -> pd.DataFrame:
    """Let what is not known be missing: results where nobody was contacted, plans that no card has."""
    treated = rows[rows["arm"].eq("treatment")]
    heard = treated.groupby("strategy_id")["contacted"].any()
    silent = ~cube["strategy_id"].isin(heard.index[heard.astype(bool)])
    results = ["reached", "refused", "responded", "bought", "amount", "cost", "control_responded"]
    cube[[*results, "plan_responses", "plan_cost"]] = cube[[*results, "plan_responses", "plan_cost"]].mask(
        silent
    )
    unplanned = cards["expected_response"].isna()
    cube["plan_responses"] = cube["plan_responses"].mask(cube["strategy_id"].isin(unplanned.index[unplanned]))
    # Of money that nobody wrote down, and of who was reached, nothing is known.
    money = treated.groupby("strategy_id")["amount"].apply(lambda amounts: amounts.notna().any())
    unknown = ~cube["strategy_id"].isin(money.index[money.astype(bool)])
    cube[["amount", "bought"]] = cube[["amount", "bought"]].mask(unknown)
    spoken = treated.groupby("strategy_id")["reached"].apply(lambda reached: reached.notna().any())
    unheard = ~cube["strategy_id"].isin(spoken.index[spoken.astype(bool)])
    cube[["reached", "refused"]] = cube[["reached", "refused"]].mask(unheard)
    return cube


def _scripts(cards: pd.DataFrame) -> pd.Series:
    versions = pd.Series("1", index=cards.index)
    if "script_version" in cards.columns:
        known = cards["script_version"]
        versions = known.astype("object").where(known.notna() & known.ne(""), "1").astype("str")
    return pd.Series([f"{i} · v{version}" for i, version in versions.items()], index=cards.index)

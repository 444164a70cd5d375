"""How long opportunities have been in their step, and how many get from step to step."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
import pandas as pd

from workbench.execution.pace import wilson_interval


def age_opportunities(opportunities: pd.DataFrame, steps: pd.DataFrame, today: dt.date) -> pd.DataFrame:
    """Return open opportunities with the days that they have been in their step.

    Parameters
    ----------
    opportunities : pandas.DataFrame
        ``step``, ``state`` (open, won, lost), ``entered_at``, and anything else.
    steps : pandas.DataFrame
        ``step``, ``probability`` and ``days``, in their order; see `tabulate_template`.
    today : datetime.date
        The day to look from.

    Returns
    -------
    pandas.DataFrame
        The open ones with ``days_in_step``, ``days_allowed`` and ``is_overdue``.

    Examples
    --------
    >>> steps = pd.DataFrame({"step": ["a", "b"], "probability": [0.1, 0.5], "days": [10, 20]})
    >>> rows = pd.DataFrame({"step": ["a", "b"], "state": ["open", "open"],
    ...     "entered_at": pd.to_datetime(["2026-10-01", "2026-10-01"])})
    >>> age_opportunities(rows, steps, dt.date(2026, 10, 16))["is_overdue"].tolist()
    [True, False]
    """
    known = steps.set_index("step")
    rows = opportunities[opportunities["state"].eq("open") & opportunities["step"].isin(known.index)].copy()
    entered = pd.to_datetime(rows["entered_at"]).dt.normalize()
    rows["days_in_step"] = (pd.Timestamp(today) - entered).dt.days.clip(lower=0).astype("int64")
    rows["days_allowed"] = rows["step"].map(known["days"]).astype("int64")
    return rows.assign(is_overdue=rows["days_in_step"] > rows["days_allowed"])


def age_pipeline(
    opportunities: pd.DataFrame, steps: pd.DataFrame, today: dt.date, *, minimum: int = 0
) -> pd.DataFrame:
    """Return how many open opportunities stand in each step, and for how long.

    Parameters
    ----------
    opportunities : pandas.DataFrame
        ``customer_id``, ``step``, ``state``, ``entered_at`` and ``amount`` (one currency).
    steps : pandas.DataFrame
        ``step``, ``probability`` and ``days``, in their order.
    today : datetime.date
        The day to look from.
    minimum : int, default=0
        The fewest companies that a row may be about: neighbouring steps with fewer are
        joined, and with fewer in all there is no row.

    Returns
    -------
    pandas.DataFrame
        One row a step, or a run of joined ones: ``step`` and ``last_step`` (the first and the last
        of the run), ``n``, ``companies``, ``amount``, ``weighted`` (amount times the template's
        probability), ``median_days``, ``longest_days`` (missing where joined), ``days_allowed``
        (missing where joined), ``overdue`` (missing where joined and few are, or few are not).

    Examples
    --------
    >>> steps = pd.DataFrame({"step": ["a", "b"], "probability": [0.1, 0.5], "days": [10, 20]})
    >>> rows = pd.DataFrame({"customer_id": ["1", "2", "2"], "step": ["a", "a", "b"], "state": "open",
    ...     "amount": [10.0, 20.0, 40.0], "entered_at": pd.to_datetime(["2026-10-01"] * 3)})
    >>> age_pipeline(rows, steps, dt.date(2026, 10, 16))[["step", "n", "weighted", "overdue"]].values.tolist()
    [['a', 2, 3.0, 2], ['b', 1, 20.0, 0]]
    >>> joined = age_pipeline(rows, steps, dt.date(2026, 10, 16), minimum=2)
    >>> joined[["step", "last_step", "n"]].values.tolist()
    [['a', 'b', 3]]
    """
    rows = age_opportunities(opportunities, steps, today)
    chances = steps.set_index("step")["probability"]
    order = list(steps["step"])
    found = []
    for run in join_neighbours([rows[rows["step"].eq(step)] for step in order], minimum):
        part = rows[rows["step"].isin([order[i] for i in run])]
        late = part[part["is_overdue"]]
        told = not minimum or _is_told(part, late, minimum)
        is_one = len(run) == 1
        found.append(
            {
                "step": order[run[0]],
                "last_step": order[run[-1]],
                "n": len(part),
                "companies": part["customer_id"].nunique(),
                "amount": float(part["amount"].sum()),
                "weighted": float((part["amount"] * part["step"].map(chances).astype("float64")).sum()),
                "median_days": float(part["days_in_step"].median()) if len(part) else np.nan,
                "longest_days": float(part["days_in_step"].max()) if len(part) and not minimum else np.nan,
                "days_allowed": float(steps["days"].iloc[run[0]]) if is_one else np.nan,
                "overdue": len(late) if told else None,
            }
        )
    columns = ["step", "last_step", "n", "companies", "amount", "weighted"]
    columns += ["median_days", "longest_days", "days_allowed", "overdue"]
    return pd.DataFrame(found, columns=columns).astype({"overdue": "Int64"})


def _is_told(part: pd.DataFrame, some: pd.DataFrame, minimum: int) -> bool:
    """Say whether a count within a shown one may be shown: neither it nor its rest is small."""
    companies = some["customer_id"].nunique()
    rest = part.loc[~part.index.isin(some.index), "customer_id"].nunique()
    return all(n == 0 or n >= minimum for n in (companies, rest))


def join_neighbours(parts: list[pd.DataFrame], minimum: int) -> Iterator[list[int]]:
    """Join neighbours until each run is about enough companies; what is left over joins the last.

    Parameters
    ----------
    parts : list of pandas.DataFrame
        Opportunities with ``customer_id``, part by part in their order.
    minimum : int
        The fewest companies of a run.

    Examples
    --------
    >>> parts = [pd.DataFrame({"customer_id": list(ids)}) for ids in ("ab", "bc", "c", "d")]
    >>> list(join_neighbours(parts, 2)), list(join_neighbours(parts, 9))
    ([[0], [1], [2, 3]], [])
    """
    runs: list[list[int]] = []
    current: list[int] = []
    seen: set[str] = set()
    for number, part in enumerate(parts):
        current.append(number)
        seen |= set(part["customer_id"])
        if len(seen) >= minimum:
            runs.append(current)
            current, seen = [], set()
    if current and runs:
        runs[-1] += current
    return iter(runs)


def convert_pipeline(
    opportunities: pd.DataFrame, moves: pd.DataFrame, steps: pd.DataFrame, *, alpha: float = 0.05
) -> pd.DataFrame:
    """Return how many of those who entered a step and have left it got on from there.

    An opportunity that entered a step counts as having got on when it ever reached a later
    step afterwards, or was won; as lost when it was closed as lost without that. One
    that is open and has reached no later step is neither: its end is not known yet
    (censored), so it stands in ``waiting`` and not in the rate. Because quick ends are
    known first, the rate of a young pipeline can still move either way. A step that was
    left out was never entered; one that was entered twice counts from the first time.

    Parameters
    ----------
    opportunities : pandas.DataFrame
        ``opportunity_id``, ``customer_id``, ``step`` and ``state``.
    moves : pandas.DataFrame
        ``opportunity_id``, ``event``, ``to_step`` and ``at``: what happened, in its order.
    steps : pandas.DataFrame
        ``step`` and more, in their order.
    alpha : float, default=0.05
        One minus the confidence of Wilson's interval.

    Returns
    -------
    pandas.DataFrame
        One row a step: ``step``, ``entered``, ``advanced``, ``lost``, ``waiting``, ``left`` (advanced and
        lost), ``companies`` (of those who left), ``rate`` (advanced of left; missing where none
        has left), ``rate_low``, ``rate_high``.

    Examples
    --------
    >>> steps = pd.DataFrame({"step": ["a", "b"], "probability": [0.1, 0.5], "days": [10, 20]})
    >>> rows = pd.DataFrame({"opportunity_id": [1, 2, 3], "customer_id": ["x", "y", "z"],
    ...     "step": ["b", "a", "a"], "state": ["open", "lost", "open"]})
    >>> moves = pd.DataFrame({"opportunity_id": [1, 1, 2, 3],
    ...     "event": ["opened", "forward", "opened", "opened"], "to_step": ["a", "b", "a", "a"],
    ...     "at": pd.to_datetime(["2026-10-01", "2026-10-09", "2026-10-02", "2026-10-03"])})
    >>> convert_pipeline(rows, moves, steps)[["entered", "advanced", "lost", "waiting"]].values.tolist()
    [[3, 1, 1, 1], [1, 0, 0, 1]]
    """
    entries = first_entries(opportunities, moves, steps)
    state = entries["state"].to_numpy()
    advanced = entries["farthest"].gt(entries["position"]).to_numpy() | (state == "won")
    lost = ~advanced & (state == "lost")
    counts = pd.DataFrame(
        {"position": entries["position"], "entered": 1, "advanced": advanced, "lost": lost}
    ).astype("int64")
    summed = counts.groupby("position").sum().reindex(range(len(steps)), fill_value=0)
    left = (summed["advanced"] + summed["lost"]).to_numpy(dtype="int64")
    gone = entries[advanced | lost]
    companies = gone.groupby("position")["customer_id"].nunique().reindex(range(len(steps)), fill_value=0)
    low, high = wilson_interval(summed["advanced"].to_numpy(dtype="float64"), left.astype("float64"), alpha)
    rate = np.divide(summed["advanced"].to_numpy(), left, out=np.full(len(left), np.nan), where=left > 0)
    return pd.DataFrame(
        {
            "step": steps["step"].to_numpy(),
            "entered": summed["entered"].to_numpy(),
            "advanced": summed["advanced"].to_numpy(),
            "lost": summed["lost"].to_numpy(),
            "waiting": summed["entered"].to_numpy() - left,
            "left": left,
            "companies": companies.to_numpy(),
            "rate": rate,
            "rate_low": low,
            "rate_high": high,
        }
    )


def first_entries(opportunities: pd.DataFrame, moves: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Return each opportunity's first entry into each step, with the farthest step reached from there on.

    Parameters
    ----------
    opportunities, moves, steps : pandas.DataFrame
        As for `convert_pipeline`.

    Returns
    -------
    pandas.DataFrame
        ``opportunity_id``, ``position`` and ``farthest`` (numbers of steps, from 0), ``at``,
        ``customer_id`` and ``state`` (as it stands now).

    Examples
    --------
    >>> steps = pd.DataFrame({"step": ["a", "b", "c"]})
    >>> moves = pd.DataFrame({"opportunity_id": 1, "event": ["opened", "skipped", "back"],
    ...     "to_step": ["a", "c", "a"], "at": pd.to_datetime(["2026-10-01", "2026-10-02", "2026-10-03"])})
    >>> rows = pd.DataFrame({"opportunity_id": [1], "customer_id": ["x"], "state": ["open"]})
    >>> entries = first_entries(rows, moves, steps)
    >>> entries[["position", "farthest"]].values.tolist()
    [[0, 2], [2, 2]]
    """
    positions = {step: number for number, step in enumerate(steps["step"])}
    stood = moves[~moves["event"].isin(["edited", "won", "lost"]) & moves["to_step"].isin(positions)]
    rows = stood.sort_values(["opportunity_id", "at"], kind="stable")
    rows = rows.assign(position=rows["to_step"].map(positions).astype("int64"))
    backwards = rows.iloc[::-1]
    farthest = backwards.groupby("opportunity_id", sort=False)["position"].cummax().iloc[::-1]
    first = rows.assign(farthest=farthest).drop_duplicates(["opportunity_id", "position"])
    known = opportunities.set_index("opportunity_id")
    told = {name: first["opportunity_id"].map(known[name]) for name in ("customer_id", "state")}
    return first.assign(**told).dropna(subset=["state"])

"""Two scripts of a strategy compared: the review's statistics on the customers who were called."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import ParameterProblem

if TYPE_CHECKING:
    from workbench.review.ratio import SampleRatio

VERDICTS = ("better", "worse", "open", "not_comparable")


@dataclass(frozen=True, eq=False)
class ScriptComparison:
    """What two versions of a script came to.

    Parameters
    ----------
    strategy_id : str
        The strategy.
    a, b : int
        The versions.
    is_trial : bool
        Whether customers were drawn for one or the other. If not, what differs otherwise
        between them counts as well, and `verdict` is a reason to try, not a proof.
    arms : pandas.DataFrame
        ``version``, ``n`` (customers who were called), ``responded``, ``rate`` (missing
        without customers), ``rate_low``, ``rate_high`` (Wilson).
    difference, ci_low, ci_high : float
        Response rate of b minus that of a, as a share, with the score interval.
    p_value : float
        Of no difference (Miettinen and Nurminen).
    crossed : int
        Customers who first heard the other script than the one drawn for them; they count
        where they were drawn.
    ratio : SampleRatio or None
        Whether the arms are as large as they were drawn; None without a trial.
    verdict : {"better", "worse", "open", "not_comparable"}
        What b is against a: open where the interval holds 0 or is missing; not comparable
        where the arms are not what was drawn.
    """

    strategy_id: str
    a: int
    b: int
    is_trial: bool
    arms: pd.DataFrame = field(repr=False)
    difference: float
    ci_low: float
    ci_high: float
    p_value: float
    crossed: int
    ratio: SampleRatio | None = field(repr=False)
    verdict: str


def find_trial(uses: list[dict[str, Any]], a: int, b: int) -> tuple[dict[str, Any], Any] | None:
    """Return the newest trial of two versions and the moment it ended (None: it runs), or None."""
    for number in range(len(uses) - 1, -1, -1):
        use = uses[number]
        if use["other_version"] is not None and {use["version"], use["other_version"]} == {a, b}:
            return use, uses[number + 1]["since"] if number + 1 < len(uses) else None
    return None


def compare_scripts(
    strategy_id: str,
    versions: tuple[int, int],
    runs: pd.DataFrame,
    outcomes: pd.DataFrame,
    trial: tuple[Mapping[str, Any], dt.datetime | None] | None = None,
    alpha: float = 0.05,
) -> ScriptComparison:
    """Compare the response rates of two scripts among the customers who were called with them.

    In a trial a customer counts for the script that was drawn, whichever was read to them:
    otherwise whoever chooses the script for an easy customer would make it look good.

    Parameters
    ----------
    strategy_id : str
        The strategy.
    versions : tuple of two int
        The versions, a and b.
    runs : pandas.DataFrame
        The calls, oldest first: list_id, strategy_id, customer_id, version, at.
    outcomes : pandas.DataFrame
        Table OUTCOMES.
    trial : tuple, optional
        The trial (version, other_version, share, seed, since) and when it ended.
    alpha : float, default=0.05
        1 − alpha is the intervals' confidence.

    Returns
    -------
    ScriptComparison

    Raises
    ------
    ParameterProblem
        If both versions are the same.

    Examples
    --------
    >>> from workbench.tables import OUTCOMES
    >>> columns = ["list_id", "strategy_id", "customer_id", "version", "at"]
    >>> empty = compare_scripts("S1", (1, 2), pd.DataFrame(columns=columns), OUTCOMES.empty())
    >>> empty.verdict, empty.arms["n"].tolist()
    ('open', [0, 0])
    """
    from workbench.execution.coach import assign_scripts
    from workbench.execution.pace import wilson_interval
    from workbench.review import check_sample_ratio, compare_proportions

    a, b = versions
    if a == b:
        raise ParameterProblem("execution_coach.error.one_script", version=a)
    heard = runs[runs["version"].isin(versions)]
    if trial is not None:
        since = heard["at"].ge(trial[0]["since"])
        heard = heard[since if trial[1] is None else since & heard["at"].lt(trial[1])]
    keys = ["list_id", "strategy_id", "customer_id"]
    people = heard.drop_duplicates(keys)[[*keys, "version"]].rename(columns={"version": "first_heard"})
    people["drawn"] = people["first_heard"]
    if trial is not None:
        use = trial[0]
        drawn = assign_scripts(
            people["customer_id"],
            share=use["share"],
            seed=use["seed"],
            scripts=(str(use["version"]), str(use["other_version"])),
        )
        people["drawn"] = drawn.astype("int64").to_numpy()
    yes = outcomes.loc[outcomes["responded"].eq(True).to_numpy(dtype=bool), keys]
    people["responded"] = pd.MultiIndex.from_frame(people[keys]).isin(pd.MultiIndex.from_frame(yes))
    counts = people.groupby("drawn")["responded"].agg(["size", "sum"]).reindex([a, b], fill_value=0)
    n, x = (counts[name].to_numpy(dtype="float64") for name in ("size", "sum"))
    low, high = wilson_interval(x, n, alpha)
    arms = pd.DataFrame({"version": [a, b], "n": n.astype("int64"), "responded": x.astype("int64")})
    arms["rate"] = arms["responded"] / arms["n"].where(arms["n"] > 0)
    arms["rate_low"], arms["rate_high"] = low, high
    result = compare_proportions(x[1], n[1], x[0], n[0], alpha)
    ends = float(result.estimate), float(result.ci_low), float(result.ci_high)
    ratio = None
    if trial is not None and len(people) and 0 < trial[0]["share"] < 1:
        shares = {str(use["version"]): 1 - use["share"], str(use["other_version"]): use["share"]}
        ratio = check_sample_ratio(people.assign(drawn=people["drawn"].astype("str")), "drawn", shares)
    return ScriptComparison(
        strategy_id=strategy_id,
        a=a,
        b=b,
        is_trial=trial is not None,
        arms=arms,
        difference=ends[0],
        ci_low=ends[1],
        ci_high=ends[2],
        p_value=float(result.p_value),
        crossed=int(people["drawn"].ne(people["first_heard"]).sum()),
        ratio=ratio,
        verdict=_verdict(ends, ratio),
    )


def _verdict(ends: tuple[float, float, float], ratio: SampleRatio | None) -> str:
    if ratio is not None and ratio.alarm:
        return "not_comparable"
    return "better" if ends[1] > 0 else "worse" if ends[2] < 0 else "open"

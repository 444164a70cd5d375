"""Where calls with a script are lost: each step against what came of it; and who hears which script."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.execution.coach.script_text import Script
from workbench.execution.pace import wilson_interval
from workbench.tables import OUTCOMES

_RUN_COLUMNS = ("strategy_id", "customer_id", "steps", "end")
_KEYS = ("list_id", "strategy_id", "customer_id")
STEP_COLUMNS = (
    "step",
    "label",
    "kind",
    "reached",
    "share_reached",
    "left",
    "leave_rate",
    "leave_low",
    "leave_high",
    "responded",
    "rate",
    "rate_low",
    "rate_high",
)
_SPACE = 1 << 64


def tabulate_steps(
    runs: pd.DataFrame, outcomes: pd.DataFrame, script: Script | None = None, *, alpha: float = 0.05
) -> pd.DataFrame:
    """Return each step of a script against what came of the customers who heard it.

    Customers are counted, each once a list, whatever number of calls it took: a step is
    reached when any call reached it, and left in the last call. So intervals hold, and a
    customer's one response is not counted for every try.

    Parameters
    ----------
    runs : pandas.DataFrame
        One row a call, oldest first: ``strategy_id``, ``customer_id``, ``steps`` (the steps
        reached, a sequence of text without the end) and ``end`` (the end reached; empty where
        the call broke off); ``list_id`` where lists have one.
    outcomes : pandas.DataFrame
        Table OUTCOMES.
    script : Script, optional
        Gives labels, order and the steps that nobody has reached yet; by default steps stand
        in the order in which calls came to them.
    alpha : float, default=0.05
        One minus the confidence of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row a step, then one an end:

        - ``step``, ``label`` (its title, else its name), ``kind`` (step or end)
        - ``reached``: customers who heard it; ``share_reached`` of all who were called
        - ``left``: of these, who did not respond and whose last call went no further (ends
          are no loss: 0); ``leave_rate`` of those reached with its Wilson interval
          ``leave_low``, ``leave_high``
        - ``responded``: of these, who did what the offer asked for; ``rate`` of those reached
          with its Wilson interval ``rate_low``, ``rate_high``

        Rates of a step that nobody reached are missing.

    Raises
    ------
    ParameterProblem
        If the runs lack a column, or alpha is not between 0 and 1.

    References
    ----------
    E. B. Wilson: Probable inference, the law of succession, and statistical inference.
    Journal of the American Statistical Association 22 (1927), 209-212.

    Examples
    --------
    >>> from workbench.tables import OUTCOMES
    >>> runs = pd.DataFrame({"strategy_id": ["S1"] * 3, "customer_id": ["1", "2", "3"],
    ...     "steps": [["hello"], ["hello", "offer"], ["hello", "offer"]], "end": ["", "no", ""]})
    >>> table = tabulate_steps(runs, OUTCOMES.empty())
    >>> table[["step", "reached", "left"]].values.tolist()
    [['hello', 3, 1], ['offer', 2, 2], ['no', 1, 0]]
    """
    missing = [name for name in _RUN_COLUMNS if name not in runs.columns]
    if missing:
        raise ParameterProblem("execution_coach.error.run_columns", columns=", ".join(missing))
    if not 0 < alpha < 1:
        raise ParameterProblem("execution_coach.error.alpha", alpha=alpha)
    OUTCOMES.check(outcomes)
    keys = [key for key in _KEYS if key in runs.columns]
    said_yes = _responders(runs, outcomes, keys)
    last = ~runs.duplicated(keys, keep="last").to_numpy()
    people: list[int] = runs.groupby(keys, sort=False).ngroup().tolist() if len(runs) else []
    order, ends = _order(runs, script)
    heard: dict[str, set[int]] = {step: set() for step in order}
    left: dict[str, set[int]] = {step: set() for step in order}
    calls = zip(people, runs["steps"], runs["end"], last, said_yes, strict=True)
    for person, steps, end, is_last, responded in calls:
        for step in (*steps, *([end] if end else [])):
            heard[step].add(person)
        if is_last and not responded and len(steps):
            left[steps[-1]].add(person)
    yes = {person for person, responded in zip(people, said_yes, strict=True) if responded}
    reached = np.array([len(heard[step]) for step in order], dtype="int64")
    gone = np.array([len(left[step]) for step in order], dtype="int64")
    agreed = np.array([len(heard[step] & yes) for step in order], dtype="int64")
    counted = np.where(reached > 0, reached, np.nan)
    table = pd.DataFrame({"step": pd.Series(order, dtype="str")})
    table["label"] = pd.Series([_label(script, step) for step in order], dtype="str")
    table["kind"] = pd.Series(["end" if step in ends else "step" for step in order], dtype="str")
    table["reached"] = reached
    table["share_reached"] = reached / (len(set(people)) or np.nan)
    for name, rate, counts in (("left", "leave", gone), ("responded", "rate", agreed)):
        low, high = wilson_interval(counts.astype("float64"), reached.astype("float64"), alpha)
        table[name] = counts
        table[f"{rate}_rate" if rate == "leave" else rate] = counts / counted
        table[f"{rate}_low"], table[f"{rate}_high"] = low, high
    return table[list(STEP_COLUMNS)]


def tabulate_objections(
    runs: pd.DataFrame, outcomes: pd.DataFrame, script: Script | None = None, *, alpha: float = 0.05
) -> pd.DataFrame:
    """Return what customers objected against what came of them all the same.

    Parameters
    ----------
    runs : pandas.DataFrame
        As for `tabulate_steps`, with ``objections``: the texts raised in the call.
    outcomes : pandas.DataFrame
        Table OUTCOMES.
    script : Script, optional
        Gives the objections that nobody has raised yet.
    alpha : float, default=0.05
        One minus the confidence of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row an objection, the most frequent first: ``objection``, ``raised`` (customers who
        raised it in any call), ``share_raised`` of all who were called, ``responded`` (of
        these), ``rate`` of those who raised it with its Wilson interval ``rate_low``,
        ``rate_high``; missing where nobody did.

    Raises
    ------
    ParameterProblem
        If the runs lack a column, or alpha is not between 0 and 1.

    Examples
    --------
    >>> runs = pd.DataFrame({"strategy_id": ["S1"] * 2, "customer_id": ["1", "2"], "end": ["", ""],
    ...     "steps": [["hello"], ["hello"]], "objections": [["Too little"], []]})
    >>> tabulate_objections(runs, OUTCOMES.empty())[["objection", "raised", "share_raised"]].values.tolist()
    [['Too little', 1, 0.5]]
    """
    if "objections" not in runs.columns:
        raise ParameterProblem("execution_coach.error.run_columns", columns="objections")
    # What is counted of a step that is heard is counted of an objection that is raised.
    table = tabulate_steps(runs.assign(steps=runs["objections"], end=""), outcomes, alpha=alpha)
    written = [] if script is None else [*script.objections, *(o for s in script.steps for o in s.objections)]
    told = set(table["step"])
    unheard = pd.DataFrame({"step": list(dict.fromkeys(o.text for o in written if o.text not in told))})
    table = pd.concat([table, unheard], ignore_index=True) if len(unheard) else table
    table = table.rename(columns={"step": "objection", "reached": "raised", "share_reached": "share_raised"})
    for count in ("raised", "responded"):
        table[count] = table[count].fillna(0).astype("int64")
    if len(runs):
        table["share_raised"] = table["share_raised"].fillna(0.0)
    table = table.sort_values("raised", ascending=False, kind="stable", ignore_index=True)
    return table[["objection", "raised", "share_raised", "responded", "rate", "rate_low", "rate_high"]]


def _responders(runs: pd.DataFrame, outcomes: pd.DataFrame, keys: list[str]) -> np.ndarray:
    """Say for each call whether its customer responded."""
    yes = outcomes.loc[outcomes["responded"].astype("boolean").fillna(False).to_numpy(dtype=bool), keys]
    return pd.MultiIndex.from_frame(runs[keys]).isin(pd.MultiIndex.from_frame(yes))


def _order(runs: pd.DataFrame, script: Script | None) -> tuple[list[str], set[str]]:
    """Return steps, then ends: as the script has them, then as calls came to them."""
    written = [] if script is None else list(script.steps)
    ends = {step.step_id for step in written if step.is_end} | {end for end in runs["end"] if end}
    met = [step.step_id for step in written]
    met += [step for steps in runs["steps"] for step in steps]
    met += [end for end in runs["end"] if end]
    met = list(dict.fromkeys(met))
    return [step for step in met if step not in ends] + [step for step in met if step in ends], ends


def _label(script: Script | None, step_id: str) -> str:
    step = None if script is None else script.find(step_id)
    return step.label or step_id if step is not None else step_id


def assign_scripts(
    customer_ids: Iterable[str], *, share: float = 0.5, seed: int = 0, scripts: Sequence[str] = ("a", "b")
) -> pd.Series:
    """Return which of two scripts each customer hears: always the same for one customer and seed.

    Parameters
    ----------
    customer_ids : iterable of str
        The customers.
    share : float, default=0.5
        Share that hears the second script, 0 to 1.
    seed : int, default=0
        Another seed draws anew. Use one a trial: the same seed in two trials gives the same
        customers the second script in both.
    scripts : sequence of two str, default=("a", "b")
        What the scripts are called.

    Returns
    -------
    pandas.Series
        The script by customer_id (the index).

    Raises
    ------
    ParameterProblem
        If the share is not from 0 to 1, or there are not two scripts.

    Notes
    -----
    A customer hears the second script where the first 64 bits of SHA-256 over seed and
    customer_id, read as a number from 0 to 1, lie under the share. Nobody's script depends on
    who else is on the list or in which order, so a list can be cut again in a trial.

    Examples
    --------
    >>> assign_scripts(["0001", "0002", "0003"], seed=7).to_dict()
    {'0001': 'a', '0002': 'b', '0003': 'a'}
    """
    if not 0 <= share <= 1 or len(scripts) != 2:
        raise ParameterProblem("execution_coach.error.share", share=share)
    ids = [str(customer_id) for customer_id in customer_ids]
    places = (hashlib.sha256(f"{seed}\x1f{each}".encode("utf-8", "replace")).digest() for each in ids)
    second = [int.from_bytes(place[:8], "big") < share * _SPACE for place in places]
    index = pd.Index(ids, name="customer_id", dtype="str")
    return pd.Series([scripts[is_second] for is_second in second], index=index, name="script", dtype="str")

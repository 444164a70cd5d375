"""What in the lists and outcomes keeps a figure from being read as it stands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench import locale
from workbench.review.follow_up import (
    as_days,
    find_early,
    first_days,
    follow_up,
    foreign_currencies,
)
from workbench.review.winsorise import dominance
from workbench.tables import CONTACTS, OUTCOMES, STRATEGIES

CAVEATS = (
    "no_control",
    "no_treatment",
    "nobody_responded",
    "both_arms",
    "early_outcomes",
    "currency_mix",
    "dominance",
    "contaminated",
    "other_strategy",
    "before_contact",
)
"""Every caveat, the gravest first: a figure that can't be had, one that is not what it seems, a doubt."""
GRAVE = CAVEATS[:3]
"""Caveats with which there is no comparison to read."""
DOMINANT = 0.25
"""Share of a strategy's money from which on one customer alone is said to carry it."""
_STEPS = (0.9, 0.75, 0.5, DOMINANT)
MESSAGE_PREFIXES = ("review_evaluation.caveat.",)


def find_caveats(
    targets: pd.DataFrame,
    outcomes: pd.DataFrame,
    strategies: pd.DataFrame,
    *,
    contacts: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Find what in a cycle's lists, contacts and outcomes keeps its figures from being plain.

    Parameters
    ----------
    targets, outcomes, strategies : pandas.DataFrame
        Tables `TARGETS` (customers listed twice in one strategy may be in both arms),
        `OUTCOMES` (a column ``currency`` is read where there is one), `STRATEGIES`.
    contacts : pandas.DataFrame, optional
        Table `CONTACTS`; without it nothing is said of contacts.

    Returns
    -------
    pandas.DataFrame
        strategy_id, key (one of `CAVEATS`), values (JSON object); the strategies in their
        order, each one's gravest first; `state_caveat` says them in words. What is done
        about each, see `follow_up` and `evaluate_strategies`:

        - no_control, no_treatment: an arm is empty (n listed): no uplift.
        - nobody_responded: in neither arm (n): the uplift is 0 and has no interval.
        - both_arms: customers drawn into both (n): left out of both.
        - early_outcomes: outcomes from before the first day (n, day): left out of both arms.
        - currency_mix: amounts in several currencies, or in another than CNY (currencies):
          no figure in money.
        - dominance: one customer brought at least a quarter of the money (share, n who
          brought money): nothing is changed; winsorise where asked to.
        - contaminated: control customers who were contacted (n of n_control): they stay
          control, so the uplift is too small.
        - other_strategy: control customers whom another strategy treats at the same time
          (n of n_control, others): they stay; the uplift is over what the other does.
        - before_contact: treated customers whose outcome is from before their first contact
          (n): they stay, because the control's early answers stay too.

    Raises
    ------
    TableProblem
        If a table does not fit.
    ParameterProblem
        If a list is for a strategy that is not given.

    Examples
    --------
    >>> from workbench.tables import OUTCOMES, STRATEGIES, TARGETS
    >>> find_caveats(TARGETS.empty(), OUTCOMES.empty(), STRATEGIES.empty()).columns.tolist()
    ['strategy_id', 'key', 'values']
    """
    OUTCOMES.check(outcomes)
    STRATEGIES.check(strategies)
    if contacts is not None:
        CONTACTS.check(contacts)
    rows = follow_up(targets, outcomes, strategies, contacts=contacts)
    found = [
        *_empty_arms(rows),
        *_both_arms(targets),
        *_early(outcomes, strategies, contacts),
        *((i, "currency_mix", {"currencies": kinds}) for i, kinds in foreign_currencies(outcomes).items()),
        *_dominant(rows),
        *_contaminated(rows, contacts is not None),
        *_elsewhere(rows, strategies),
        *(_before_contact(rows, outcomes, contacts) if contacts is not None else ()),
    ]
    place = {str(name): i for i, name in enumerate(strategies["strategy_id"])}
    listed = set(rows["strategy_id"]) | {i for i, key, _ in found if key == "both_arms"}
    kept = [each for each in found if each[0] in place and each[0] in listed]
    kept.sort(key=lambda each: (place[each[0]], CAVEATS.index(each[1])))
    told = [(i, key, json.dumps(values, ensure_ascii=False)) for i, key, values in kept]
    return pd.DataFrame(told, columns=["strategy_id", "key", "values"]).astype("str")


def state_caveat(caveat: Mapping[str, Any], lang: str = "en", *, minimum: int = 0) -> str:
    """Return a caveat as a sentence that says what is the matter, and what was done about it.

    Parameters
    ----------
    caveat : mapping
        A row of `find_caveats`: ``key`` and ``values``.
    lang : str, default="en"
        ``"en"`` or ``"zh_CN"``.
    minimum : int, default=0
        Counts of customers from 1 to minimum − 1 are not told exactly, nor the share that
        one customer brought, nor their list in words.

    Returns
    -------
    str

    Examples
    --------
    >>> said = state_caveat({"key": "contaminated", "values": '{"n": 3, "n_control": 240}'}, minimum=11)
    >>> said.split(".")[0]
    'Control customers were contacted (fewer than 11 of 240)'
    """
    known: dict[str, Any] = json.loads(caveat["values"])
    key = str(caveat["key"])
    shown: dict[str, Any] = {}
    for name, value in known.items():
        if name in ("n", "n_control", "n_paying"):
            few = 0 < value < minimum
            shown[name] = (
                locale.text("review_evaluation.caveat.few", lang, n=minimum) if few else f"{value:,}"
            )
        elif name == "share":
            # One customer's amount could be worked out of the total and an exact share.
            shown[name] = locale.percent(
                next((step for step in _STEPS if value >= step), DOMINANT) if minimum else value, places=0
            )
        elif name == "day":
            shown[name] = locale.date(value, lang)
        else:
            shown[name] = ("、" if lang == "zh_CN" else ", ").join(value)
    if key == "dominance" and minimum:
        return locale.text("review_evaluation.caveat.dominance_over", lang, share=shown["share"])
    return locale.text(f"review_evaluation.caveat.{key}", lang, **shown)


Found = Iterator[tuple[str, str, dict[str, Any]]]


def _empty_arms(rows: pd.DataFrame) -> Found:
    for name, part in rows.groupby("strategy_id", sort=False):
        treated = part["arm"].eq("treatment")
        n = len(part)
        if treated.all():
            yield str(name), "no_control", {"n": n}
        elif not treated.any():
            yield str(name), "no_treatment", {"n": n}
        elif part["responded"].sum() == 0 and part.loc[treated, "contacted"].any():
            yield str(name), "nobody_responded", {"n": n}


def _both_arms(targets: pd.DataFrame) -> Found:
    keys = ["strategy_id", "customer_id"]
    repeated = targets[targets.duplicated(keys, keep=False)]
    arms = repeated.astype(dict.fromkeys(keys, "str")).groupby(keys)["arm"].nunique()
    for name, n in (arms > 1).groupby(level="strategy_id", sort=False).sum().items():
        if n:
            yield str(name), "both_arms", {"n": int(n)}


def _early(outcomes: pd.DataFrame, strategies: pd.DataFrame, contacts: pd.DataFrame | None) -> Found:
    days = first_days(strategies, contacts)
    early = outcomes[find_early(outcomes, days) & outcomes["responded"].astype("boolean").fillna(False)]
    for name, n in early["strategy_id"].astype("str").value_counts(sort=False).items():
        yield str(name), "early_outcomes", {"n": int(n), "day": days[str(name)].date().isoformat()}


def _dominant(rows: pd.DataFrame) -> Found:
    for name, amounts in rows["amount"].groupby(rows["strategy_id"], sort=False):
        paid = amounts[amounts > 0]
        share = float(dominance(amounts.to_numpy(np.float64)))
        if len(paid) and share >= DOMINANT:
            yield str(name), "dominance", {"share": share, "n_paying": len(paid)}


def _contaminated(rows: pd.DataFrame, known: bool) -> Found:
    if not known:
        return
    held = rows[rows["arm"].eq("control")]
    for name, contacted in held["contacted"].groupby(held["strategy_id"], sort=False):
        if contacted.any():
            yield str(name), "contaminated", {"n": int(contacted.sum()), "n_control": len(contacted)}


def _elsewhere(rows: pd.DataFrame, strategies: pd.DataFrame) -> Found:
    """Find control customers whom another strategy treats while theirs runs."""
    begin, end = (
        pd.to_datetime(strategies.set_index("strategy_id")[name]) for name in ("starts_on", "ends_on")
    )
    held = rows.loc[rows["arm"].eq("control"), ["customer_id", "strategy_id"]]
    treated = rows.loc[rows["arm"].eq("treatment") & rows["contacted"], ["customer_id", "strategy_id"]]
    both = held.merge(treated, on="customer_id", suffixes=("", "_other"))
    both = both[both["strategy_id"] != both["strategy_id_other"]]
    if both.empty:
        return
    mine, other = both["strategy_id"], both["strategy_id_other"]
    # A strategy without dates may run at any time.
    apart = (mine.map(end) < other.map(begin)) | (other.map(end) < mine.map(begin))
    both = both[~apart.to_numpy()]
    sizes = held["strategy_id"].value_counts()
    for name, part in both.groupby("strategy_id", sort=False):
        values = {
            "n": int(part["customer_id"].nunique()),
            "n_control": int(sizes[name]),
            "others": sorted(set(part["strategy_id_other"])),
        }
        yield str(name), "other_strategy", values


def _before_contact(rows: pd.DataFrame, outcomes: pd.DataFrame, contacts: pd.DataFrame) -> Found:
    keys = ["strategy_id", "customer_id"]
    first = (
        contacts[keys].astype("str").assign(day=as_days(contacts["contacted_at"])).groupby(keys)["day"].min()
    )
    answers = outcomes.loc[outcomes["responded"].astype("boolean").fillna(False), keys].astype("str")
    answers["day"] = as_days(outcomes["recorded_at"])
    joined = answers.merge(first.rename("contact").reset_index(), on=keys)
    joined = joined[joined["day"] < joined["contact"]].drop_duplicates(keys)
    treated = rows.loc[rows["arm"].eq("treatment") & rows["responded"].gt(0), keys]
    joined = joined.merge(treated, on=keys)
    for name, n in joined["strategy_id"].value_counts(sort=False).items():
        yield str(name), "before_contact", {"n": int(n)}

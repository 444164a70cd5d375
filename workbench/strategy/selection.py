"""Cut the target lists: who is contacted for which strategy, and who is held back."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from workbench import locale
from workbench.errors import NotFound, ParameterProblem, TableProblem
from workbench.strategy.reach import asks_consent, in_stages, join_segments, may_contact, stages_of
from workbench.tables import SCORES, STRATEGIES, TARGETS

MESSAGE_PREFIXES = ("strategy_room.gate.", "strategy_room.why.")
GATES = ("segment", "consent", "recent_contact", "one_list", "capacity")
Capacity = Mapping[str, int] | int | None


@dataclass(frozen=True, eq=False)
class Selection:
    """Target lists as they were cut, and how they came about.

    Parameters
    ----------
    targets : pandas.DataFrame
        Table TARGETS, by strategy and rank.
    funnel : pandas.DataFrame
        ``gate``, ``n_in``, ``n_out`` (customers for whom at least one strategy is left;
        a gate's ``n_out`` is the next one's ``n_in``), ``applied`` (False where the bank
        has no data for the gate, or no limit was given).
    sha256 : str
        Hash of the targets' content, see `hash_targets`.
    random_state : int
        Seed of the control group.
    dropped : pandas.DataFrame
        ``customer_id``, ``strategy_id`` (empty when no strategy is for them), ``gate``.
    parameters : dict
        Capacity, control share, contact days and the day they count back from.
    """

    targets: pd.DataFrame
    funnel: pd.DataFrame
    sha256: str
    random_state: int
    dropped: pd.DataFrame = field(repr=False)
    parameters: dict[str, Any] = field(default_factory=dict)


def select_targets(
    scores: pd.DataFrame,
    strategies: pd.DataFrame,
    customers: pd.DataFrame,
    membership: pd.DataFrame,
    *,
    capacity: Capacity = None,
    control_share: float | None = None,
    random_state: int = 0,
    contacts: pd.DataFrame | None = None,
    contact_days: int = 30,
    as_of: dt.date | str | None = None,
) -> Selection:
    """Return frozen target lists with a control group drawn by seed.

    Five gates, in this order: the customer is in the strategy's segment and stages; may
    be contacted (`may_contact`); was not contacted in the last days; is on one list only,
    the one with the best score; is among the best scores that the channel's capacity
    holds. Of each list a share is then drawn at random as control.

    Parameters
    ----------
    scores : pandas.DataFrame
        Table SCORES.
    strategies : pandas.DataFrame
        Table STRATEGIES.
    customers : pandas.DataFrame
        Table PORTRAIT, one row a customer.
    membership : pandas.DataFrame
        Table MEMBERSHIP.
    capacity : mapping of str to int, int or None, default=None
        Customers that the lists may hold, control included: by channel, or in all. A
        channel that is not named has no limit.
    control_share : float, optional
        Share held back, 0 to 1; default is each strategy's own ``control_share``.
    random_state : int, default=0
        Seed of the control group.
    contacts : pandas.DataFrame, optional
        CONTACTS or CAMPAIGN_HISTORY: ``customer_id``, ``contacted_at``. Rows without a
        moment are no contacts.
    contact_days : int, default=30
        Nobody is listed who was contacted in this many days before `as_of`, or later.
    as_of : datetime.date or str, optional
        The day that the days count back from; default is each strategy's first day.

    Returns
    -------
    Selection

    Raises
    ------
    ParameterProblem
        If a share, a capacity or the days are outside their range.

    Notes
    -----
    Strata are strategy by segment. The control of all strata together is the rounded sum
    of n·share; each stratum gets the whole part of its n·share, and what is left goes to
    the largest remainders, so every stratum is within one customer of its share. Who is
    drawn in a stratum depends only on the seed, the stratum's name and its customers:
    the order of the rows does not matter.

    Examples
    --------
    >>> customers = pd.DataFrame({"customer_id": [f"{i:02d}" for i in range(20)]})
    >>> membership = customers.assign(cluster=0, segment="All")
    >>> from workbench.strategy import score_customers, suggest_strategies
    >>> cards = suggest_strategies(customers, membership, starts_on="2026-10-12")
    >>> scores = score_customers(customers, membership, cards)
    >>> selection = select_targets(scores, cards, customers, membership, capacity=10)
    >>> selection.targets["arm"].value_counts().to_dict()
    {'treatment': 9, 'control': 1}
    >>> selection.funnel[["gate", "n_out"]].values.tolist()[-2:]
    [['one_list', 20], ['capacity', 10]]
    """
    _check(capacity, control_share, contact_days)
    SCORES.check(scores)
    STRATEGIES.check(strategies)
    pairs = _pair(scores, strategies, customers, membership)
    everyone = customers["customer_id"].drop_duplicates().sort_values(ignore_index=True)
    gates = {
        "segment": lambda left: left["_in_reach"],
        "consent": lambda left: left["_allowed"],
        "recent_contact": lambda left: ~_recently(left, contacts, contact_days, as_of),
        "one_list": lambda left: ~left["customer_id"].duplicated(),
        "capacity": lambda left: _within_capacity(left, capacity),
    }
    applied = {
        "segment": True,
        "consent": asks_consent(customers),
        "recent_contact": contacts is not None and contact_days > 0,
        "one_list": True,
        "capacity": capacity is not None,
    }
    never = everyone[~everyone.isin(pairs["customer_id"])]
    dropped = [pd.DataFrame({"customer_id": never, "strategy_id": "", "gate": "segment"})]
    steps = []
    n_in = len(everyone)
    for gate in GATES:
        passes = gates[gate](pairs).to_numpy(dtype=bool)
        lost = pairs.loc[~passes, ["customer_id", "strategy_id"]]
        dropped.append(lost.assign(gate=gate))
        pairs = pairs.loc[passes]
        n_out = int(pairs["customer_id"].nunique())
        steps.append((gate, n_in, n_out, applied[gate]))
        n_in = n_out
    targets = _list_targets(pairs, control_share, random_state)
    return Selection(
        targets=targets,
        funnel=pd.DataFrame(steps, columns=["gate", "n_in", "n_out", "applied"]),
        sha256=hash_targets(targets),
        random_state=random_state,
        dropped=_tidy(pd.concat(dropped, ignore_index=True)),
        parameters={
            "capacity": dict(capacity) if isinstance(capacity, Mapping) else capacity,
            "control_share": control_share,
            "contact_days": contact_days,
            "as_of": None if as_of is None else str(pd.Timestamp(as_of).date()),
        },
    )


def why(selection: Selection, customer_id: str, lang: str = "en") -> pd.DataFrame:
    """Return for one customer which list they are on, or which gate kept them out.

    Parameters
    ----------
    selection : Selection
        From `select_targets`.
    customer_id : str
        The customer.
    lang : str, default="en"
        Language of the sentence.

    Returns
    -------
    pandas.DataFrame
        One row a strategy: ``strategy_id``, ``arm`` (empty when not listed), ``gate`` (empty
        when listed), ``reason``: a sentence.

    Raises
    ------
    NotFound
        If the customer took no part in the selection.
    """
    listed = selection.targets.loc[selection.targets["customer_id"].eq(customer_id).to_numpy()]
    out = selection.dropped.loc[selection.dropped["customer_id"].eq(customer_id).to_numpy()]
    if listed.empty and out.empty:
        raise NotFound("strategy_room.error.unknown_customer", n=selection.funnel["n_in"].iloc[0])
    rows = [
        (row["strategy_id"], row["arm"], "", _say(f"strategy_room.why.{row['arm']}", lang, row))
        for row in listed.to_dict("records")
    ]
    rows += [
        (row["strategy_id"], "", row["gate"], _say(f"strategy_room.why.{row['gate']}", lang, row))
        for row in out.to_dict("records")
    ]
    return pd.DataFrame(rows, columns=["strategy_id", "arm", "gate", "reason"])


def _say(key: str, lang: str, row: dict[Any, Any]) -> str:
    return locale.text(key, lang, strategy=row["strategy_id"] or locale.decimal(None), rank=row.get("rank"))


def gate_label(gate: str, lang: str = "en") -> str:
    """Return the name of a gate, for a funnel's axis.

    Examples
    --------
    >>> gate_label("capacity", "zh_CN")
    '产能之内'
    """
    return locale.text(f"strategy_room.gate.{gate}", lang)


def hash_targets(targets: pd.DataFrame) -> str:
    """Return the SHA-256 of a target list's content.

    The text that is hashed is CSV: the columns of TARGETS, rows by strategy_id and
    customer_id, scores to ten places, lines ended by a line feed, UTF-8. Other columns and
    the order of rows do not count.

    Examples
    --------
    >>> from workbench.tables import TARGETS
    >>> hash_targets(TARGETS.empty())[:8]
    '35532d56'
    """
    names = list(TARGETS.names)
    ordered = targets[names].sort_values(["strategy_id", "customer_id"], kind="stable")
    ordered = ordered.assign(score=[f"{score:.10f}" for score in ordered["score"]])
    text = ordered.to_csv(index=False, lineterminator="\n")
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _check(capacity: Capacity, control_share: float | None, contact_days: int) -> None:
    limits = capacity.values() if isinstance(capacity, Mapping) else [] if capacity is None else [capacity]
    for limit in limits:
        if limit < 0:
            raise ParameterProblem("strategy_room.error.capacity", capacity=limit)
    if control_share is not None and not 0 <= control_share < 1:
        raise ParameterProblem("strategy_room.error.control_share", share=control_share)
    if contact_days < 0:
        raise ParameterProblem("strategy_room.error.contact_days", days=contact_days)


def _pair(
    scores: pd.DataFrame, strategies: pd.DataFrame, customers: pd.DataFrame, membership: pd.DataFrame
) -> pd.DataFrame:
    """Return customer and strategy pairs, the best score first, with what the gates ask."""
    joined = join_segments(customers, membership)
    people = pd.DataFrame(
        {
            "customer_id": joined["customer_id"].to_numpy(),
            "segment": joined["segment"].to_numpy(),
            "_stage": stages_of(joined).to_numpy(),
            "_allowed": may_contact(joined).to_numpy(),
        }
    )
    cards = strategies[
        ["strategy_id", "segment", "lifecycle_stages", "channel", "starts_on", "control_share"]
    ]
    unknown = set(scores["strategy_id"]) - set(cards["strategy_id"])
    if unknown:
        raise ParameterProblem(
            "strategy_room.error.unknown_strategy",
            strategy=sorted(unknown)[0],
            known=", ".join(cards["strategy_id"]),
        )
    pairs = scores[["customer_id", "strategy_id", "score"]].merge(people, on="customer_id")
    pairs = pairs.merge(cards.rename(columns={"segment": "_for"}), on="strategy_id")
    reach = pairs["segment"].eq(pairs["_for"]).to_numpy(copy=True)
    for stages, rows in pairs.groupby("lifecycle_stages", dropna=False).indices.items():
        reach[rows] &= in_stages(pairs["_stage"].iloc[rows], stages).to_numpy()
    pairs["_in_reach"] = reach
    return pairs.sort_values(
        ["score", "customer_id", "strategy_id"], ascending=[False, True, True], kind="stable"
    ).reset_index(drop=True)


def _recently(
    pairs: pd.DataFrame, contacts: pd.DataFrame | None, days: int, as_of: dt.date | str | None
) -> pd.Series:
    never = pd.Series(False, index=pairs.index)
    if contacts is None or days == 0:
        return never
    for name in ("customer_id", "contacted_at"):
        if name not in contacts.columns:
            present = ", ".join(map(str, contacts.columns)) or "-"
            raise TableProblem(
                "errors.table.missing_columns", table="contacts", columns=name, present=present
            )
    moments = pd.to_datetime(contacts["contacted_at"])
    last = moments.groupby(contacts["customer_id"]).max()
    seen = pd.Series(last.reindex(pairs["customer_id"]).to_numpy(), index=pairs.index)
    day = pairs["starts_on"] if as_of is None else pd.Series(pd.Timestamp(as_of), index=pairs.index)
    if day.isna().any():
        raise ParameterProblem(
            "strategy_room.error.no_start", strategy=pairs.loc[day.isna(), "strategy_id"].iloc[0]
        )
    return (seen >= day.dt.normalize() - pd.Timedelta(days=days)).astype(bool)


def _within_capacity(pairs: pd.DataFrame, capacity: Capacity) -> pd.Series:
    if capacity is None:
        return pd.Series(True, index=pairs.index)
    if isinstance(capacity, Mapping):
        limit = pairs["channel"].map(dict(capacity)).astype("float64").fillna(float("inf"))
        return pairs.groupby("channel").cumcount() < limit
    return pd.Series(np.arange(len(pairs)) < capacity, index=pairs.index)


def _list_targets(pairs: pd.DataFrame, control_share: float | None, random_state: int) -> pd.DataFrame:
    targets = pairs.sort_values(["strategy_id", "score", "customer_id"], ascending=[True, False, True])
    targets = targets.reset_index(drop=True)
    targets["rank"] = targets.groupby("strategy_id").cumcount() + 1
    share = targets["control_share"] if control_share is None else control_share
    targets["arm"] = _draw_control(targets.assign(_share=share), random_state)
    return TARGETS.check(targets[list(TARGETS.names)].astype({"rank": "int64"}))


def _draw_control(targets: pd.DataFrame, random_state: int) -> pd.Series:
    arm = pd.Series("treatment", index=targets.index, dtype="str")
    strata = {
        key: group.sort_values("customer_id")
        for key, group in targets.groupby(["strategy_id", "segment"], sort=True)
    }
    wanted = {key: float(group["_share"].sum()) for key, group in strata.items()}
    for key, n in largest_remainder(wanted).items():
        name = hashlib.sha256("\x1f".join(key).encode("utf-8")).digest()[:8]
        draw = np.random.default_rng([random_state, int.from_bytes(name, "big")])
        members = strata[key].index.to_numpy()
        arm.loc[draw.permutation(members)[:n]] = "control"
    return arm


def largest_remainder(wanted: Mapping[Any, float]) -> dict[Any, int]:
    """Return whole numbers that sum to the rounded total, each within 1 of what is wanted.

    Examples
    --------
    >>> largest_remainder({"a": 1.6, "b": 2.3, "c": 0.1})
    {'a': 2, 'b': 2, 'c': 0}
    """
    # 30 × 0.1 is a little above 3 in binary; that must not count as a remainder.
    exact = {key: round(value, 9) for key, value in wanted.items()}
    counts = {key: int(value) for key, value in exact.items()}
    left = int(round(sum(exact.values()), 6) + 0.5) - sum(counts.values())
    by_remainder = sorted(exact, key=lambda key: (counts[key] - exact[key], key))
    for key in by_remainder[:left]:
        counts[key] += 1
    return counts


def _tidy(dropped: pd.DataFrame) -> pd.DataFrame:
    return dropped.astype("str").sort_values(["customer_id", "strategy_id"], ignore_index=True)

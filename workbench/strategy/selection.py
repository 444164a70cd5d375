"""Cut the target lists: who is contacted for which strategy, and who is held back."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem, TableProblem
from workbench.strategy.contact_policy import STANDARD, ContactPolicy, Limit
from workbench.strategy.control import draw_control
from workbench.strategy.gates import GATES, PASSED, Codes, Gatekeeper, Pairs, Rules, refuse_out_of_date
from workbench.strategy.reach import among, asks_consent, join_segments
from workbench.strategy.suitability import SuitabilityRule
from workbench.tables import SCORES, STRATEGIES, TARGETS

if TYPE_CHECKING:
    from workbench.strategy.allocation import Limits

Capacity = Mapping[str, int] | int | None
_OWN = GATES[: GATES.index("one_list")]
"""Gates that look at one customer and one strategy only."""


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
        has no data for the gate, or nothing was asked).
    sha256 : str
        Hash of the targets' content, see `hash_targets`.
    random_state : int
        Seed of the control group.
    dropped : pandas.DataFrame
        ``customer_id``, ``strategy_id`` (empty when no strategy is for them), ``gate``,
        ``detail``: the condition or limit that failed, for `why` to put into words.
    parameters : dict
        Capacity, control share, contact days or policy, and the day they count back from.
    used : pandas.DataFrame
        What the gates asked: ``gate``, ``strategy_id``, ``detail``, ``applied`` (False where
        the bank lacks the data), ``n`` (customers turned away by it).
    """

    targets: pd.DataFrame
    funnel: pd.DataFrame
    sha256: str
    random_state: int
    dropped: pd.DataFrame = field(repr=False)
    parameters: dict[str, Any] = field(default_factory=dict)
    used: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)


def select_targets(
    scores: pd.DataFrame,
    strategies: pd.DataFrame,
    customers: pd.DataFrame,
    membership: pd.DataFrame,
    *,
    capacity: Capacity = None,
    limits: Limits | None = None,
    control_share: float | None = None,
    random_state: int = 0,
    contacts: pd.DataFrame | None = None,
    planned: pd.DataFrame | None = None,
    contact_days: int = 30,
    policies: Mapping[str, ContactPolicy] | None = None,
    suitability: Sequence[SuitabilityRule] = (),
    events: pd.DataFrame | None = None,
    as_of: dt.date | str | None = None,
    cut_on: dt.date | str | None = None,
) -> Selection:
    """Return frozen target lists with a control group drawn by seed.

    Eight gates, in this order: the customer is in the strategy's segment, stages and
    tiers; may be contacted (`may_contact`); meets the card's eligibility; the card's
    trigger applies now; the offer suits them; the contact policy leaves room; they are on
    one list only, the one with the best score; and among the best scores that the
    channel's capacity holds. Of each list a share is then drawn at random as control.

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
    limits : Limits, optional
        Agent minutes, budget, quotas …: `allocate` then decides who is on which list, in
        place of the best score, and `capacity` is not used.
    control_share : float, optional
        Share held back, 0 to 1; default is each strategy's own ``control_share``.
    random_state : int, default=0
        Seed of the control group.
    contacts : pandas.DataFrame, optional
        CONTACTS or CAMPAIGN_HISTORY: ``customer_id``, ``contacted_at``, ``channel``. Rows
        without a moment are no contacts.
    planned : pandas.DataFrame, optional
        The same with ``strategy_id``: contacts that other lists have planned. A
        strategy's own do not count against it.
    contact_days : int, default=30
        Without `policies`, for every card: nobody is listed who has a contact within so many days.
    policies : mapping of str to ContactPolicy, optional
        From `read_policies`. Cards name one in ``contact_policy``; those that name none
        follow ``standard``.
    suitability : sequence of SuitabilityRule, default=()
        From `read_suitability`.
    events : pandas.DataFrame, optional
        Table EVENTS, for the cards' triggers.
    as_of : datetime.date or str, optional
        The day of the contacts; default is each strategy's first day.
    cut_on : datetime.date or str, optional
        The day the lists are cut on: an offer that ended before it is refused.

    Returns
    -------
    Selection

    Raises
    ------
    ParameterProblem
        If a share, a capacity or the days are outside their range, an offer is out of
        date, or a card asks for a column or a policy that does not exist.

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
    _check_contacts(contacts)
    SCORES.check(scores)
    STRATEGIES.check(strategies)
    if cut_on is not None:
        refuse_out_of_date(strategies, cut_on)
    people = join_segments(customers, membership).sort_values("customer_id", ignore_index=True)
    cards = strategies.sort_values("strategy_id", ignore_index=True)
    pairs = _pair(scores, cards, people)
    default, known = _policies(policies, contact_days)
    rules = Rules(contacts, planned, known, default, suitability, events, as_of)
    keeper = Gatekeeper(people, cards, pairs, rules)
    everyone = customers["customer_id"]
    n_in, steps = len(everyone), []
    never = everyone[~among(everyone, people["customer_id"].take(np.unique(pairs.person)))]
    for gate in _OWN:
        applied = keeper.check(gate) or gate == "segment" or (gate == "consent" and asks_consent(people))
        n_out = pairs.count(len(people))
        steps.append((gate, n_in, n_out, applied))
        n_in = n_out
    for gate, n_out, applied in _compete(
        pairs, people, cards, capacity, (limits, control_share), scores, keeper
    ):
        steps.append((gate, n_in, n_out, applied))
        n_in = n_out
    targets = _list_targets(pairs, people, cards, control_share, random_state)
    return Selection(
        targets=targets,
        funnel=pd.DataFrame(steps, columns=["gate", "n_in", "n_out", "applied"]),
        sha256=hash_targets(targets),
        random_state=random_state,
        dropped=_dropped(pairs, people, cards, never),
        parameters={
            "capacity": dict(capacity) if isinstance(capacity, Mapping) else capacity,
            "control_share": control_share,
            "contact_days": contact_days,
            "as_of": None if as_of is None else str(pd.Timestamp(as_of).date()),
            **({} if policies is None else {"contact_policy": _written(known)}),
            **({} if limits is None else {"limits": str(limits)}),
        },
        used=pd.DataFrame(keeper.used, columns=["gate", "strategy_id", "detail", "applied", "n"]),
    )


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


def _check_contacts(contacts: pd.DataFrame | None) -> None:
    for name in ("customer_id", "contacted_at"):
        if contacts is not None and name not in contacts.columns:
            present = ", ".join(map(str, contacts.columns)) or "-"
            raise TableProblem(
                "errors.table.missing_columns", table="contacts", columns=name, present=present
            )


def _policies(
    policies: Mapping[str, ContactPolicy] | None, contact_days: int
) -> tuple[ContactPolicy | None, Mapping[str, ContactPolicy]]:
    if policies is not None:
        return policies.get(STANDARD), policies
    if contact_days == 0:
        return None, {}
    days = ContactPolicy("contact_days", (Limit("", 1, contact_days),))
    return days, {}


def _written(policies: Mapping[str, ContactPolicy]) -> dict[str, list[list[Any]]]:
    return {
        name: [[limit.channel, limit.most, limit.days] for limit in policy.limits]
        for name, policy in policies.items()
    }


def _pair(scores: pd.DataFrame, cards: pd.DataFrame, people: pd.DataFrame) -> Pairs:
    """Return what was scored of the people, by strategy."""
    card_codes, ids = pd.factorize(scores["strategy_id"])
    rows = pd.Index(cards["strategy_id"]).get_indexer(ids)
    if (rows < 0).any():
        raise ParameterProblem(
            "strategy_room.error.unknown_strategy",
            strategy=sorted(np.asarray(ids)[rows < 0])[0],
            known=", ".join(cards["strategy_id"]),
        )
    person_codes, names = pd.factorize(scores["customer_id"])
    where = pd.Index(people["customer_id"]).get_indexer(names)
    person = where[person_codes] if len(names) else person_codes
    card = rows[card_codes] if len(ids) else card_codes
    kept = np.flatnonzero(person >= 0)
    order = kept[np.argsort(card[kept], kind="stable")]
    score = scores["score"].to_numpy(dtype="float64")
    return Pairs(person[order].astype(np.int64), card[order].astype(np.int64), score[order], order)


def _compete(
    pairs: Pairs,
    people: pd.DataFrame,
    cards: pd.DataFrame,
    capacity: Capacity,
    within: tuple[Limits | None, float | None],
    scores: pd.DataFrame,
    keeper: Gatekeeper,
) -> list[tuple[str, int, bool]]:
    """Let the pairs that are left compete for customers and places; return the two gates' steps."""
    alive = pairs.alive()
    n = len(people)
    limits, control_share = within
    if limits is not None:
        # Only an analyst allocates: a viewer's kernel never loads the solver.
        from workbench.strategy.taking import take_by_limits

        take_by_limits(pairs, people, cards, scores, limits, control_share)
        keeper.used += [("capacity", "", name, True, 0) for name in limits.names()]
        return [("one_list", pairs.count(n, "capacity"), True), ("capacity", pairs.count(n), True)]
    best = np.full(n, -1, dtype=np.int64)
    highest = np.full(n, -np.inf)
    for number in range(len(cards)):
        rows = pairs.rows_of(number)
        mine = rows.start + np.flatnonzero(pairs.gate[rows] == PASSED)
        # Strategies come by name: of equal scores the first one's stays.
        mine = mine[pairs.score[mine] > highest[pairs.person[mine]]]
        best[pairs.person[mine]], highest[pairs.person[mine]] = mine, pairs.score[mine]
    out = alive[best[pairs.person[alive]] != alive]
    ids = cards["strategy_id"].astype("str").tolist()
    pairs.stop_each("one_list", out, ids, pairs.card[best[pairs.person[out]]])
    one_list = pairs.count(n)
    if capacity is None:
        return [("one_list", one_list, True), ("capacity", one_list, False)]
    alive = best[best >= 0]
    # The best score first; then customers by name, so that ties don't depend on the input.
    alive = alive[np.lexsort((pairs.person[alive], -pairs.score[alive]))]
    if isinstance(capacity, Mapping):
        channels = cards["channel"].to_numpy()[pairs.card[alive]]
        for channel, most in capacity.items():
            late = alive[channels == channel][int(most) :]
            keeper.used.append(
                ("capacity", "", str(channel), True, pairs.stop("capacity", late, str(channel)))
            )
    else:
        late = alive[int(capacity) :]
        keeper.used.append(("capacity", "", "", True, pairs.stop("capacity", late, "")))
    return [("one_list", one_list, True), ("capacity", pairs.count(n), True)]


def _list_targets(
    pairs: Pairs, people: pd.DataFrame, cards: pd.DataFrame, control_share: float | None, random_state: int
) -> pd.DataFrame:
    alive = pairs.alive()
    alive = alive[np.lexsort((pairs.person[alive], -pairs.score[alive], pairs.card[alive]))]
    card, person = pairs.card[alive], pairs.person[alive]
    own = cards["control_share"].to_numpy(dtype="float64")[card]
    targets = pd.DataFrame(
        {
            "customer_id": people["customer_id"].take(person).to_numpy(),
            "strategy_id": cards["strategy_id"].take(card).to_numpy(),
            "segment": people["segment"].take(person).to_numpy(),
            "score": pairs.score[alive],
            "rank": np.arange(1, len(card) + 1) - np.searchsorted(card, card),
            "_share": own if control_share is None else control_share,
        }
    )
    targets["arm"] = draw_control(targets, random_state)
    typed = {"customer_id": "str", "strategy_id": "str", "segment": "str", "rank": "int64"}
    return TARGETS.check(targets[list(TARGETS.names)].astype(typed))


def _dropped(pairs: Pairs, people: pd.DataFrame, cards: pd.DataFrame, never: pd.Series) -> pd.DataFrame:
    """Return who was turned away where; words that repeat are kept once."""
    out = np.flatnonzero(pairs.gate != PASSED)
    out = out[np.argsort(pairs.person[out] * len(cards) + pairs.card[out], kind="stable")]
    names = [*cards["strategy_id"].astype("str"), ""]
    n_never = len(never)
    nobody = np.zeros(n_never, dtype=np.int64)
    strategy = np.concatenate([pairs.card[out], nobody + len(cards)])
    gate = np.concatenate([pairs.gate[out].astype(np.int64), nobody])
    ids = pd.concat(
        [people["customer_id"].take(pairs.person[out]), never.sort_values()], ignore_index=True
    ).astype("str")
    detail = np.concatenate([pairs.detail[out].astype(np.int64), nobody])
    return pd.DataFrame(
        {
            "customer_id": ids,
            "strategy_id": _words(strategy, names),
            "gate": _words(gate, list(GATES)),
            "detail": _words(detail, pairs.details),
        }
    )


def _words(codes: Codes, words: list[str]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, pd.Index(words, dtype="object"))

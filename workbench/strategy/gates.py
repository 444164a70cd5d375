"""The gates between a score and a list: each looks at customer and strategy, and says why not."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.strategy.conditions import meets, read_conditions, write_conditions
from workbench.strategy.contact_policy import ContactPolicy
from workbench.strategy.contact_windows import within_policy
from workbench.strategy.reach import (
    UNKNOWN_STAGE,
    asks_consent,
    in_stages,
    may_contact,
    split_words,
    stages_of,
)
from workbench.strategy.suitability import SuitabilityRule
from workbench.strategy.triggers import WINDOW_DAYS, open_windows, trigger_column

GATES = (
    "segment",
    "consent",
    "eligibility",
    "applicability",
    "suitability",
    "contact_policy",
    "one_list",
    "capacity",
)
PASSED = -1
Codes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass
class Pairs:
    """Customers and strategies that were scored together, as numbers.

    Parameters
    ----------
    person : numpy.ndarray of int
        Row of the customer in the people.
    card : numpy.ndarray of int
        Row of the strategy in the cards; pairs are ordered by it.
    score : numpy.ndarray of float
        The score.
    row : numpy.ndarray of int
        Where the pair stands in the table of scores.
    """

    person: Codes
    card: Codes
    score: npt.NDArray[np.float64]
    row: Codes
    gate: npt.NDArray[np.int8] = field(init=False)
    detail: npt.NDArray[np.int32] = field(init=False)
    details: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.gate = np.full(len(self.person), PASSED, dtype=np.int8)
        self.detail = np.zeros(len(self.person), dtype=np.int32)
        self.details = [""]

    def rows_of(self, card: int) -> slice:
        """Return where a strategy's pairs stand."""
        begin, end = np.searchsorted(self.card, [card, card + 1])
        return slice(int(begin), int(end))

    def alive(self) -> Codes:
        """Return the pairs that no gate has stopped yet."""
        return np.flatnonzero(self.gate == PASSED)

    def count(self, n_people: int, stopped_at: str = "") -> int:
        """Return the customers who have a pair left, or one that a gate stopped."""
        seen = np.zeros(n_people, dtype=bool)
        seen[self.person[self.gate == PASSED]] = True
        if stopped_at:
            seen[self.person[self.gate == GATES.index(stopped_at)]] = True
        return int(seen.sum())

    def stop(self, gate: str, rows: Codes, detail: str) -> int:
        """Stop pairs at a gate for a reason; return how many."""
        if len(rows):
            self.gate[rows] = GATES.index(gate)
            self.detail[rows] = self._code(detail)
        return len(rows)

    def stop_each(self, gate: str, rows: Codes, details: Sequence[str], which: Codes) -> None:
        """Stop pairs at a gate, each for its own one of some reasons."""
        if len(rows):
            codes = np.array([self._code(detail) for detail in details], dtype=np.int32)
            self.gate[rows] = GATES.index(gate)
            self.detail[rows] = codes[which]

    def _code(self, detail: str) -> int:
        if detail not in self.details:
            self.details.append(detail)
        return self.details.index(detail)


@dataclass(frozen=True, eq=False)
class Rules:
    """What the gates ask, beside the cards.

    Parameters
    ----------
    contacts : pandas.DataFrame or None
        Past contacts, and other planned ones.
    planned : pandas.DataFrame or None
        Contacts of lists of this cycle, with ``strategy_id``; a strategy's own don't count.
    policies : mapping of str to ContactPolicy
        By name.
    default : ContactPolicy or None
        What a card without a policy follows, and every card where there are no policies.
    suitability : sequence of SuitabilityRule
        Rules by offer.
    events : pandas.DataFrame or None
        Table EVENTS.
    as_of : date or None
        The moment of every contact; default is each strategy's first day.
    """

    contacts: pd.DataFrame | None = None
    planned: pd.DataFrame | None = None
    policies: Mapping[str, ContactPolicy] = field(default_factory=dict)
    default: ContactPolicy | None = None
    suitability: Sequence[SuitabilityRule] = ()
    events: pd.DataFrame | None = None
    as_of: Any = None


class Gatekeeper:
    """The gates that look at one customer and one strategy, in their order.

    Parameters
    ----------
    people : pandas.DataFrame
        Customers with their segment, one row each.
    cards : pandas.DataFrame
        Table STRATEGIES.
    pairs : Pairs
        What was scored; the gates write into it.
    rules : Rules
        What they ask.
    """

    def __init__(self, people: pd.DataFrame, cards: pd.DataFrame, pairs: Pairs, rules: Rules) -> None:
        self.people, self.pairs, self.rules = people, pairs, rules
        self.cards: list[dict[str, Any]] = [dict(row) for row in cards.to_dict("records")]  # type: ignore[arg-type]
        self.used: list[tuple[str, str, str, bool, int]] = []
        self._contacts, self._planned = self._coded(rules.contacts), self._coded(rules.planned)

    def check(self, gate: str) -> bool:
        """Let the pairs through a gate; return whether it was applied."""
        before = len(self.used)
        for number, card in enumerate(self.cards):
            rows = self.pairs.rows_of(number)
            alive = rows.start + np.flatnonzero(self.pairs.gate[rows] == PASSED)
            getattr(self, f"_{gate}")(card, alive)
        return any(applied for _, _, _, applied, _ in self.used[before:])

    def _note(
        self, gate: str, card: Mapping[str, Any], detail: str, n: int = 0, applied: bool = True
    ) -> None:
        self.used.append((gate, str(card["strategy_id"]), detail, applied, n))

    def _refuse(self, gate: str, card: Mapping[str, Any], alive: Codes, fails: Mask, detail: str) -> Codes:
        """Stop the pairs whose customer fails; return those that are left."""
        out = fails[self.pairs.person[alive]]
        self._note(gate, card, detail, self.pairs.stop(gate, alive[out], detail))
        return alive[~out]

    def _coded(self, contacts: pd.DataFrame | None) -> pd.DataFrame | None:
        """Return the people's contacts with their rows in place of their names, looked up once."""
        if contacts is None:
            return None
        codes, names = pd.factorize(contacts["customer_id"])
        if not len(names):
            return contacts.assign(customer_id=codes)
        rows = pd.Index(self.people["customer_id"]).get_indexer(pd.Index(names))[codes]
        return contacts.assign(customer_id=rows).loc[rows >= 0]

    # The gates -------------------------------------------------------------------

    def _segment(self, card: Mapping[str, Any], alive: Codes) -> None:
        wrong = self.people["segment"].ne(card["segment"]).to_numpy(dtype=bool)
        alive = self._refuse("segment", card, alive, wrong, "segment")
        stages = stages_of(self.people)
        outside = ~in_stages(stages, card["lifecycle_stages"]).to_numpy(dtype=bool)
        if outside.any():
            alive = self._refuse("segment", card, alive, outside, "stage")
        tiers = split_words(card.get("tier"))
        if tiers:
            known = (
                self.people["tier"] if "tier" in self.people else pd.Series(UNKNOWN_STAGE, self.people.index)
            )
            self._refuse("segment", card, alive, ~known.isin(tiers).to_numpy(dtype=bool), "tier")

    def _consent(self, card: Mapping[str, Any], alive: Codes) -> None:
        if not asks_consent(self.people):
            return
        if "do_not_contact" in self.people:
            asked_not = ~may_contact(self.people[["do_not_contact"]]).to_numpy()
            alive = self._refuse("consent", card, alive, asked_not, "do_not_contact")
        if "consent" in self.people:
            refused = ~may_contact(self.people[["consent"]]).to_numpy()
            self._refuse("consent", card, alive, refused, "consent")

    def _eligibility(self, card: Mapping[str, Any], alive: Codes) -> None:
        for condition in read_conditions(card.get("eligibility")):
            fails = ~meets(self.people, (condition,)).to_numpy(dtype=bool)
            alive = self._refuse("eligibility", card, alive, fails, write_conditions((condition,)))

    def _applicability(self, card: Mapping[str, Any], alive: Codes) -> None:
        trigger = _text(card.get("trigger"))
        if not trigger:
            return
        days = card.get("window_days")
        window = float(days) if days is not None and days == days else WINDOW_DAYS
        found = open_windows(
            self.people,
            trigger,
            starts_on=self._at(card),
            ends_on=card.get("ends_on"),
            window_days=window,
            events=self.rules.events,
        )
        detail = json.dumps({"trigger": trigger, "days": window, "source": found.source})
        if found.open is None:
            self._note("applicability", card, detail, applied=False)
        else:
            self._refuse("applicability", card, alive, ~found.open, detail)

    def _suitability(self, card: Mapping[str, Any], alive: Codes) -> None:
        for rule in self.rules.suitability:
            if card["offer"] not in rule.offers:
                continue
            detail = write_conditions(rule.when)
            if rule.missing(self.people):
                self._note("suitability", card, detail, applied=False)
            else:
                fails = rule.turns_away(self.people).to_numpy(dtype=bool)
                alive = self._refuse("suitability", card, alive, fails, detail)

    def _contact_policy(self, card: Mapping[str, Any], alive: Codes) -> None:
        policy = self._policy(card)
        contacts, planned = self._contacts, self._planned
        if policy is None or not policy.limits or (contacts is None and planned is None):
            return
        at = self._at(card)
        known = contacts if contacts is not None else planned.iloc[:0]  # type: ignore[union-attr]
        failed = self._failed(policy, card, alive, known, at)
        if planned is not None and len(planned):
            names = [name for name in ("customer_id", "contacted_at", "channel") if name in known]
            own = planned["strategy_id"].eq(card["strategy_id"]).to_numpy()
            others = pd.concat([known[names], planned.loc[~own, names]], ignore_index=True)
            more = self._failed(policy, card, alive, others, at)
            listed = np.zeros(len(self.people), dtype=bool)
            listed[planned.loc[own, "customer_id"].to_numpy()] = True
            failed = np.where(listed[self.pairs.person[alive]], failed, more)
        for number, limit in enumerate(policy.limits):
            detail = json.dumps(
                {"policy": policy.name, "channel": limit.channel, "most": limit.most, "days": limit.days}
            )
            counted = not limit.channels or "channel" in known.columns
            if limit.channels and card["channel"] not in limit.channels:
                continue
            out = alive[failed == number]
            self._note(
                "contact_policy", card, detail, self.pairs.stop("contact_policy", out, detail), counted
            )

    def _failed(
        self, policy: ContactPolicy, card: Mapping[str, Any], alive: Codes, contacts: pd.DataFrame, at: Any
    ) -> Codes:
        """Return the number of the limit that each pair fails, −1 for none."""
        failed = np.full(len(alive), PASSED, dtype=np.int64)
        asked = np.arange(len(alive))
        if all(limit.most > 0 for limit in policy.limits):
            # Who was never contacted can't be contacted too often.
            seen = np.zeros(len(self.people), dtype=bool)
            seen[contacts["customer_id"].to_numpy()] = True
            asked = np.flatnonzero(seen[self.pairs.person[alive]])
        people = self.pairs.person[alive[asked]]
        asking = pd.DataFrame({"customer_id": people, "channel": card["channel"]})
        failed[asked] = within_policy(asking, contacts, policy, at, explain=True).to_numpy()
        return failed

    # What a card says ------------------------------------------------------------

    def _policy(self, card: Mapping[str, Any]) -> ContactPolicy | None:
        name = _text(card.get("contact_policy"))
        if not name or not self.rules.policies:
            return self.rules.default
        if name not in self.rules.policies:
            raise ParameterProblem(
                "strategy_lists.error.no_policy",
                strategy=card["strategy_id"],
                policy=name,
                known=", ".join(self.rules.policies) or "–",
            )
        return self.rules.policies[name]

    def _at(self, card: Mapping[str, Any]) -> Any:
        day = card["starts_on"] if self.rules.as_of is None else self.rules.as_of
        if pd.isna(day):
            raise ParameterProblem("strategy_room.error.no_start", strategy=card["strategy_id"])
        return pd.Timestamp(day).normalize()


def gate_columns(cards: pd.DataFrame, suitability: Sequence[SuitabilityRule] = ()) -> tuple[str, ...]:
    """Return the columns of the portrait that the gates ask for some cards.

    Examples
    --------
    >>> gate_columns(pd.DataFrame({"offer": ["time_deposit"], "trigger": ["maturity"]}))[-1]
    'next_maturity'
    """
    names = ["customer_id", "lifecycle_stage", "tier", "consent", "do_not_contact"]
    for card in cards.to_dict("records"):
        names += [condition.column for condition in read_conditions(card.get("eligibility"))]
        names.append(trigger_column(_text(card.get("trigger"))))
        for rule in suitability:
            names += rule.columns if card["offer"] in rule.offers else ()
    return tuple(name for name in dict.fromkeys(names) if name)


def refuse_out_of_date(cards: pd.DataFrame, cut_on: Any) -> None:
    """Refuse offers whose last day lies before the day that lists are cut on.

    Raises
    ------
    ParameterProblem
        Naming the first such strategy, its last day and what to do.
    """
    for card in cards.to_dict("records"):
        ends, starts = card["ends_on"], card["starts_on"]
        if not pd.isna(ends) and pd.Timestamp(ends) < pd.Timestamp(cut_on).normalize():
            raise ParameterProblem(
                "strategy_lists.error.out_of_date",
                strategy=card["strategy_id"],
                ends=str(pd.Timestamp(ends).date()),
                day=str(pd.Timestamp(cut_on).date()),
            )
        if not pd.isna(ends) and not pd.isna(starts) and pd.Timestamp(ends) < pd.Timestamp(starts):
            raise ParameterProblem("strategy_lists.error.ends_first", strategy=card["strategy_id"])


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""

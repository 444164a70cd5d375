"""Which records of several systems are one customer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pandas as pd

from workbench.customers.identity.clusters import Edge, Grouping, group
from workbench.customers.identity.keys import KEYS, nearly_same, record_keys
from workbench.errors import ParameterProblem

MOST_RECORDS = 10
"""More records than this don't share a key of one person: a branch's telephone, a placeholder."""
CONFLICT_COLUMNS = ("key", "value", "record_id", "other_id", "reason")
PAIR_COLUMNS = ("record_id", "other_id", "match_probability")
DECISIONS = ("same", "different", "later")


@dataclass(frozen=True)
class Resolution:
    """Who is one customer, and where that is in doubt.

    Parameters
    ----------
    identities : pandas.DataFrame
        One row a record: record_id, source, customer_id (the record that stands for the
        customer), matched_by (what put it together: keys, ``probability``, ``decision``,
        joined with +; empty for a record on its own), n_records.
    pairs : pandas.DataFrame
        The compared pairs, the most probable first: record_id, other_id,
        match_probability, what else was given, ``state`` (same, review, different) and
        ``decision`` (same, different, later or empty).
    conflicts : pandas.DataFrame
        Two records that share a key and can't be one person, none of them merged: key,
        value, record_id, other_id, reason (name, birth_date, gender, kind, crowded, chain,
        decision).
    """

    identities: pd.DataFrame
    pairs: pd.DataFrame
    conflicts: pd.DataFrame

    @property
    def merges(self) -> pd.DataFrame:
        """The records that go into another: customer_id, merged_from, matched_by."""
        gone = self.identities[self.identities["record_id"] != self.identities["customer_id"]]
        columns = {"record_id": "merged_from"}
        found = gone.rename(columns=columns)[["customer_id", "merged_from", "matched_by"]]
        return found.sort_values(["customer_id", "merged_from"], ignore_index=True)

    @property
    def queue(self) -> pd.DataFrame:
        """The pairs that wait for a decision, the most probable first."""
        waiting = self.pairs["state"].eq("review") & ~self.pairs["decision"].isin(("same", "different"))
        return self.pairs[waiting].reset_index(drop=True)


def resolve_identities(
    records: pd.DataFrame,
    pairs: pd.DataFrame | None = None,
    decisions: pd.DataFrame | None = None,
    *,
    same_from: float = 0.95,
    doubtful_from: float = 0.2,
    trust: Sequence[str] = (),
) -> Resolution:
    """Bring the records of several systems together into customers.

    Exact keys come first: the number of an identity document, the customer's number
    however each system writes it, telephone with date of birth. Then what people decided,
    then the pairs whose match probability is high enough. Records that contradict each
    other (another day of birth, another gender, another name) are never put together by a
    key or a probability, not even by way of a third: they are listed as conflicts. The
    result does not depend on the order of the rows.

    Parameters
    ----------
    records : pandas.DataFrame
        One row a record; see `record_keys`.
    pairs : pandas.DataFrame, optional
        Probable pairs, as `workbench.engine.linkage.link_records` returns them: record_id,
        other_id, match_probability.
    decisions : pandas.DataFrame, optional
        What was decided: record_id, other_id, decision (same, different, later); the last
        row of a pair holds.
    same_from : float, default=0.95
        Match probability from which a pair is one customer unasked.
    doubtful_from : float, default=0.2
        Match probability from which a pair is shown for review.
    trust : sequence of str, default=()
        Sources, the most trusted first: whose record stands for the customer. The others
        follow in alphabetical order.

    Returns
    -------
    Resolution

    Raises
    ------
    ParameterProblem
        If the limits are not 0 < doubtful_from <= same_from <= 1, or a decision is none.
    TableProblem
        If the records lack their ids.

    References
    ----------
    P. Christen: Data Matching. Springer (2012), chapters 2 and 6.

    Examples
    --------
    >>> records = pd.DataFrame({
    ...     "record_id": ["core:1", "crm:1", "crm:2"], "source": ["core", "crm", "crm"],
    ...     "number": ["000012345", "C12345", "C777"], "name": ["张伟", "张 伟", "Anna Smith"],
    ... })
    >>> found = resolve_identities(records, trust=["core"])
    >>> found.identities[["record_id", "customer_id", "matched_by"]].to_numpy().tolist()
    [['core:1', 'core:1', 'number'], ['crm:1', 'core:1', 'number'], ['crm:2', 'crm:2', '']]
    >>> found.merges.to_dict("records")
    [{'customer_id': 'core:1', 'merged_from': 'crm:1', 'matched_by': 'number'}]
    """
    if not 0 < doubtful_from <= same_from <= 1:
        raise ParameterProblem("customers.error.match_limits", low=doubtful_from, high=same_from)
    keys = record_keys(records)
    decided = _decided(decisions)
    scored = _scored(pairs, decided, same_from, doubtful_from)
    work = _Work(keys, decided)
    found = group(keys["record_id"], work.edges(scored), work.against)
    conflicts = [*work.crowded, *(_conflict(keys, edge, why) for edge, why in found.refused)]
    frame = pd.DataFrame(conflicts, columns=list(CONFLICT_COLUMNS)).astype("str")
    refused = {(edge.one, edge.other) for edge, _ in found.refused}
    both = zip(scored["record_id"], scored["other_id"], strict=True)
    blocked = pd.Series([ids in refused for ids in both], index=scored.index, dtype="bool")
    # A pair that a contradiction kept apart is a person's to decide.
    scored.loc[scored["state"].eq("same") & blocked, "state"] = "review"
    return Resolution(_identities(keys, found, trust), scored, frame.drop_duplicates(ignore_index=True))


class _Work:
    def __init__(self, keys: pd.DataFrame, decided: dict[tuple[str, str], str]) -> None:
        self.keys = keys
        self.facts = {row["record_id"]: row for row in keys.to_dict("records")}
        self.decided = decided
        self.crowded: list[tuple[str, str, str, str, str]] = []
        self.contradicted: dict[tuple[str, str], str] = {}

    def edges(self, scored: pd.DataFrame) -> Iterator[Edge]:
        """Give the edges, the strongest first."""
        for (one, other), decision in sorted(self.decided.items()):
            if decision == "same" and one in self.facts and other in self.facts:
                yield Edge(one, other, "decision")
        for key in KEYS:
            shared = self.keys[self.keys[key].notna() & self.keys[key].duplicated(keep=False)]
            for value, rows in shared.groupby(key, sort=True)["record_id"]:
                if len(rows) > MOST_RECORDS:
                    self.crowded.append((key, str(value), rows.iloc[0], rows.iloc[1], "crowded"))
                    continue
                for one, other in combinations(rows, 2):
                    yield Edge(one, other, key)
        sure = scored[scored["state"].eq("same")]
        for one, other in zip(sure["record_id"], sure["other_id"], strict=True):
            if one in self.facts and other in self.facts:
                yield Edge(one, other, "probability")

    def against(self, one: str, other: str, edge: Edge) -> str:
        """Return why two records can't be one customer, or nothing."""
        both = _ordered(one, other)
        decision = self.decided.get(both)
        if decision == "different":
            return "decision"
        if decision == "same" or edge.how == "decision":
            return ""
        reason = self.contradicted.get(both, "") if edge.how == "probability" else ""
        reason = reason or self._contradiction(self.facts[one], self.facts[other], edge.how)
        if reason and edge.how in KEYS:
            # What contradicts a key is a person's to decide, however probable.
            self.contradicted[both] = reason
        return reason

    @staticmethod
    def _contradiction(mine: dict[Any, Any], theirs: dict[Any, Any], how: str) -> str:
        # A slip in a date or a name is what probabilities are for.
        for name in ("kind", "gender") if how == "probability" else ("kind", "birth_date", "gender"):
            if _known(mine[name], theirs[name]) and mine[name] != theirs[name]:
                return name
        if how == "probability" or not _known(mine["name"], theirs["name"]):
            return ""
        # Twins share a telephone and a birthday; no two people share a number.
        same = mine["name"] == theirs["name"]
        fits = same if how == "phone_birth" else nearly_same(mine["name"], theirs["name"])
        return "" if fits else "name"


def _ordered(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one <= other else (other, one)


def _known(*values: object) -> bool:
    return all(isinstance(value, str) for value in values)


def _decided(decisions: pd.DataFrame | None) -> dict[tuple[str, str], str]:
    if decisions is None or decisions.empty:
        return {}
    strange = set(decisions["decision"]) - set(DECISIONS)
    if strange:
        raise ParameterProblem(
            "customers.error.decision", decision=sorted(strange)[0], decisions=", ".join(DECISIONS)
        )
    rows = zip(decisions["record_id"], decisions["other_id"], decisions["decision"], strict=True)
    return {_ordered(one, other): decision for one, other, decision in rows}


def _scored(
    pairs: pd.DataFrame | None, decided: dict[tuple[str, str], str], same_from: float, doubtful_from: float
) -> pd.DataFrame:
    """Return the pairs ordered, each with its state and what was decided of it."""
    if pairs is None:
        pairs = pd.DataFrame(columns=list(PAIR_COLUMNS)).astype(
            {"record_id": "str", "other_id": "str", "match_probability": "float64"}
        )
    both = [_ordered(*ids) for ids in zip(pairs["record_id"], pairs["other_id"], strict=True)]
    found = pairs.assign(
        record_id=pd.Series([one for one, _ in both], index=pairs.index, dtype="str"),
        other_id=pd.Series([other for _, other in both], index=pairs.index, dtype="str"),
        decision=pd.Series([decided.get(ids, "") for ids in both], index=pairs.index, dtype="str"),
    )
    probability = found["match_probability"]
    state = pd.Series("different", index=found.index, dtype="str")
    state = state.mask(probability >= doubtful_from, "review").mask(probability >= same_from, "same")
    return found.assign(state=state).sort_values(
        ["match_probability", "record_id", "other_id"], ascending=[False, True, True], ignore_index=True
    )


def _conflict(keys: pd.DataFrame, edge: Edge, why: str) -> tuple[str, str, str, str, str]:
    value = ""
    if edge.how in keys:
        at = int(keys["record_id"].searchsorted(edge.one))
        value = str(keys[edge.how].iloc[at])
    return edge.how, value, edge.one, edge.other, why


def _identities(keys: pd.DataFrame, found: Grouping, trust: Sequence[str]) -> pd.DataFrame:
    rank = {source: place for place, source in enumerate(trust)}
    places = [(rank.get(source, len(rank)), source) for source in keys["source"]]
    order = dict(zip(keys["record_id"], places, strict=True))
    stands = {
        root: min(members, key=lambda record: (*order[record], record))
        for root, members in found.members.items()
    }
    roots = [found.root[record] for record in keys["record_id"]]
    return pd.DataFrame(
        {
            "record_id": keys["record_id"],
            "source": keys["source"],
            "customer_id": pd.Series([stands[root] for root in roots], dtype="str"),
            "matched_by": pd.Series(
                ["+".join(sorted(found.how.get(root, ()))) for root in roots], dtype="str"
            ),
            "n_records": pd.Series([len(found.members[root]) for root in roots], dtype="int64"),
        }
    )

"""Which records are one customer: searched, decided, and handed to the portrait."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound, ParameterProblem
from workbench.store import Artefact

if TYPE_CHECKING:
    from workbench.customers.identity import Resolution
    from workbench.project.handle import Project

SAME_FROM, DOUBTFUL_FROM = 0.95, 0.2
_RECORD = ("name", "phone", "birth_date", "gender", "region", "employer", "id_number", "kind")
Progress = Callable[[float, str], None]


class Identities:
    """Which records are one customer.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._artefacts = project.store.artefacts

    def records(self) -> pd.DataFrame:
        """Return the records that may be one person: customers, and those that an import set aside.

        Returns
        -------
        pandas.DataFrame
            As `workbench.customers.identity.record_keys` reads it; record_id is the
            customer_id.
        """
        from workbench.customers import parse_mapping
        from workbench.customers.identity import set_aside_records

        imports = self._project.imports
        customers = imports.table("customers")
        newest = imports.sources()["customers"]
        kept = customers[[name for name in _RECORD if name in customers]].assign(
            record_id=customers["customer_id"], number=customers["customer_id"], source="customers"
        )
        mapping = self._artefacts.document(newest, "mapping")
        aside = set_aside_records(
            self._artefacts.read(newest, "_quarantine"), parse_mapping(mapping["text"], mapping["name"])
        )
        aside = aside[~aside["record_id"].isin(kept["record_id"])]
        return pd.concat([kept, aside], ignore_index=True) if len(aside) else kept

    def resolve(self, *, probable: bool | None = None, progress: Progress | None = None) -> Resolution:
        """Find the records that are one customer, and keep what was found.

        Exact keys always count. Doubtful pairs are weighed by Splink where the extra
        ``linkage`` is installed. What was found is applied when the portrait is built.

        Parameters
        ----------
        probable : bool, optional
            Whether to weigh doubtful pairs; by default where Splink is installed.
        progress : callable, optional
            Called with the share done and the key of the phase's name.

        Returns
        -------
        Resolution

        Raises
        ------
        NotFound
            If no customers were imported.
        MachineProblem
            If doubtful pairs are asked for and Splink is not installed.
        NotAllowed
            If the role may not write.
        """
        from workbench.engine.linkage import can_link, link_records

        self._project.store.trail.require("analyst")
        tell = progress or _silent
        tell(0.0, "project.phase.records")
        records = self.records()
        pairs, model = None, {}
        if can_link() if probable is None else probable:
            try:
                linkage = link_records(records, progress=lambda share, phase: tell(0.1 + 0.8 * share, phase))
            except ParameterProblem:
                # Records with nothing but a number are a fine bank, too.
                if probable:
                    raise
            else:
                pairs = linkage.pairs
                model = {
                    "prior": linkage.prior,
                    "learned": linkage.learned,
                    "parameters": linkage.parameters.astype("object")
                    .where(lambda t: t.notna(), None)
                    .to_dict("records"),
                }
        tell(0.9, "project.phase.records")
        return self.keep(records, pairs, model)

    def keep(self, records: pd.DataFrame, pairs: pd.DataFrame | None, model: dict[str, Any]) -> Resolution:
        """Put records together by keys, decisions and these pairs, and store what was found.

        Parameters
        ----------
        records : pandas.DataFrame
            As of `records`.
        pairs : pandas.DataFrame or None
            Probable pairs, of Splink or of a bank's own matching; None where none were weighed.
        model : dict
            What weighed them, as JSON.
        """
        from workbench.customers.identity import resolve_identities

        decided = self._project.store.pairs.frame()
        found = resolve_identities(
            records, pairs, decided, same_from=SAME_FROM, doubtful_from=DOUBTFUL_FROM, trust=["customers"]
        )
        several = found.identities[found.identities["n_records"] > 1].reset_index(drop=True)
        self._artefacts.save(
            "identity",
            {"identities": several, "pairs": found.pairs, "conflicts": found.conflicts},
            inputs=[self._project.imports.sources()["customers"].artefact_id],
            parameters={"same_from": SAME_FROM, "doubtful_from": DOUBTFUL_FROM, "model": model},
            seed=0,
            documents={"model": model},
            summary={
                "n": len(records),
                "n_merged": len(found.merges),
                "n_conflicts": len(found.conflicts),
                "is_probable": pairs is not None,
                "decided": _last(decided),
            },
        )
        self.__dict__.pop("_stored", None)
        return found

    def identity(self) -> Artefact | None:
        """Return the newest search for records of one customer, or None."""
        return self._artefacts.latest("identity")

    @cached_property
    def _stored(self) -> Resolution:
        from workbench.customers.identity import Resolution

        artefact = self.identity()
        if artefact is None:
            raise NotFound("project.error.no_identity")
        tables = {name: self._artefacts.read(artefact, name) for name in ("identities", "pairs", "conflicts")}
        return Resolution(**tables)

    def resolution(self) -> Resolution:
        """Return what the newest search found; its identities are those of several records.

        Decisions made since show in its pairs.

        Raises
        ------
        NotFound
            If there was no search yet.
        """
        from workbench.customers.identity import Resolution

        found = self._stored
        held = self.decisions()
        keys = list(zip(found.pairs["record_id"], found.pairs["other_id"], strict=True))
        decided = {(row.record_id, row.other_id): row.decision for row in held.itertuples()}
        decision = pd.Series([decided.get(ids, "") for ids in keys], index=found.pairs.index, dtype="str")
        return Resolution(found.identities, found.pairs.assign(decision=decision), found.conflicts)

    def queue(self) -> pd.DataFrame:
        """Return the pairs that wait for a decision: the undecided first, then those put off.

        Returns
        -------
        pandas.DataFrame
            record_id, other_id, match_probability, one column a compared field (same,
            close, different, unknown), decision (empty or later).

        Raises
        ------
        NotFound
            If there was no search yet.
        """
        waiting = self.resolution().queue
        return waiting.sort_values("decision", kind="stable", ignore_index=True)

    def decide(
        self, record_id: str, other_id: str, decision: str, note: str = "", *, expected: int | None = None
    ) -> int:
        """Decide on a pair; the portrait follows when it is built next.

        Parameters
        ----------
        record_id, other_id : str
            The records, in either order.
        decision : {"same", "different", "later"}
            One customer, two, or open again.
        note : str, default=""
            Why.
        expected : int, optional
            The newest decision on this pair that was looked at, 0 for none.

        Returns
        -------
        int
            The decision's number.

        Raises
        ------
        NotFound
            If a record is not in any import.
        Conflict
            If somebody else decided on the pair since.
        NotAllowed
            If the role may not decide.
        """
        store = self._project.store
        store.pairs.require("analyst")
        known = self._known
        for record in (record_id, other_id):
            if record not in known:
                raise NotFound("project.error.no_record", record=record)
        return store.pairs.decide(record_id, other_id, decision, note, expected=expected)

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.records()["record_id"])

    def undo(self, record_id: str, other_id: str) -> int:
        """Open a pair again; what was decided stays in the history."""
        return self.decide(record_id, other_id, "later")

    def decisions(self, *, history: bool = False) -> pd.DataFrame:
        """Return what was decided of pairs, oldest first.

        Parameters
        ----------
        history : bool, default=False
            Also what a newer decision has replaced.

        Returns
        -------
        pandas.DataFrame
            decision_id, record_id, other_id, decision, note, decided_by, decided_at (UTC).
        """
        return self._project.store.pairs.frame(history=history)

    def is_pending(self) -> bool:
        """Say whether decisions wait for the next portrait."""
        artefact = self.identity()
        held = self.decisions(history=True)
        return artefact is not None and _last(held) > artefact.summary["decided"]

    def inputs(self) -> list[str]:
        """Return what a portrait built now would be made from, beside the imports."""
        artefact = self.identity()
        if artefact is None:
            return []
        # A search that found nothing to merge makes no portrait stale.
        found = [artefact.artefact_id] if artefact.summary["n_merged"] else []
        return [*found, "pair_decisions"] if self.is_pending() else found

    def merges(self) -> pd.DataFrame:
        """Return which ids go into which customer, every decision counted; for the portrait.

        Returns
        -------
        pandas.DataFrame
            customer_id, merged_from, matched_by; empty before the first search.
        """
        artefact = self.identity()
        if artefact is None:
            return pd.DataFrame(columns=["customer_id", "merged_from", "matched_by"], dtype="str")
        source = self._project.imports.sources()["customers"].artefact_id
        fresh = source in self._artefacts.manifest(artefact)["inputs"]
        if fresh and not self.is_pending():
            return self._stored.merges
        pairs = None
        if artefact.summary["is_probable"]:
            pairs = self._stored.pairs.drop(columns=["decision", "state"])
        return self.keep(self.records(), pairs, self._artefacts.document(artefact, "model")).merges


def _last(decisions: pd.DataFrame) -> int:
    return int(decisions["decision_id"].max()) if len(decisions) else 0


def _silent(_share: float, _phase: str) -> None:
    """Nobody listens."""

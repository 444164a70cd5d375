"""Contacts and outcomes of launched lists, and the decisions a review leads to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.errors import Conflict, NotFound, ParameterProblem
from workbench.store import schema
from workbench.store.area import Area, frame_of, record_edges
from workbench.store.cards import Cards
from workbench.store.cycles import Cycles
from workbench.store.database import Change
from workbench.store.late import refuse_late, refuse_late_lists
from workbench.store.roles import reads, writes

if TYPE_CHECKING:
    import pandas as pd

_BATCH = 500
_PROPOSED = ("strategy_id", "action", "rule", "reason", "change", "evidence")


class Results(Area):
    """Contacts and outcomes. A row whose id is there already is left as it is."""

    @writes("contributor")
    def add(
        self,
        contacts: Sequence[Mapping[str, Any]],
        outcomes: Sequence[Mapping[str, Any]] = (),
        source: str | None = None,
    ) -> tuple[int, int]:
        """Add contacts and outcomes; return how many of each were new.

        Parameters
        ----------
        contacts, outcomes : sequence of mapping
            Rows of `workbench.tables.CONTACTS` and `workbench.tables.OUTCOMES`.
        source : str, optional
            The lineage node they came from, for example ``raw:<sha256>``.

        Raises
        ------
        ParameterProblem
            If a list's cycle is frozen or closed; `Late.keep` keeps what came for it.
        """
        with self.database.writing("results.add") as change:
            refuse_late_lists(change, {str(row["list_id"]) for row in [*contacts, *outcomes]})
            new_contacts = _insert_new(change, schema.contacts, "contact_id", contacts)
            new_outcomes = _insert_new(change, schema.outcomes, "outcome_id", outcomes)
            lists = sorted({str(row["list_id"]) for row in [*contacts, *outcomes]})
            record_edges(
                change, [(origin, f"results:{name}") for name, origin in self._origins(change, lists)]
            )
            if source is not None:
                record_edges(change, [(source, f"results:{name}") for name in lists])
            change.ids.update(contacts=new_contacts, outcomes=new_outcomes)
            change.ids["list_ids"] = lists
            return new_contacts, new_outcomes

    def _origins(self, change: Change, list_ids: Sequence[str]) -> list[tuple[str, str]]:
        table = schema.target_lists
        query = sa.select(table.c.list_id, table.c.artefact_id).where(table.c.list_id.in_(list_ids))
        return [(row.list_id, row.artefact_id) for row in change.execute(query)]

    @reads
    def contacts(self, list_ids: Sequence[str]) -> pd.DataFrame:
        """Return the contacts of some lists, oldest first."""
        return self._frame(schema.contacts, schema.contacts.c.contacted_at, list_ids)

    @reads
    def outcomes(self, list_ids: Sequence[str]) -> pd.DataFrame:
        """Return the outcomes of some lists, oldest first."""
        return self._frame(schema.outcomes, schema.outcomes.c.recorded_at, list_ids)

    @reads
    def counts(self, list_ids: Sequence[str]) -> dict[str, Any]:
        """Return how many contacts and outcomes some lists have, and when the last was added."""
        contacts, outcomes = schema.contacts, schema.outcomes
        with self.database.reading() as connection:
            n_contacts = connection.execute(
                sa.select(sa.func.count()).where(contacts.c.list_id.in_(list_ids))
            ).scalar()
            n_outcomes = connection.execute(
                sa.select(sa.func.count()).where(outcomes.c.list_id.in_(list_ids))
            ).scalar()
        return {"contacts": n_contacts or 0, "outcomes": n_outcomes or 0}

    @reads
    def outcome_ids(self, list_ids: Sequence[str]) -> set[str]:
        """Return the ids of the outcomes that are there already."""
        table = schema.outcomes
        with self.database.reading() as connection:
            query = sa.select(table.c.outcome_id).where(table.c.list_id.in_(list_ids))
            return set(connection.execute(query).scalars())

    def _frame(self, table: sa.Table, order: Any, list_ids: Sequence[str]) -> pd.DataFrame:
        key = next(iter(table.primary_key))
        columns = [column for column in table.c if column.name != "position"]
        with self.database.reading() as connection:
            query = sa.select(*columns).where(table.c.list_id.in_(list_ids)).order_by(order, key)
            return frame_of(connection.execute(query), [column.name for column in columns])


class Decisions(Area):
    """Recommendations, and what people decided on them."""

    @writes("analyst")
    def propose(
        self, cycle_id: str, evaluation_id: str, recommendations: Sequence[Mapping[str, Any]]
    ) -> list[str]:
        """Store the recommendations of an evaluation in place of older undecided ones.

        A strategy that was decided on stays decided. The same recommendations again change nothing.

        Raises
        ------
        ParameterProblem
            If the cycle is closed.
        """
        table = schema.recommendations
        with self.database.writing("recommendations.propose", cycle_id=cycle_id) as change:
            there = change.execute(sa.select(table).where(table.c.cycle_id == cycle_id)).all()
            decided = {row.strategy_id for row in there if row.status != "open"}
            wanted = [
                {
                    "recommendation_id": f"{cycle_id} {row['strategy_id']}",
                    "cycle_id": cycle_id,
                    "evaluation_id": evaluation_id,
                    "position": position,
                    "status": "open",
                    **{name: row[name] for name in _PROPOSED},
                }
                for position, row in enumerate(recommendations, 1)
                if row["strategy_id"] not in decided
            ]
            ids = [str(row["recommendation_id"]) for row in wanted]
            standing = [
                {name: getattr(row, name) for name in wanted[0]}
                for row in sorted(there, key=lambda row: row.position)
                if wanted and row.status == "open"
            ]
            if standing != wanted or (not wanted and len(decided) < len(there)):
                refuse_late(change, cycle_id, "decisions")
                open_ones = (table.c.cycle_id == cycle_id, table.c.status == "open")
                change.execute(sa.delete(table).where(*open_ones))
                for row in wanted:
                    change.execute(sa.insert(table).values(row_version=1, **row))
                record_edges(change, [(evaluation_id, f"recommendation:{name}") for name in ids])
            change.ids["recommendation_ids"] = ids
            return ids

    @reads
    def frame(self, cycle_id: str | None = None) -> pd.DataFrame:
        """Return the recommendations, in their order."""
        table = schema.recommendations
        query = sa.select(table).order_by(table.c.cycle_id, table.c.position)
        if cycle_id is not None:
            query = query.where(table.c.cycle_id == cycle_id)
        with self.database.reading() as connection:
            return frame_of(connection.execute(query), table.c.keys())

    @reads
    def find(self, recommendation_id: str) -> dict[str, Any]:
        """Return one recommendation.

        Raises
        ------
        NotFound
            If there is none.
        """
        with self.database.reading() as connection:
            return dict(self._row(connection, recommendation_id)._mapping)

    @writes("analyst")
    def decide(self, recommendation_id: str, status: str, reason: str) -> None:
        """Accept or reject a recommendation that is open.

        Raises
        ------
        ParameterProblem
            If a rejection gives no reason.
        Conflict
            If it was decided already; the difference names by whom.
        """
        table = schema.recommendations
        if status == "rejected" and not reason.strip():
            raise ParameterProblem("store.error.no_reason")
        with self.database.writing(f"recommendation.{status}", recommendation_id=recommendation_id) as change:
            row = self._row(change.connection, recommendation_id)
            refuse_late(change, row.cycle_id, "decisions")
            if row.status != "open":
                raise Conflict(
                    "store.error.decided",
                    difference={"status": (status, row.status), "decided_by": (None, row.decided_by)},
                    recommendation=recommendation_id,
                    status=row.status,
                    who=row.decided_by,
                    at=f"{row.decided_at:%Y-%m-%d %H:%M}",
                )
            change.execute(
                sa.update(table)
                .where(table.c.recommendation_id == recommendation_id)
                .values(
                    status=status,
                    decided_by=self.database.who,
                    decided_at=change.at,
                    decision_reason=reason.strip(),
                    row_version=row.row_version + 1,
                )
            )

    @writes("analyst")
    def carry(
        self,
        recommendation_id: str,
        reason: str,
        *,
        into: str,
        opening: Mapping[str, Any] | None,
        changed: Callable[[list[dict[str, Any]]], Sequence[Mapping[str, Any]]],
    ) -> None:
        """Accept a recommendation and carry it into the next cycle, all in one write.

        Parameters
        ----------
        recommendation_id, reason : str
            What is accepted, and why.
        into : str
            The next cycle.
        opening : mapping or None
            Arguments of `Cycles.open` where the next cycle is not there yet.
        changed : callable
            From the cards (the next cycle's, or this one's where it has none yet) to the
            next cycle's cards.
        """
        cards = Cards(self.database, self.project_folder)
        with self.database.writing("recommendation.carry", recommendation_id=recommendation_id) as change:
            row = self._row(change.connection, recommendation_id)
            self.decide(recommendation_id, "accepted", reason)
            if opening is not None:
                Cycles(self.database, self.project_folder).open(**opening)
            cards.replace(into, changed(cards.rows(into) or cards.rows(row.cycle_id)))
            record_edges(change, [(f"recommendation:{recommendation_id}", f"cycle:{into}")])
            change.ids["cycle_id"] = into

    @writes("analyst")
    def reopen(
        self,
        recommendation_id: str,
        reason: str,
        *,
        into: str | None,
        changed: Callable[[list[dict[str, Any]]], Sequence[Mapping[str, Any]]],
    ) -> None:
        """Take a decision back, and what it changed in the next cycle, all in one write.

        Parameters
        ----------
        recommendation_id, reason : str
            What is open again, and why; the audit log keeps both, and what was decided.
        into : str or None
            The next cycle, where there is one.
        changed : callable
            From the next cycle's cards to those without the change.

        Raises
        ------
        ParameterProblem
            If no reason is given, or the next cycle has launched lists.
        Conflict
            If it is open.
        """
        table, lists, lineage = schema.recommendations, schema.target_lists, schema.lineage
        if not reason.strip():
            raise ParameterProblem("review_advice.error.no_reason")
        named: dict[str, Any] = {"recommendation_id": recommendation_id, "reason": reason.strip()}
        with self.database.writing("recommendation.reopen", **named) as change:
            row = self._row(change.connection, recommendation_id)
            refuse_late(change, row.cycle_id, "decisions")
            if row.status == "open":
                raise Conflict(
                    "review_advice.error.not_decided", difference={}, recommendation=recommendation_id
                )
            if into is not None:
                launched = sa.select(lists.c.list_id).where(lists.c.cycle_id == into)
                if change.execute(launched).first():
                    raise ParameterProblem("review_advice.error.launched", cycle=into)
                if row.status == "accepted":
                    cards = Cards(self.database, self.project_folder)
                    cards.replace(into, changed(cards.rows(into)))
                    source = f"recommendation:{recommendation_id}"
                    edge = (lineage.c.source == source, lineage.c.target == f"cycle:{into}")
                    change.execute(sa.delete(lineage).where(*edge))
            change.ids |= {
                "was": row.status,
                "decided_by": row.decided_by,
                "decision_reason": row.decision_reason,
            }
            nobody = {"decided_by": None, "decided_at": None, "decision_reason": None}
            change.execute(
                sa.update(table)
                .where(table.c.recommendation_id == recommendation_id)
                .values(status="open", row_version=row.row_version + 1, **nobody)
            )

    def _row(self, connection: sa.Connection, recommendation_id: str) -> Any:
        table = schema.recommendations
        row = connection.execute(
            sa.select(table).where(table.c.recommendation_id == recommendation_id)
        ).one_or_none()
        if row is None:
            raise NotFound("store.error.no_recommendation", recommendation=recommendation_id)
        return row


def _insert_new(change: Change, table: sa.Table, key: str, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows whose key is not there; portable, and safe because writers queue."""
    new = 0
    names = [column.name for column in table.c if column.name != "position"]
    position = change.connection.execute(sa.select(sa.func.max(table.c.position))).scalar() or 0
    for start in range(0, len(rows), _BATCH):
        batch = {str(row[key]): row for row in rows[start : start + _BATCH]}
        there = set(
            change.connection.execute(sa.select(table.c[key]).where(table.c[key].in_(list(batch)))).scalars()
        )
        wanted = [
            {name: _cell(row.get(name)) for name in names}
            for row_key, row in batch.items()
            if row_key not in there
        ]
        if wanted:
            numbered = [row | {"position": position + n} for n, row in enumerate(wanted, new + 1)]
            change.execute(sa.insert(table), numbered)
            new += len(wanted)
    return new


def _cell(value: Any) -> Any:
    """Return a cell as a driver takes it: no NaN, no numpy scalar, no Timestamp."""
    if value is None or value != value:
        return None
    if hasattr(value, "to_pydatetime"):
        return value.to_pydatetime()
    if hasattr(value, "item"):
        return value.item()
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return dt.datetime(value.year, value.month, value.day)
    return value

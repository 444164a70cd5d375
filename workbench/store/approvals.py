"""Requests to launch lists, and the second person who decides on them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from workbench.errors import NotAllowed, NotFound, ParameterProblem
from workbench.store import schema
from workbench.store.area import Area
from workbench.store.content import canonical_json
from workbench.store.database import Change
from workbench.store.late import refuse_late
from workbench.store.roles import reads, writes

FOUR_EYES = 1_000
"""Customers that one person may launch in a cycle without a second one."""
REQUEST_STATES = ("requested", "approved", "refused", "withdrawn", "launched")
_OPEN = ("requested", "approved")
_PASSED = ("approved", "launched")
LONGEST = 1_000
"""Characters of a note or a reason."""


class Approvals(Area):
    """Launch requests of a cycle: one is open at a time, and all stay readable.

    A request is requested, then approved or refused by another person, or withdrawn;
    an approved one is launched. Who that is, is whom the audit log names.
    """

    @writes("analyst")
    def request(
        self,
        cycle_id: str,
        *,
        artefact_id: str,
        sha256: str,
        seed: int | None,
        n: int,
        n_control: int,
        plan_version: int | None,
        note: str,
    ) -> int:
        """Ask for a launch, and return the request's number; the same selection is asked for once.

        Raises
        ------
        ParameterProblem
            If another request of the cycle is open, or the note is too long.
        """
        text = _text(note)
        table = schema.launch_requests
        with self.database.writing("launch.request", cycle_id=cycle_id, sha256=sha256, n=n) as change:
            refuse_late(change, cycle_id, "approvals")
            query = sa.select(table).where(table.c.cycle_id == cycle_id, table.c.status.in_(_OPEN))
            waiting = change.execute(query).first()
            if waiting is not None and waiting.sha256 == sha256:
                change.ids.update(request_id=waiting.request_id, already=True)
                return int(waiting.request_id)
            if waiting is not None:
                raise ParameterProblem(
                    "strategy_launch.error.request_open", request=waiting.request_id, who=waiting.requested_by
                )
            done = change.execute(
                sa.insert(table).values(
                    cycle_id=cycle_id,
                    artefact_id=artefact_id,
                    sha256=sha256,
                    seed=seed,
                    n=n,
                    n_control=n_control,
                    plan_version=plan_version,
                    note=text,
                    status="requested",
                    requested_by=self.database.who,
                    requested_at=change.at,
                    row_version=1,
                )
            )
            change.ids["request_id"] = number = int(done.inserted_primary_key[0])  # type: ignore[index]
            return number

    @writes("contributor")
    def approve(self, request_id: int, note: str = "") -> None:
        """Approve a request of somebody else.

        Raises
        ------
        NotAllowed
            If it is one's own.
        ParameterProblem
            If it is no longer open.
        """
        self._decide(request_id, "approved", note)

    @writes("contributor")
    def refuse(self, request_id: int, reason: str) -> None:
        """Refuse a request of somebody else.

        Raises
        ------
        NotAllowed
            If it is one's own.
        ParameterProblem
            If it is no longer open, or there is no reason.
        """
        if not reason.strip():
            raise ParameterProblem("strategy_launch.error.refusal_reason")
        self._decide(request_id, "refused", reason)

    def _decide(self, request_id: int, status: str, note: str) -> None:
        text = _text(note)
        with self.database.writing(f"launch.{status}", request_id=request_id) as change:
            row = self._row(change, request_id)
            if same_person(row.requested_by, self.database.who):
                raise NotAllowed(
                    "strategy_launch.error.same_person", request=request_id, who=self.database.who
                )
            self._refuse_closed(row, ("requested",))
            change.ids["sha256"] = row.sha256
            self._set(
                change,
                row,
                status=status,
                decided_by=self.database.who,
                decided_at=change.at,
                decision_note=text,
            )

    @writes("analyst")
    def withdraw(self, request_id: int, reason: str = "") -> None:
        """Take a request back before it is launched.

        Raises
        ------
        ParameterProblem
            If it was refused, withdrawn or launched already.
        """
        text = _text(reason)
        with self.database.writing("launch.withdrawn", request_id=request_id, reason=text) as change:
            row = self._row(change, request_id)
            self._refuse_closed(row, _OPEN)
            self._set(change, row, status="withdrawn", closed_by=self.database.who, closed_at=change.at)

    @writes("analyst")
    def close(self, request_id: int, list_ids: Sequence[str]) -> None:
        """Record that an approved request's lists are launched.

        Raises
        ------
        ParameterProblem
            If it is not approved.
        """
        with self.database.writing(
            "launch.launched", request_id=request_id, list_ids=list(list_ids)
        ) as change:
            row = self._row(change, request_id)
            if row.status == "launched":
                return
            self._refuse_closed(row, ("approved",))
            self._set(
                change,
                row,
                status="launched",
                closed_by=self.database.who,
                closed_at=change.at,
                list_ids=canonical_json(list(list_ids)),
            )

    @reads
    def rows(self, cycle_id: str) -> list[dict[str, Any]]:
        """Return the requests of a cycle, oldest first; ``list_ids`` is a list."""
        table = schema.launch_requests
        query = sa.select(table).where(table.c.cycle_id == cycle_id).order_by(table.c.request_id)
        with self.database.reading() as connection:
            return [_plain(row._mapping) for row in connection.execute(query)]

    @reads
    def find(self, request_id: int) -> dict[str, Any]:
        """Return one request.

        Raises
        ------
        NotFound
            If there is none of that number.
        """
        table = schema.launch_requests
        with self.database.reading() as connection:
            row = connection.execute(sa.select(table).where(table.c.request_id == request_id)).one_or_none()
        if row is None:
            raise NotFound("strategy_launch.error.no_request", request=request_id)
        return _plain(row._mapping)

    @reads
    def launched_alone(self, cycle_id: str) -> int:
        """Return how many customers of a cycle's lists were launched without a second person."""
        with self.database.reading() as connection:
            return _launched_alone(connection, cycle_id)

    @reads
    def has_passed(self, cycle_id: str, sha256: str) -> bool:
        """Say whether a second person has approved this very selection in this cycle."""
        with self.database.reading() as connection:
            return sha256 in _passed(connection, cycle_id)

    def _row(self, change: Change, request_id: int) -> Any:
        table = schema.launch_requests
        row = change.execute(sa.select(table).where(table.c.request_id == request_id)).one_or_none()
        if row is None:
            raise NotFound("strategy_launch.error.no_request", request=request_id)
        return row

    @staticmethod
    def _refuse_closed(row: Any, wanted: tuple[str, ...]) -> None:
        if row.status in wanted:
            return
        if row.status == "requested":
            raise ParameterProblem("strategy_launch.error.request_waits", request=row.request_id)
        raise ParameterProblem(
            "strategy_launch.error.request_closed",
            request=row.request_id,
            status=row.status,
            who=row.closed_by or row.decided_by,
        )

    @staticmethod
    def _set(change: Change, row: Any, **values: Any) -> None:
        refuse_late(change, row.cycle_id, "approvals")
        table = schema.launch_requests
        change.execute(
            sa.update(table)
            .where(table.c.request_id == row.request_id)
            .values(row_version=row.row_version + 1, **values)
        )


def same_person(one: str, other: str) -> bool:
    """Say whether two names are one account's, however it is written.

    Examples
    --------
    >>> same_person("Lin", " lin"), same_person("lin", "wang")
    (True, False)
    """
    return one.strip().casefold() == other.strip().casefold()


def refuse_alone(change: Change, cycle_id: str, n: int, sha256: str, four_eyes: int) -> None:
    """Refuse, inside a write, a list that one person may not launch alone.

    What one person launched in the cycle before counts too, so that a large list can't be
    launched in small pieces.

    Raises
    ------
    ParameterProblem
        If the cycle's lists would grow above the size without an approval of this selection.
    """
    if sha256 and sha256 in _passed(change.connection, cycle_id):
        return
    total = _launched_alone(change.connection, cycle_id) + n
    if total > four_eyes:
        raise ParameterProblem("strategy_launch.error.four_eyes", n=f"{total:,}", most=f"{four_eyes:,}")


def _passed(connection: sa.Connection, cycle_id: str) -> set[str]:
    table = schema.launch_requests
    query = sa.select(table.c.sha256).where(table.c.cycle_id == cycle_id, table.c.status.in_(_PASSED))
    return set(connection.execute(query).scalars())


def _launched_alone(connection: sa.Connection, cycle_id: str) -> int:
    lists, artefacts = schema.target_lists, schema.artefacts
    passed = _passed(connection, cycle_id)
    query = (
        sa.select(lists.c.n, artefacts.c.summary)
        .join(artefacts, artefacts.c.artefact_id == lists.c.artefact_id)
        .where(lists.c.cycle_id == cycle_id)
    )
    return sum(
        int(row.n)
        for row in connection.execute(query)
        if json.loads(row.summary).get("selection") not in passed
    )


def _text(text: str) -> str:
    kept = text.strip()
    if len(kept) > LONGEST:
        raise ParameterProblem("store.error.long_text", n=len(kept), longest=LONGEST)
    return kept


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    values = {str(name): value for name, value in row.items()}
    return values | {"list_ids": json.loads(values["list_ids"]) if values["list_ids"] else []}

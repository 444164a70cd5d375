"""What the front line says of strategies, and the changes that it asks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.errors import NotAllowed, ParameterProblem
from workbench.store import schema
from workbench.store import schema_execution as execution
from workbench.store import schema_feedback as tables
from workbench.store.area import Area, only_row, refuse_lost_edit
from workbench.store.content import canonical_json
from workbench.store.database import Change
from workbench.store.roles import may, reads, writes
from workbench.store.room_moves import checked_text

if TYPE_CHECKING:
    import datetime as dt

MESSAGE_PREFIXES = ("execution_feedback.error.is_",)
STATES = ("asked", "accepted", "declined", "done")
"""States of a request; declined and done are its ends."""
LONGEST_KEY = 80
LONGEST_NOTE = 1_000
LONGEST_REQUEST = 600
NOTE_FIELDS = ("code", "strategy_id", "segment", "script_version", "step", "list_id", "lease_id", "text")
"""What makes two notes under one key the same."""
_PERSONAL = ("text", "who", "taken_back_by")
_PERSONAL_OF_REQUEST = ("what", "why", "answer", "asked_by", "answered_by", "done_by")


class Feedback(Area):
    """Notes of the front line under codes, and requests to change a strategy."""

    @writes("contributor")
    def give(
        self, cycle_id: str, key: str, note: Mapping[str, Any], given_at: dt.datetime | None = None
    ) -> int:
        """Keep what somebody says of a strategy, and return its number; under one key it is kept once.

        Parameters
        ----------
        cycle_id : str
            The cycle.
        key : str
            Made up by the page for this press.
        note : mapping
            `NOTE_FIELDS`, and ``contact_id``. With a lease or a contact, list and strategy
            must be theirs.
        given_at : datetime.datetime, optional
            When it was said, UTC; by default now.

        Raises
        ------
        ParameterProblem
            If there is no key, something else was given under it, the text is too long, the
            moment lies ahead, or the lease, list or contact is another strategy's.
        NotFound
            If there is no such strategy, list, lease or contact.
        """
        _check_key(key)
        text = str(note.get("text") or "")
        values = {**note, "text": checked_text(text, LONGEST_NOTE) if text.strip() else ""}
        table = tables.notes
        with self.database.writing("feedback.give", strategy_id=note["strategy_id"]) as change:
            before = change.execute(sa.select(table).where(table.c.note_key == key)).one_or_none()
            if before is not None:
                if before.who != self.database.who or any(
                    getattr(before, name) != values[name] for name in NOTE_FIELDS
                ):
                    raise ParameterProblem("execution_feedback.error.key_used", key=key)
                change.ids.update(note_id=before.note_id, already=True)
                return int(before.note_id)
            if given_at is not None and given_at > change.at:
                raise ParameterProblem("execution_feedback.error.ahead", at=f"{given_at:%Y-%m-%d %H:%M}")
            self._need_strategy(change, cycle_id, values)
            self._need_source(change, values)
            done = change.execute(
                sa.insert(table).values(
                    note_key=key,
                    cycle_id=cycle_id,
                    given_at=given_at or change.at,
                    at=change.at,
                    who=self.database.who,
                    **values,
                )
            )
            change.ids["note_id"] = number = int(done.inserted_primary_key[0])  # type: ignore[index]
            return number

    @writes("contributor")
    def at_once(self, give: Callable[[], Any]) -> Any:
        """Give many notes in one write: all of them are kept, or none."""
        with self.database.writing("feedback.give_many"):
            return give()

    @writes("contributor")
    def take_back(self, note_id: int) -> None:
        """Take back what was given by mistake: it is counted no more. Twice is once.

        Raises
        ------
        NotFound
            If there is no such note.
        NotAllowed
            If it is another person's, and the role is not an analyst's.
        """
        table = tables.notes
        with self.database.writing("feedback.take_back", note_id=note_id) as change:
            wanted = table.c.note_id == note_id
            row = only_row(change, table, wanted, absent="execution_feedback.error.no_note", note=note_id)
            if row.who != self.database.who and not may(self.database.role, "analyst"):
                raise NotAllowed("execution_feedback.error.not_yours", note=note_id)
            if row.taken_back_at is None:
                values = {"taken_back_at": change.at, "taken_back_by": self.database.who}
                change.execute(sa.update(table).where(wanted).values(**values))

    @reads
    def rows(self, cycle_id: str, strategy_id: str | None = None) -> list[dict[str, Any]]:
        """Return a cycle's notes that were not taken back, oldest first.

        ``contact_id`` is the one that came of the lease where there is none of its own. Who
        only reads is told no text and no name.
        """
        table, leases = tables.notes, execution.leases
        contact = sa.func.coalesce(table.c.contact_id, leases.c.contact_id).label("contact_id")
        columns = [column for column in table.c if column.name != "contact_id"]
        query = (
            sa.select(*columns, contact)
            .join_from(table, leases, table.c.lease_id == leases.c.lease_id, isouter=True)
            .where(table.c.cycle_id == cycle_id, table.c.taken_back_at.is_(None))
            .order_by(table.c.given_at, table.c.note_id)
        )
        if strategy_id is not None:
            query = query.where(table.c.strategy_id == strategy_id)
        with self.database.reading() as connection:
            found = [dict(row._mapping) for row in connection.execute(query)]
        if not may(self.database.role, "contributor"):
            hidden = {**dict.fromkeys(_PERSONAL, ""), "lease_id": None, "contact_id": None}
            return [{**row, **hidden} for row in found]
        return found

    # Changes that are asked for ----------------------------------------------------

    @writes("contributor")
    def ask(self, cycle_id: str, key: str, request: Mapping[str, Any]) -> int:
        """Ask for a change of a strategy, and return the request's number; under one key it is asked once.

        Parameters
        ----------
        cycle_id : str
            The cycle.
        key : str
            Made up by the page for this press.
        request : mapping
            ``strategy_id``, ``code`` (or empty), ``what``, ``why`` and ``evidence`` (as JSON
            holds it).

        Raises
        ------
        ParameterProblem
            If there is no key, something else was asked under it, or a text is empty or too long.
        NotFound
            If the cycle has no such strategy.
        """
        _check_key(key)
        values = {name: str(request[name]) for name in ("strategy_id", "code")}
        values |= {name: checked_text(str(request[name]), LONGEST_REQUEST) for name in ("what", "why")}
        table = tables.requests
        with self.database.writing("change_request.ask", strategy_id=values["strategy_id"]) as change:
            before = change.execute(sa.select(table).where(table.c.request_key == key)).one_or_none()
            if before is not None:
                if before.asked_by != self.database.who or any(
                    getattr(before, name) != value for name, value in values.items()
                ):
                    raise ParameterProblem("execution_feedback.error.key_used", key=key)
                change.ids.update(request_id=before.request_id, already=True)
                return int(before.request_id)
            self._need_strategy(change, cycle_id, values)
            done = change.execute(
                sa.insert(table).values(
                    request_key=key,
                    cycle_id=cycle_id,
                    evidence=canonical_json(dict(request["evidence"])),
                    state="asked",
                    asked_at=change.at,
                    asked_by=self.database.who,
                    answer="",
                    row_version=1,
                    **values,
                )
            )
            change.ids["request_id"] = number = int(done.inserted_primary_key[0])  # type: ignore[index]
            return number

    @writes("analyst")
    def accept(
        self,
        request_id: int,
        cycle_id: str,
        draft_card: Callable[[dict[str, Any]], str],
        *,
        answer: str = "",
        expected_version: int | None = None,
    ) -> str:
        """Accept a request, and draft the card that it leads to, both or neither; return the card.

        Parameters
        ----------
        request_id : int
            Which.
        cycle_id : str
            The cycle in which the card is drafted.
        draft_card : callable
            From the request to the new card's strategy_id; called inside the write.
        answer : str, default=""
            What whoever asked is told.
        expected_version : int, optional
            The ``row_version`` that was looked at.

        Raises
        ------
        NotFound
            If there is no such request.
        ParameterProblem
            If it was answered before.
        Conflict
            If somebody else changed it first.
        """
        told = checked_text(answer, LONGEST_REQUEST) if answer.strip() else ""
        with self.database.writing("change_request.accept", request_id=request_id) as change:
            row = self._standing(change, request_id, ("asked",), {"answer": told}, expected_version)
            card_id = draft_card(_request(row))
            change.ids["card_id"] = card_id
            self._answer(change, row, "accepted", told, card_id=card_id, card_cycle_id=cycle_id)
            return card_id

    @writes("analyst")
    def decline(self, request_id: int, reason: str, *, expected_version: int | None = None) -> None:
        """Decline a request; whoever asked is told the reason.

        Raises
        ------
        NotFound
            If there is no such request.
        ParameterProblem
            If no reason is given, or it was answered before.
        Conflict
            If somebody else changed it first.
        """
        told = checked_text(reason, LONGEST_REQUEST)
        with self.database.writing("change_request.decline", request_id=request_id) as change:
            row = self._standing(change, request_id, ("asked",), {"answer": told}, expected_version)
            self._answer(change, row, "declined", told)

    @writes("analyst")
    def finish(self, request_id: int, *, expected_version: int | None = None) -> None:
        """Say that an accepted change is made.

        Raises
        ------
        NotFound
            If there is no such request.
        ParameterProblem
            If it was not accepted.
        Conflict
            If somebody else changed it first.
        """
        with self.database.writing("change_request.finish", request_id=request_id) as change:
            row = self._standing(change, request_id, ("accepted",), {"state": "done"}, expected_version)
            self._set(change, row, state="done", done_at=change.at, done_by=self.database.who)

    @reads
    def find(self, request_id: int) -> dict[str, Any]:
        """Return one request; see `requests`.

        Raises
        ------
        NotFound
            If there is none of that number.
        """
        with self.database.reading() as connection:
            return self._shown(_request(_find(connection, request_id)))

    @reads
    def requests(self, strategy_id: str | None = None) -> list[dict[str, Any]]:
        """Return the requests of all cycles, the newest first, with ``evidence`` as a dictionary.

        Who only reads is told no text and no name.
        """
        table = tables.requests
        query = sa.select(table).order_by(table.c.request_id.desc())
        if strategy_id is not None:
            query = query.where(table.c.strategy_id == strategy_id)
        with self.database.reading() as connection:
            return [self._shown(_request(row)) for row in connection.execute(query)]

    def _shown(self, row: dict[str, Any]) -> dict[str, Any]:
        if may(self.database.role, "contributor"):
            return row
        return {**row, **dict.fromkeys(_PERSONAL_OF_REQUEST, ""), "evidence": {}}

    @staticmethod
    def _need_strategy(change: Change, cycle_id: str, values: Mapping[str, Any]) -> None:
        table = schema.strategies
        wanted = (table.c.cycle_id == cycle_id, table.c.strategy_id == values["strategy_id"])
        absent = "execution_feedback.error.no_strategy"
        only_row(change, table, *wanted, absent=absent, strategy=values["strategy_id"])

    @staticmethod
    def _need_source(change: Change, values: Mapping[str, Any]) -> None:
        """Refuse a list, lease or contact of another strategy."""
        sources: tuple[tuple[str, sa.Table], ...] = (
            ("list_id", schema.target_lists),
            ("lease_id", execution.leases),
            ("contact_id", schema.contacts),
        )
        for name, table in sources:
            if values.get(name) is None:
                continue
            wanted = table.c[name] == values[name]
            row = only_row(
                change, table, wanted, absent="execution_feedback.error.no_source", source=values[name]
            )
            if row.strategy_id != values["strategy_id"]:
                raise ParameterProblem(
                    "execution_feedback.error.other_strategy",
                    strategy=values["strategy_id"],
                    other=row.strategy_id,
                )

    @staticmethod
    def _standing(
        change: Change,
        request_id: int,
        states: tuple[str, ...],
        wanted: dict[str, Any],
        expected_version: int | None,
    ) -> Any:
        row = _find(change.connection, request_id)
        if expected_version is not None:
            standing = {"state": row.state, "answer": row.answer}
            what = f"request {request_id}"
            refuse_lost_edit(standing, wanted, expected_version, row.row_version, what)
        if row.state not in states:
            raise ParameterProblem(
                f"execution_feedback.error.is_{row.state}",
                request=request_id,
                who=row.answered_by or "–",
                card=row.card_id or "–",
            )
        return row

    def _answer(self, change: Change, row: Any, state: str, answer: str, **more: Any) -> None:
        told = {"answer": answer, "answered_at": change.at, "answered_by": self.database.who}
        self._set(change, row, state=state, **told, **more)

    @staticmethod
    def _set(change: Change, row: Any, **values: Any) -> None:
        table = tables.requests
        change.execute(
            sa.update(table)
            .where(table.c.request_id == row.request_id)
            .values(row_version=row.row_version + 1, **values)
        )


def _check_key(key: str) -> None:
    if not 1 <= len(key) <= LONGEST_KEY:
        raise ParameterProblem("execution_feedback.error.key", longest=LONGEST_KEY)


def _find(connection: sa.Connection, request_id: int) -> Any:
    table = tables.requests
    absent = "execution_feedback.error.no_request"
    return only_row(connection, table, table.c.request_id == request_id, absent=absent, request=request_id)


def _request(row: Any) -> dict[str, Any]:
    return {**dict(row._mapping), "evidence": json.loads(row.evidence)}

"""Opportunities with companies: what stands now, and everything that happened to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.errors import ParameterProblem
from workbench.store import schema_pipeline as tables
from workbench.store.area import Area, frame_of
from workbench.store.database import Change
from workbench.store.opportunity_loads import LONGEST_SOURCE, add_loaded
from workbench.store.opportunity_rows import (
    COLUMNS,
    EVENT_COLUMNS,
    LONGEST_NOTE,
    LOST,
    OPEN,
    WON,
    add_event,
    again_of,
    checked_key,
    checked_values,
    content_of,
    direction_of,
    event_under,
    find_opportunity,
    plain_text,
    refuse_missing,
    refuse_old_template,
    set_row,
)
from workbench.store.roles import reads, writes

if TYPE_CHECKING:
    import pandas as pd


class Opportunities(Area):
    """Opportunities. A row is what stands now; their history is only added to."""

    @writes("contributor")
    def open(
        self,
        key: str,
        customer_id: str,
        step: str,
        values: Mapping[str, Any],
        *,
        template_version: int,
        cycle_id: str | None = None,
        strategy_id: str | None = None,
        needed: Mapping[str, str] | None = None,
    ) -> int:
        """Open an opportunity with a company, and return its number; under one key once.

        Parameters
        ----------
        key : str
            Made up by the page for this press.
        customer_id : str
            The company.
        step : str
            The step it stands in.
        values : mapping
            offer, title, amount (hundredths), currency, expected_close, owner, next_action, next_on.
        template_version : int
            Of the steps that were offered.
        cycle_id, strategy_id : str, optional
            Where it comes from.
        needed : mapping of str to str, optional
            Questions that must have an answer before this step, see `refuse_missing`.

        Raises
        ------
        ParameterProblem
            If a value is not possible, an answer is missing, or the key was used for
            something else.
        Conflict
            If somebody changed the steps meanwhile.
        """
        checked = checked_values(values)
        content = {**checked, "customer_id": customer_id, "step": step, "strategy_id": strategy_id}
        with self.database.writing("opportunity.open") as change:
            before = event_under(change, checked_key(key), "opened", content)
            if before is not None:
                change.ids["already"] = True
                return int(before.opportunity_id)
            refuse_old_template(change, "steps", template_version)
            refuse_missing(change, customer_id, needed or {})
            who = self.database.who
            done = change.execute(
                sa.insert(tables.opportunities).values(
                    **checked,
                    customer_id=customer_id,
                    cycle_id=cycle_id,
                    strategy_id=strategy_id,
                    step=step,
                    entered_at=change.at,
                    state=OPEN,
                    reason="",
                    source="",
                    opened_at=change.at,
                    opened_by=who,
                    changed_at=change.at,
                    changed_by=who,
                )
            )
            number = int(done.inserted_primary_key[0])  # type: ignore[index]
            add_event(change, number, key, "opened", content, who=who, from_step="", to_step=step)
            return number

    @writes("contributor")
    def move(
        self,
        opportunity_id: int,
        key: str,
        to_step: str,
        *,
        order: Sequence[str],
        template_version: int,
        expected_version: int,
        needed: Mapping[str, str] | None = None,
        note: str = "",
    ) -> int:
        """Move an open opportunity to another step, and return its version; under one key once.

        Parameters
        ----------
        opportunity_id : int
            Which.
        key : str
            Made up by the page for this press.
        to_step : str
            Where to.
        order : sequence of str
            The steps that are offered, in their order.
        template_version : int
            Of these steps.
        expected_version : int
            The opportunity's version that was looked at.
        needed : mapping of str to str, optional
            Questions that must have an answer before this step, see `refuse_missing`.
        note : str, default=""
            Why; a must for going back and for leaving a step out.

        Raises
        ------
        NotFound
            If there is no such opportunity.
        ParameterProblem
            If it is closed or stands there already, the step is not offered, a reason or an
            answer is missing, or the key was used for something else.
        Conflict
            If somebody else changed the opportunity or the steps first.
        """
        why = plain_text(note, LONGEST_NOTE)
        content = {"opportunity_id": opportunity_id, "to_step": to_step, "note": why}
        with self.database.writing("opportunity.move", opportunity_id=opportunity_id) as change:
            before = event_under(change, checked_key(key), "forward", content)
            if before is not None:
                return again_of(change, before)
            refuse_old_template(change, "steps", template_version)
            row = self._open_row(change, opportunity_id)
            if to_step not in order or to_step == row.step:
                raise ParameterProblem("execution_pipeline.error.step", step=to_step, known=", ".join(order))
            event = direction_of(row.step, to_step, order)
            if event != "forward" and not why:
                raise ParameterProblem(
                    "execution_pipeline.error.why_back"
                    if event == "back"
                    else "execution_pipeline.error.why_skip"
                )
            refuse_missing(change, row.customer_id, needed or {})
            values = {"step": to_step, "entered_at": change.at}
            return self._change(change, row, key, event, content, expected_version, values)

    @writes("contributor")
    def edit(
        self, opportunity_id: int, key: str, changes: Mapping[str, Any], *, expected_version: int
    ) -> int:
        """Change what is written on an open opportunity, and return its version; under one key once.

        Raises
        ------
        NotFound
            If there is no such opportunity.
        ParameterProblem
            If it is closed, a value is not possible, or the key was used for something else.
        Conflict
            If somebody else changed it first; the difference shows both.
        """
        checked = checked_values(changes)
        with self.database.writing("opportunity.edit", opportunity_id=opportunity_id) as change:
            asked = {"opportunity_id": opportunity_id, **checked}
            before = event_under(change, checked_key(key), "edited", asked)
            if before is not None:
                return again_of(change, before)
            row = self._open_row(change, opportunity_id)
            return self._change(change, row, key, "edited", asked, expected_version, checked)

    @writes("contributor")
    def close(
        self,
        opportunity_id: int,
        key: str,
        state: str,
        reason: str,
        *,
        template_version: int,
        expected_version: int,
        amount: int | None = None,
        note: str = "",
    ) -> int:
        """Close an opportunity as won or lost, and return its version; under one key once.

        Parameters
        ----------
        opportunity_id : int
            Which.
        key : str
            Made up by the page for this press.
        state : {"won", "lost"}
            How it ended.
        reason : str
            A code of the template, which the caller has checked.
        template_version : int
            Of the steps and reasons that were offered.
        expected_version : int
            The opportunity's version that was looked at.
        amount : int, optional
            What was won in the end, hundredths; by default what was expected.
        note : str, default=""
            More about it.

        Raises
        ------
        NotFound
            If there is no such opportunity.
        ParameterProblem
            If it is closed already, or the key was used for something else.
        Conflict
            If somebody else changed the opportunity or the template first.
        """
        if state not in (WON, LOST):
            raise ParameterProblem("execution_pipeline.error.end", state=state)
        why = plain_text(note, LONGEST_NOTE)
        values = {} if amount is None else checked_values({"amount": amount})
        content = {"opportunity_id": opportunity_id, "reason": reason, "note": why, **values}
        with self.database.writing("opportunity.close", opportunity_id=opportunity_id) as change:
            before = event_under(change, checked_key(key), state, content)
            if before is not None:
                return again_of(change, before)
            refuse_old_template(change, "steps", template_version)
            row = self._open_row(change, opportunity_id)
            values |= {"state": state, "reason": reason, "closed_at": change.at}
            values |= {"next_action": "", "next_on": None}
            return self._change(change, row, key, state, content, expected_version, values)

    @writes("contributor")
    def reopen(self, opportunity_id: int, key: str, note: str, *, expected_version: int) -> int:
        """Open a closed opportunity again in the step it had, and return its version; under one key once.

        Raises
        ------
        NotFound
            If there is no such opportunity.
        ParameterProblem
            If it is open, no reason is given, or the key was used for something else.
        Conflict
            If somebody else changed it first.
        """
        why = plain_text(note, LONGEST_NOTE)
        content = {"opportunity_id": opportunity_id, "note": why}
        with self.database.writing("opportunity.reopen", opportunity_id=opportunity_id) as change:
            before = event_under(change, checked_key(key), "reopened", content)
            if before is not None:
                return again_of(change, before)
            row = find_opportunity(change, opportunity_id)
            if row.state == OPEN:
                raise ParameterProblem("execution_pipeline.error.is_open", number=opportunity_id)
            if not why:
                raise ParameterProblem("execution_pipeline.error.why_reopen")
            again = {"state": OPEN, "reason": "", "closed_at": None, "entered_at": change.at}
            return self._change(change, row, key, "reopened", content, expected_version, again)

    def _change(
        self,
        change: Change,
        row: Any,
        key: str,
        event: str,
        content: Mapping[str, Any],
        expected_version: int,
        values: Mapping[str, Any],
    ) -> int:
        """Change the row, unless somebody else did first, and add to its history."""
        who = self.database.who
        version = set_row(change, row, expected_version, who, **values)
        add_event(
            change,
            row.opportunity_id,
            key,
            event,
            content,
            who=who,
            from_step=row.step,
            to_step=str(values.get("step", row.step)),
            reason=str(content.get("reason", "")),
            note=str(content.get("note", "")),
        )
        return version

    def _open_row(self, change: Change, opportunity_id: int) -> Any:
        row = find_opportunity(change, opportunity_id)
        if row.state != OPEN:
            raise ParameterProblem("execution_pipeline.error.closed", number=opportunity_id)
        return row

    # Reading ---------------------------------------------------------------------

    @reads
    def frame(self, opportunity_id: int | None = None) -> pd.DataFrame:
        """Return the opportunities as they stand, or one, the oldest first; amounts are hundredths."""
        table = tables.opportunities
        query = sa.select(*(table.c[name] for name in COLUMNS)).order_by(table.c.opportunity_id)
        if opportunity_id is not None:
            query = query.where(table.c.opportunity_id == opportunity_id)
        with self.database.reading() as connection:
            return frame_of(connection.execute(query), COLUMNS)

    @reads
    def one(self, opportunity_id: int) -> dict[str, Any]:
        """Return one opportunity; not for viewers.

        Raises
        ------
        NotFound
            If there is none of that number.
        NotAllowed
            If the role only reads sums.
        """
        self.require("contributor")
        with self.database.reading() as connection:
            return dict(find_opportunity(connection, opportunity_id)._mapping)

    @reads
    def events(self, opportunity_id: int | None = None) -> pd.DataFrame:
        """Return what happened to one opportunity, or to all, in its order."""
        table = tables.events
        query = sa.select(*(table.c[name] for name in EVENT_COLUMNS)).order_by(table.c.at, table.c.event_id)
        if opportunity_id is not None:
            query = query.where(table.c.opportunity_id == opportunity_id)
        with self.database.reading() as connection:
            return frame_of(connection.execute(query), EVENT_COLUMNS)

    @reads
    def asked(self, opportunity_id: int) -> list[dict[str, Any]]:
        """Return what was asked for in each entry of one opportunity's history; not for viewers."""
        self.require("contributor")
        table = tables.events
        query = sa.select(table).where(table.c.opportunity_id == opportunity_id)
        with self.database.reading() as connection:
            rows = list(connection.execute(query.order_by(table.c.at, table.c.event_id)))
        return [
            {**{name: getattr(row, name) for name in EVENT_COLUMNS}, "content": content_of(row)}
            for row in rows
        ]

    @writes("analyst")
    def load(self, source: str, opportunities: Sequence[Mapping[str, Any]]) -> int:
        """Bring in opportunities of another system with their history, in one write.

        Parameters
        ----------
        source : str
            Where they come from; it stands with each of them.
        opportunities : sequence of mapping
            ``key``, ``customer_id``, the columns of `opportunity_rows.CHANGEABLE`, ``history``
            (mappings of ``key``, ``event``, ``from_step``, ``to_step``, ``reason``, ``note``, ``at``,
            ``who``, in order) and ``answers`` (``key``, ``question``, ``answer``, ``at``, ``who``). What
            came under its key before is left as it is.

        Returns
        -------
        int
            Opportunities that are new.
        """
        from_where = plain_text(source, LONGEST_SOURCE)
        with self.database.writing("opportunity.load", source=from_where) as change:
            n = add_loaded(change, from_where, opportunities)
            change.ids["n"] = n
            return n

"""Referrals: who sent which customer to whom, what became of it, and whose credit it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.errors import Conflict, ParameterProblem
from workbench.store import schema_referrals as tables
from workbench.store.area import Area, frame_of
from workbench.store.database import Change
from workbench.store.referral_changes import (
    close_row,
    credit_rows,
    event_of,
    find_referral,
    open_row,
    rules_in_force,
    set_values,
    tell,
    told_event,
)
from workbench.store.referral_rows import (
    ENDED,
    LONGEST_KEY,
    MOVES,
    Terms,
    moved,
    refuse_stranger,
    sent_row,
    state_at,
)
from workbench.store.roles import may, reads, writes

if TYPE_CHECKING:
    import pandas as pd

FLOW = (
    "referral_id",
    "kind",
    "from_unit",
    "to_unit",
    "state",
    "sent_at",
    "accept_by",
    "accepted_at",
    "work_by",
    "worked_at",
    "ended_at",
    "reason",
    "amount",
)
"""What is told of a referral where no single customer or person may be."""
SIMULATED = "(simulated)"
"""How the names of those who are not there end."""


class Referrals(Area):
    """Referrals of customers. One of a customer and kind is open at a time; every act is kept."""

    @writes("contributor")
    def send(
        self, cycle_id: str, given: Mapping[str, Any], *, by: str, key: str, previous_id: int | None = None
    ) -> int:
        """Send a customer to another unit or person, and return the referral's number.

        Parameters
        ----------
        cycle_id : str
            The cycle in which it is sent.
        given : mapping
            customer_id, kind, from_unit, to_unit, and optionally to_person, note, list_id, strategy_id.
        by : str
            Who sends.
        key : str
            Made up by the page for this press: sent again, it is sent once.
        previous_id : int, optional
            The refused, withdrawn or expired one that this one takes up again.

        Raises
        ------
        ParameterProblem
            If the kind is unknown or retired, a text is missing or too long, or somebody sends
            to themselves.
        Conflict
            If one of this customer and kind is open.
        """
        _check_key(key)
        with self.database.writing("referral.send", kind=str(given["kind"])[:40]) as change:
            before = event_of(change, key)
            if before is not None:
                row = find_referral(change, before.referral_id)
                same = (before.event, row.customer_id, row.kind, row.sent_by)
                if same != ("send", given["customer_id"], given["kind"], by):
                    raise ParameterProblem("execution_referral.error.key_used")
                change.ids.update(referral_id=row.referral_id, already=True)
                return int(row.referral_id)
            rules, version = rules_in_force(change)
            kind = rules.kind(str(given["kind"]))
            terms = Terms(version, kind.accept_days, kind.work_days, kind.sender_share)
            values = sent_row(given, terms, cycle_id=cycle_id, by=by, at=change.at)
            standing = self._make_room(change, values, by)
            values["previous_id"] = previous_id or standing
            done = change.execute(sa.insert(tables.referrals).values(**values))
            referral_id = int(done.inserted_primary_key[0])  # type: ignore[index]
            open_row(change, values, referral_id)
            tell(change, referral_id, "send", by, key=key, note=values["note"])
            change.ids["referral_id"] = referral_id
            return referral_id

    def _make_room(self, change: Change, values: Mapping[str, Any], by: str) -> int | None:
        """End an expired one of the same customer and kind; return what the sender takes up again."""
        standing, sent = tables.open_referrals, tables.referrals
        row = change.execute(
            sa.select(sent)
            .join_from(standing, sent, standing.c.referral_id == sent.c.referral_id)
            .where(standing.c.customer_id == values["customer_id"], standing.c.kind == values["kind"])
        ).one_or_none()
        if row is None:
            refused = sa.select(sent.c.referral_id).where(
                sent.c.customer_id == values["customer_id"],
                sent.c.kind == values["kind"],
                sent.c.sent_by == values["sent_by"],
                sent.c.state == "refused",
            )
            newest = change.execute(refused.order_by(sent.c.referral_id.desc()).limit(1)).scalar()
            return None if newest is None else int(newest)
        if state_at(dict(row._mapping), change.at) != "expired":
            difference = {"sent_by": (by, row.sent_by)}
            raise Conflict(
                "execution_referral.error.open",
                difference=difference,
                who=row.sent_by,
                day=f"{row.sent_at:%Y-%m-%d}",
                unit=row.to_unit,
            )
        set_values(change, row.referral_id, state="expired", ended_at=row.accept_by)
        tell(change, row.referral_id, "expire", by, at=row.accept_by)
        close_row(change, row.referral_id)
        return int(row.referral_id)

    @writes("contributor")
    def act(
        self,
        referral_id: int,
        act: str,
        *,
        by: str,
        key: str,
        reason: str = "",
        note: str = "",
        amount: int | None = None,
    ) -> str:
        """Accept, refuse, withdraw, begin, win or lose a referral; return the state it is in then.

        An analyst may act in another person's place.

        Parameters
        ----------
        referral_id : int
            Which.
        act : {"accept", "refuse", "withdraw", "begin", "win", "lose"}
            What is done.
        by : str
            Who does it.
        key : str
            Made up by the page for this press: sent again, it is done once.
        reason : str, default=""
            Its code, where it is refused, withdrawn or lost.
        note : str, default=""
            In words.
        amount : int, optional
            What was won, hundredths of a yuan.

        Raises
        ------
        NotFound, NotAllowed
            If there is no such referral, or the act is another person's.
        ParameterProblem
            If it is not possible in this state, or the reason or the amount is missing.
        Conflict
            If somebody else has accepted it.
        """
        _check_key(key)
        if act not in MOVES:
            raise ParameterProblem("execution_referral.error.act", act=act, known=", ".join(MOVES))
        with self.database.writing(f"referral.{act}", referral_id=referral_id) as change:
            before = event_of(change, key)
            if before is not None:
                if (before.referral_id, before.event, before.who) != (referral_id, act, by):
                    raise ParameterProblem("execution_referral.error.key_used")
                change.ids["already"] = True
                return str(find_referral(change, referral_id).state)
            row = dict(find_referral(change, referral_id)._mapping)
            refuse_stranger(row, act, by, helping=may(self.database.role, "analyst"))
            if act == "accept" and row["state"] == "accepted" and row["accepted_by"] == by:
                # A second press of the same hand: nothing is left to do.
                change.ids["already"] = True
                return "accepted"
            values = moved(row, act, by=by, at=change.at, reason=reason, note=note, amount=amount)
            if act in ("refuse", "withdraw", "lose"):
                rules_in_force(change)[0].check_reason(act, reason)
            set_values(change, referral_id, **values)
            tell(change, referral_id, act, by, key=key, reason=reason, note=note, amount=amount)
            if values["state"] in ENDED:
                close_row(change, referral_id)
            if act == "win":
                rows = credit_rows({**row, **values, "referral_id": referral_id}, change.at)
                change.execute(sa.insert(tables.credit), rows)
            return str(values["state"])

    @writes("analyst")
    def bring_in(self, cycle_id: str, told: Iterable[Mapping[str, Any]]) -> int:
        """Bring in referrals of the past, with what was done when; return how many.

        They go through the same states as others; terms are those in force now. All come
        in, or none.

        Parameters
        ----------
        cycle_id : str
            The cycle they belong to.
        told : iterable of mapping
            As `send` takes them, with ``sent_by``, ``sent_at`` (UTC) and ``acts``: mappings with
            act, at, by, and where the act has them reason, note, amount; in their order.

        Raises
        ------
        ParameterProblem
            If an act was not possible then.
        Conflict
            If one of the same customer and kind is open.
        """
        events: list[dict[str, Any]] = []
        credit: list[dict[str, Any]] = []
        n = 0
        with self.database.writing("referral.bring_in", cycle_id=cycle_id) as change:
            rules, version = rules_in_force(change)
            for given in told:
                kind = rules.kind(str(given["kind"]))
                terms = Terms(version, kind.accept_days, kind.work_days, kind.sender_share)
                row = sent_row(given, terms, cycle_id=cycle_id, by=given["sent_by"], at=given["sent_at"])
                made = [told_event(0, "send", row["sent_by"], row["sent_at"], note=row["note"])]
                for act in given["acts"]:
                    about = {name: act[name] for name in ("reason", "note", "amount") if name in act}
                    refuse_stranger(row, act["act"], act["by"], helping=False)
                    row |= moved(row, act["act"], by=act["by"], at=act["at"], **about)
                    made.append(told_event(0, act["act"], act["by"], act["at"], **about))
                previous = self._make_room(change, row, row["sent_by"])
                done = change.execute(sa.insert(tables.referrals).values(**row, previous_id=previous))
                row["referral_id"] = int(done.inserted_primary_key[0])  # type: ignore[index]
                events += [each | {"referral_id": row["referral_id"]} for each in made]
                if row["state"] not in ENDED:
                    open_row(change, row, row["referral_id"])
                if row["state"] == "won":
                    credit += credit_rows(row, row["ended_at"])
                n += 1
            for table, rows in ((tables.events, events), (tables.credit, credit)):
                if rows:
                    change.execute(sa.insert(table), rows)
            change.ids["n"] = n
        return n

    # Reading -------------------------------------------------------------------------

    @reads
    def rows(self, cycle_id: str | None = None, *, is_open: bool = False) -> list[dict[str, Any]]:
        """Return referrals, the oldest first; ``state`` is that of this moment.

        Parameters
        ----------
        cycle_id : str, optional
            Only those that were sent in this cycle; by default all.
        is_open : bool, default=False
            Only those that are not ended; what expired and was not sent again counts.

        Raises
        ------
        NotAllowed
            If the role may not see single customers.
        """
        self.require("contributor")
        table, standing = tables.referrals, tables.open_referrals
        query = sa.select(table).order_by(table.c.sent_at, table.c.referral_id)
        if cycle_id is not None:
            query = query.where(table.c.cycle_id == cycle_id)
        if is_open:
            query = query.join(standing, standing.c.referral_id == table.c.referral_id)
        now = self.database.clock()
        with self.database.reading() as connection:
            found = [dict(row._mapping) for row in connection.execute(query)]
        return [
            row | {"state": state_at(row, now), "was_sent_again": row["state"] == "expired"} for row in found
        ]

    @reads
    def find(self, referral_id: int) -> dict[str, Any]:
        """Return one referral; ``state`` is that of this moment.

        Raises
        ------
        NotFound
            If there is none of that number.
        NotAllowed
            If the role may not see single customers.
        """
        self.require("contributor")
        now = self.database.clock()
        with self.database.reading() as connection:
            row = dict(find_referral(connection, referral_id)._mapping)
        return row | {"state": state_at(row, now)}

    @reads
    def events(self, referral_id: int) -> pd.DataFrame:
        """Return what happened to a referral: event, reason, note, amount, at, who; the oldest first."""
        self.require("contributor")
        table = tables.events
        columns = [table.c[name] for name in ("event", "reason", "note", "amount", "at", "who")]
        query = sa.select(*columns).where(table.c.referral_id == referral_id).order_by(table.c.event_id)
        with self.database.reading() as connection:
            return frame_of(connection.execute(query), [column.name for column in columns])

    @reads
    def flow(self, cycle_id: str | None = None) -> pd.DataFrame:
        """Return the referrals without customers and persons, for sums.

        Returns
        -------
        pandas.DataFrame
            `FLOW`, and is_simulated: whether its sender's name says that they are simulated.
        """
        table = tables.referrals
        told = table.c.sent_by.endswith(SIMULATED, autoescape=True).label("is_simulated")
        query = sa.select(*(table.c[name] for name in FLOW), told).order_by(table.c.referral_id)
        if cycle_id is not None:
            query = query.where(table.c.cycle_id == cycle_id)
        now = self.database.clock()
        with self.database.reading() as connection:
            rows = [dict(row._mapping) for row in connection.execute(query)]
        frame = frame_of(
            ((row | {"state": state_at(row, now)}).values() for row in rows), (*FLOW, "is_simulated")
        )
        return frame.astype({"is_simulated": "bool"})

    @reads
    def credit(self, cycle_id: str | None = None, *, by_person: bool = False) -> pd.DataFrame:
        """Return what was credited: side, unit (and person), n, amount (hundredths of a yuan).

        Raises
        ------
        NotAllowed
            If persons are asked for by a role that may see sums only.
        """
        if by_person:
            self.require("contributor")
        table, sent = tables.credit, tables.referrals
        keys = [table.c.side, table.c.unit, *([table.c.person] if by_person else [])]
        query = sa.select(*keys, sa.func.count().label("n"), sa.func.sum(table.c.amount).label("amount"))
        if cycle_id is not None:
            query = query.join(sent, sent.c.referral_id == table.c.referral_id)
            query = query.where(sent.c.cycle_id == cycle_id)
        names = [key.name for key in keys] + ["n", "amount"]
        with self.database.reading() as connection:
            rows = connection.execute(query.group_by(*keys).order_by(*keys))
            return frame_of(((*row[:-1], int(row[-1])) for row in rows), names)


def _check_key(key: str) -> None:
    if not key or len(key) > LONGEST_KEY:
        raise ParameterProblem("execution_desk.error.key")

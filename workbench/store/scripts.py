"""Branching scripts of strategies: versions, which one is in use, and the calls made with them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from workbench.errors import Conflict, NotFound, ParameterProblem
from workbench.store import schema
from workbench.store import schema_scripts as tables
from workbench.store.area import Area
from workbench.store.content import canonical_json, hash_text
from workbench.store.database import Change
from workbench.store.late import refuse_late
from workbench.store.roles import reads, writes

LONGEST_KEY = 80
"""Characters of a run's key."""
LONGEST_NOTE = 1_000
_LONGEST_TITLE = 400
RUN_FIELDS = ("strategy_id", "version", "list_id", "customer_id", "contact_id", "segment", "moves")
"""What makes two runs under one key the same."""


class Scripts(Area):
    """Scripts of strategies. Nothing is changed or deleted: versions, uses and runs are added."""

    @writes("analyst")
    def save(
        self,
        cycle_id: str,
        strategy_id: str,
        text: str,
        *,
        offer: str = "",
        title: str = "",
        lang: str = "en",
        note: str = "",
        expected_version: int | None = None,
        use: bool = True,
    ) -> int:
        """Add a version of a strategy's script, and return its number; the newest text again adds none.

        Parameters
        ----------
        cycle_id, strategy_id : str
            Whose script.
        text : str
            The script.
        offer, title, lang : str
            What it offers, its title, and the language it is written in.
        note : str, default=""
            Why it was changed.
        expected_version : int, optional
            The newest version when editing began, 0 for none; by default whatever stands.
        use : bool, default=True
            Whether it is what callers see from now on.

        Raises
        ------
        NotFound
            If the cycle has no such strategy.
        Conflict
            If somebody saved a version meanwhile.
        ParameterProblem
            If the cycle is frozen or closed.
        """
        kept = text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
        with self.database.writing("script.save", cycle_id=cycle_id, strategy_id=strategy_id) as change:
            refuse_late(change, cycle_id, "cards")
            self._need_strategy(change, cycle_id, strategy_id)
            newest = _newest(change, strategy_id)
            number = newest.version if newest is not None else 0
            if expected_version is not None and expected_version != number:
                raise Conflict(
                    "execution_coach.error.changed",
                    difference={"text": (kept, newest.text if newest is not None else "")},
                    strategy=strategy_id,
                    who=newest.saved_by if newest is not None else "-",
                    version=number,
                    expected=expected_version,
                )
            if newest is None or newest.text != kept:
                number += 1
                change.execute(
                    sa.insert(tables.versions).values(
                        strategy_id=strategy_id,
                        version=number,
                        cycle_id=cycle_id,
                        offer=offer,
                        title=title[:_LONGEST_TITLE],
                        lang=lang,
                        text=kept,
                        sha256=hash_text(kept),
                        note=note.strip()[:LONGEST_NOTE],
                        saved_at=change.at,
                        saved_by=self.database.who,
                    )
                )
            change.ids["version"] = number
            if use:
                self._use(change, cycle_id, strategy_id, number, note=note)
            return int(number)

    @writes("analyst")
    def use(
        self,
        cycle_id: str,
        strategy_id: str,
        version: int,
        *,
        other_version: int | None = None,
        share: float | None = None,
        seed: int | None = None,
        note: str = "",
    ) -> None:
        """Let callers see a version from now on, or two side by side in a trial.

        Raises
        ------
        NotFound
            If there is no such version.
        ParameterProblem
            If both versions are the same, or the cycle is frozen or closed.
        """
        if version == other_version:
            raise ParameterProblem("execution_coach.error.one_script", version=version)
        with self.database.writing("script.use", cycle_id=cycle_id, strategy_id=strategy_id) as change:
            refuse_late(change, cycle_id, "cards")
            for wanted in (version, other_version):
                if wanted is not None:
                    self._find(change.connection, strategy_id, wanted)
            change.ids.update(version=version, other_version=other_version)
            self._use(change, cycle_id, strategy_id, version, other_version, share, seed, note)

    @reads
    def versions(self, strategy_id: str | None = None) -> list[dict[str, Any]]:
        """Return the versions of a strategy's script, or of all, oldest first."""
        table = tables.versions
        query = sa.select(table).order_by(table.c.script_id)
        if strategy_id is not None:
            query = query.where(table.c.strategy_id == strategy_id)
        with self.database.reading() as connection:
            return [dict(row._mapping) for row in connection.execute(query)]

    @reads
    def find(self, strategy_id: str, version: int) -> dict[str, Any]:
        """Return one version.

        Raises
        ------
        NotFound
            If there is none of that number.
        """
        with self.database.reading() as connection:
            return dict(self._find(connection, strategy_id, version)._mapping)

    @reads
    def uses(self, strategy_id: str, cycle_ids: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Return what was in use when, oldest first; the last is in use, until further notice."""
        table = tables.uses
        query = sa.select(table).where(table.c.strategy_id == strategy_id).order_by(table.c.use_id)
        if cycle_ids is not None:
            query = query.where(table.c.cycle_id.in_(list(cycle_ids)))
        with self.database.reading() as connection:
            return [dict(row._mapping) for row in connection.execute(query)]

    @writes("contributor")
    def record_run(self, cycle_id: str, key: str, run: Mapping[str, Any]) -> int:
        """Record a call made with a script, and return its number; under one key it is recorded once.

        Parameters
        ----------
        cycle_id : str
            The cycle of the list that was worked.
        key : str
            Of this call, made by whoever records it.
        run : mapping
            `RUN_FIELDS` (``contact_id`` may be None), ``steps`` (reached, without the end),
            ``end_step`` (empty where the call broke off) and ``disposition``.

        Raises
        ------
        ParameterProblem
            If there is no key, another call was recorded under it, or the cycle is frozen.
        NotFound
            If there is no such version, or no such contact with the customer.
        """
        if not 1 <= len(key) <= LONGEST_KEY:
            raise ParameterProblem("execution_coach.error.key", longest=LONGEST_KEY)
        moves = canonical_json(list(run["moves"]))
        values = {**run, "version": int(run["version"]), "moves": moves}
        table = tables.runs
        with self.database.writing("script.run", strategy_id=run["strategy_id"]) as change:
            before = change.execute(sa.select(table).where(table.c.run_key == key)).one_or_none()
            if before is not None:
                if any(getattr(before, name) != values[name] for name in RUN_FIELDS):
                    raise ParameterProblem("execution_coach.error.key_used", key=key)
                change.ids["run_id"] = before.run_id
                return int(before.run_id)
            refuse_late(change, cycle_id, "results")
            self._find(change.connection, run["strategy_id"], run["version"])
            if run["contact_id"] is not None:
                _need_contact(change, run)
            values |= {"steps": canonical_json(list(run["steps"])), "at": change.at}
            done = change.execute(
                sa.insert(table).values(run_key=key, cycle_id=cycle_id, who=self.database.who, **values)
            )
            change.ids["run_id"] = number = int(done.inserted_primary_key[0])  # type: ignore[index]
            return number

    @writes("analyst")
    def bring_in(self, cycle_id: str, told: Mapping[str, Mapping[str, Any]]) -> int:
        """Bring in calls of the past, each under its key; return how many. All come in, or none.

        Parameters
        ----------
        cycle_id : str
            The cycle of the lists that were worked.
        told : mapping of str to mapping
            Key → the call as `record_run` takes it, with ``at`` (UTC); a key that is known is passed over.

        Raises
        ------
        ParameterProblem
            If the cycle is frozen.
        """
        table = tables.runs
        with self.database.writing("script.bring_in", cycle_id=cycle_id) as change:
            refuse_late(change, cycle_id, "results")
            known = set(change.execute(sa.select(table.c.run_key)).scalars())
            rows = [
                {
                    **run,
                    "run_key": key,
                    "cycle_id": cycle_id,
                    "who": self.database.who,
                    "moves": canonical_json(list(run["moves"])),
                    "steps": canonical_json(list(run["steps"])),
                }
                for key, run in told.items()
                if key not in known
            ]
            if rows:
                change.execute(sa.insert(table), rows)
            change.ids["n"] = len(rows)
            return len(rows)

    @reads
    def runs(
        self, strategy_id: str | None = None, version: int | None = None, cycle_id: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the calls, oldest first, with ``moves`` and ``steps`` as lists."""
        table = tables.runs
        query = sa.select(table).order_by(table.c.run_id)
        for column, wanted in (("strategy_id", strategy_id), ("version", version), ("cycle_id", cycle_id)):
            if wanted is not None:
                query = query.where(table.c[column] == wanted)
        with self.database.reading() as connection:
            found = [dict(row._mapping) for row in connection.execute(query)]
        return [{**r, "moves": json.loads(r["moves"]), "steps": json.loads(r["steps"])} for r in found]

    def _use(
        self,
        change: Change,
        cycle_id: str,
        strategy_id: str,
        version: int,
        other_version: int | None = None,
        share: float | None = None,
        seed: int | None = None,
        note: str = "",
    ) -> None:
        change.execute(
            sa.insert(tables.uses).values(
                strategy_id=strategy_id,
                cycle_id=cycle_id,
                version=int(version),
                other_version=None if other_version is None else int(other_version),
                share=share,
                seed=seed,
                note=note.strip()[:LONGEST_NOTE],
                since=change.at,
                who=self.database.who,
            )
        )

    @staticmethod
    def _find(connection: sa.Connection, strategy_id: str, version: int) -> Any:
        table = tables.versions
        query = sa.select(table).where(table.c.strategy_id == strategy_id, table.c.version == int(version))
        row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFound("execution_coach.error.no_script", strategy=strategy_id, version=f" {version}")
        return row

    @staticmethod
    def _need_strategy(change: Change, cycle_id: str, strategy_id: str) -> None:
        table = schema.strategies
        query = sa.select(table.c.strategy_id).where(
            table.c.cycle_id == cycle_id, table.c.strategy_id == strategy_id
        )
        if change.execute(query).first() is None:
            raise NotFound("execution_coach.error.no_strategy", strategy=strategy_id)


def _newest(change: Change, strategy_id: str) -> Any:
    table = tables.versions
    query = sa.select(table).where(table.c.strategy_id == strategy_id).order_by(table.c.version.desc())
    return change.execute(query.limit(1)).one_or_none()


def _need_contact(change: Change, run: Mapping[str, Any]) -> None:
    """Refuse a contact that is not one with this customer on this list."""
    table = schema.contacts
    named = [table.c[name] == run[name] for name in ("contact_id", "list_id", "customer_id")]
    if change.execute(sa.select(table.c.contact_id).where(*named)).first() is None:
        raise NotFound("execution_coach.error.no_contact", contact=run["contact_id"])

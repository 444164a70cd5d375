"""Strategy cards and the target lists that were launched from them."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from workbench.errors import Conflict, NotFound, ParameterProblem
from workbench.store import schema
from workbench.store.approvals import FOUR_EYES, refuse_alone
from workbench.store.area import Area, refuse_lost_edit
from workbench.store.content import canonical_json
from workbench.store.database import Change
from workbench.store.late import refuse_late
from workbench.store.roles import reads, writes

FIRST_VERSION = "1"
"""Version of a card's first script."""
_SCRIPTS = "scripts"
"""Where a stored card keeps the scripts that it had before."""
_NAMED = ("name", "objective", "segment", "scenario", "offer", "channel")


class Cards(Area):
    """The strategies of a cycle; each is a row with a version."""

    @reads
    def rows(self, cycle_id: str) -> list[dict[str, Any]]:
        """Return the cards of a cycle in their order, each with its ``row_version``."""
        table = schema.strategies
        with self.database.reading() as connection:
            query = sa.select(table).where(table.c.cycle_id == cycle_id).order_by(table.c.position)
            return [
                _shown(row)
                | {
                    "row_version": row.row_version,
                    "updated_at": row.updated_at,
                    "updated_by": row.updated_by,
                }
                for row in connection.execute(query)
            ]

    @reads
    def scripts(self, cycle_id: str, strategy_id: str) -> list[dict[str, Any]]:
        """Return the scripts of a card, oldest first, the one in use last.

        Each has version, script, until (when it was replaced) and by (by whom); the last
        two are None for the one in use.

        Raises
        ------
        NotFound
            If the cycle has no such card.
        """
        table = schema.strategies
        with self.database.reading() as connection:
            row = connection.execute(sa.select(table).where(*_key(cycle_id, strategy_id))).one_or_none()
        if row is None:
            raise NotFound("store.error.no_card", strategy=strategy_id)
        card = json.loads(row.card)
        now = {"version": _version(card), "script": card.get("script") or "", "until": None, "by": None}
        return [*card.get(_SCRIPTS, []), now]

    @writes("analyst")
    def replace(self, cycle_id: str, cards: Sequence[Mapping[str, Any]]) -> None:
        """Make these the cycle's cards. Cards with a launched list can't be left out.

        Raises
        ------
        ParameterProblem
            If a card that is left out has a launched list.
        """
        table = schema.strategies
        with self.database.writing("strategies.replace", cycle_id=cycle_id) as change:
            refuse_late(change, cycle_id, "cards")
            there = {row.strategy_id: row for row in self._there(change, cycle_id)}
            wanted = [str(card["strategy_id"]) for card in cards]
            lists = schema.target_lists
            launched = set(
                change.connection.execute(
                    sa.select(lists.c.strategy_id).where(lists.c.cycle_id == cycle_id)
                ).scalars()
            )
            left_out = sorted(launched - set(wanted))
            if left_out:
                raise ParameterProblem("store.error.launched", strategies=", ".join(left_out))
            for strategy_id in set(there) - set(wanted):
                change.execute(sa.delete(table).where(*_key(cycle_id, strategy_id)))
            for position, card in enumerate(cards, 1):
                self._put(change, cycle_id, position, dict(card), there.get(str(card["strategy_id"])))
            change.ids["strategy_ids"] = wanted

    @writes("analyst")
    def save(self, cycle_id: str, card: Mapping[str, Any], expected_version: int | None) -> int:
        """Change one card, or add it; return its new version.

        Raises
        ------
        Conflict
            If the card's version is not the expected one: somebody changed it first.
        """
        strategy_id = str(card["strategy_id"])
        with self.database.writing("strategy.save", cycle_id=cycle_id, strategy_id=strategy_id) as change:
            refuse_late(change, cycle_id, "cards")
            rows = self._there(change, cycle_id)
            row = next((r for r in rows if r.strategy_id == strategy_id), None)
            if row is not None and expected_version is not None:
                refuse_lost_edit(_shown(row), _plain(card), expected_version, row.row_version, strategy_id)
            if row is None and expected_version is not None:
                raise Conflict("store.error.removed", difference={}, what=strategy_id)
            position = row.position if row is not None else 1 + max([r.position for r in rows], default=0)
            return self._put(change, cycle_id, position, dict(card), row)

    @writes("analyst")
    def remove(self, cycle_id: str, strategy_id: str, expected_version: int | None = None) -> None:
        """Take a card out of a cycle that has no launched list.

        Raises
        ------
        NotFound
            If the cycle has no such card.
        ParameterProblem
            If a list was launched from it.
        Conflict
            If the card's version is not the expected one: somebody changed it first.
        """
        table, lists = schema.strategies, schema.target_lists
        with self.database.writing("strategy.remove", cycle_id=cycle_id, strategy_id=strategy_id) as change:
            refuse_late(change, cycle_id, "cards")
            row = change.execute(sa.select(table).where(*_key(cycle_id, strategy_id))).one_or_none()
            if row is None:
                raise NotFound("store.error.no_card", strategy=strategy_id)
            launched = sa.select(lists.c.list_id).where(
                lists.c.cycle_id == cycle_id, lists.c.strategy_id == strategy_id
            )
            if change.execute(launched).first():
                raise ParameterProblem("store.error.launched", strategies=strategy_id)
            if expected_version is not None and row.row_version != expected_version:
                raise Conflict(
                    "store.error.conflict", difference={}, what=strategy_id, columns=row.updated_by
                )
            change.execute(sa.delete(table).where(*_key(cycle_id, strategy_id)))

    def _there(self, change: Change, cycle_id: str) -> Sequence[Any]:
        table = schema.strategies
        return change.execute(sa.select(table).where(table.c.cycle_id == cycle_id)).all()

    def _put(self, change: Change, cycle_id: str, position: int, card: dict[str, Any], there: Any) -> int:
        table = schema.strategies
        plain = _plain(card)
        if there is not None:
            self._keep_scripts(plain, json.loads(there.card), change)
        strategy_id = plain["strategy_id"]
        values = {
            "position": position,
            **{name: plain[name] or "" for name in _NAMED},
            "card": canonical_json(plain),
            "updated_at": change.at,
            "updated_by": self.database.who,
        }
        if there is None:
            change.execute(
                sa.insert(table).values(cycle_id=cycle_id, strategy_id=strategy_id, row_version=1, **values)
            )
            return 1
        if there.card == values["card"] and there.position == position:
            return int(there.row_version)
        version = int(there.row_version) + 1
        change.execute(
            sa.update(table).where(*_key(cycle_id, strategy_id)).values(row_version=version, **values)
        )
        return version

    def _keep_scripts(self, card: dict[str, Any], before: dict[str, Any], change: Change) -> None:
        """Keep the script that a card had, and give another one another version."""
        kept = list(before.get(_SCRIPTS, []))
        if (before.get("script") or "") != (card.get("script") or ""):
            used = _version(before)
            taken = {used, *(each["version"] for each in kept)}
            if _version(card) in taken:
                card["script_version"] = _next_version(used, taken)
            at = change.at.isoformat(sep=" ", timespec="seconds")
            script = before.get("script") or ""
            kept.append({"version": used, "script": script, "until": at, "by": self.database.who})
        elif not card.get("script_version") and "script_version" in before:
            card["script_version"] = before["script_version"]
        if kept:
            card[_SCRIPTS] = kept


class Lists(Area):
    """Launched target lists. They are never changed.

    Attributes
    ----------
    four_eyes : int
        Customers that one person may launch in a cycle without a second one.
    """

    four_eyes = FOUR_EYES

    @writes("analyst")
    def launch(
        self,
        list_id: str,
        *,
        cycle_id: str,
        strategy_id: str,
        artefact_id: str,
        n: int,
        n_control: int,
        sha256: str,
        seed: int | None,
        card: Mapping[str, Any],
        selection: str = "",
    ) -> bool:
        """Record a launched list; return False if that very list was launched before.

        `selection` is the hash of the whole selection that the list is part of: above the
        size a second person must have approved it.

        Raises
        ------
        ParameterProblem
            If one person may not launch as much alone.
        """
        table = schema.target_lists
        with self.database.writing("list.launch", list_id=list_id, strategy_id=strategy_id) as change:
            if change.execute(sa.select(table).where(table.c.list_id == list_id)).first():
                return False
            refuse_late(change, cycle_id, "lists")
            refuse_alone(change, cycle_id, n, selection, self.four_eyes)
            change.execute(
                sa.insert(table).values(
                    list_id=list_id,
                    cycle_id=cycle_id,
                    strategy_id=strategy_id,
                    artefact_id=artefact_id,
                    n=n,
                    n_control=n_control,
                    sha256=sha256,
                    seed=seed,
                    card=canonical_json(_plain(card)),
                    launched_at=change.at,
                    launched_by=self.database.who,
                )
            )
            return True

    @reads
    def rows(self, cycle_id: str | None = None) -> list[dict[str, Any]]:
        """Return the lists, in the order in which they were launched."""
        table = schema.target_lists
        query = sa.select(table).order_by(table.c.launched_at, table.c.list_id)
        if cycle_id is not None:
            query = query.where(table.c.cycle_id == cycle_id)

        def ask() -> list[dict[str, Any]]:
            with self.database.reading() as connection:
                return [dict(row._mapping) for row in connection.execute(query)]

        rows = self.database.remember(("lists", cycle_id), ask)
        return [row | {"card": json.loads(row["card"])} for row in rows]

    @reads
    def find(self, list_id: str) -> dict[str, Any]:
        """Return one list.

        Raises
        ------
        NotFound
            If there is none of that name.
        """
        for row in self.rows():
            if row["list_id"] == list_id:
                return row
        raise NotFound("store.error.no_list", list=list_id)


def _key(cycle_id: str, strategy_id: str) -> tuple[Any, Any]:
    table = schema.strategies
    return table.c.cycle_id == cycle_id, table.c.strategy_id == strategy_id


def _shown(row: Any) -> dict[str, Any]:
    """Return a stored card without the scripts that it had before."""
    card: dict[str, Any] = json.loads(row.card)
    card.pop(_SCRIPTS, None)
    return card


def _version(card: Mapping[str, Any]) -> str:
    return card.get("script_version") or FIRST_VERSION


def _next_version(used: str, taken: Collection[str]) -> str:
    """Return a version's follower: its last number rises, or it gets one.

    Examples
    --------
    >>> _next_version("9", {"9"}), _next_version("v2", {"v2", "v3"}), _next_version("spring", {"spring"})
    ('10', 'v4', 'spring-2')
    """
    stem, number = re.fullmatch(r"(.*?)(\d*)", used, re.DOTALL).groups()  # type: ignore[union-attr]
    stem, first = (stem, int(number) + 1) if number else (f"{used}-", 2)
    return next(made for n in itertools.count(first) if (made := f"{stem}{n}") not in taken)


def _plain(card: Mapping[str, Any]) -> dict[str, Any]:
    """Return a card as JSON holds it: dates as ISO text, missing values as null."""
    plain: dict[str, Any] = {}
    for name, value in card.items():
        if value is None or value != value:
            plain[name] = None
        elif hasattr(value, "isoformat"):
            plain[name] = value.isoformat()[:10]
        elif hasattr(value, "item"):
            plain[name] = value.item()
        else:
            plain[name] = value
    return plain

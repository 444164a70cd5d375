"""A past campaign played through the worklist: taken in its order, under leases, and recorded once."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import MachineProblem, ParameterProblem
from workbench.project.desk_order import DeskOrder
from workbench.store.lease_batches import KEYS, LeaseBatches, Worked, fits
from workbench.store.lease_rows import Look, Wanted
from workbench.store.leases import MOST_HELD

if TYPE_CHECKING:
    from workbench.project.handle import Project

NEEDED = ("customer_id", "contacted_at", "disposition")
_BATCH = 500
_ROUNDS = 10
"""Batches a write: each commit waits for the disk."""
_TRIES = 5
_LATER = 366
"""Days after the last contact by which any callback or other try is due."""
_CELLS = ("list_id", "customer_id", "contacted_at", "disposition", "responded", "amount", "note")

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class ReplayReport:
    """What came of playing a campaign.

    Parameters
    ----------
    rows : int
        Contacts in the table.
    recorded : int
        Of these, recorded now.
    repeated : int
        Of these, recorded by an earlier run, or in the table twice.
    left : pandas.DataFrame
        The rest: the table's columns and ``why``: ``not_on_list``, ``control``, ``done`` (the
        worklist had done with the customer), or why the desk would not show the customer;
        see `workbench.project.desk.Desk`.
    totals : pandas.DataFrame
        See `workbench.execution.compare_totals`: the table's contacts beside those recorded.
    """

    rows: int
    recorded: int
    repeated: int
    left: pd.DataFrame = field(repr=False)
    totals: pd.DataFrame = field(repr=False)


def replay_contacts(
    project: Project,
    table: pd.DataFrame,
    *,
    agents: int | Sequence[str] = 20,
    progress: Progress | None = None,
) -> ReplayReport:
    """Play past contacts through the worklist: what a desk would have shown, and what came of it.

    The lists decide the order, as at the desk: due callbacks first, then by day and score;
    consent, do-not-contact, leases and quotas hold. Whoever comes up gets the next contact that
    the table has of them, with its own moment. Contacts are written many at a time; one that is
    written is never written again, so that a run which was broken off is just started again.

    Parameters
    ----------
    project : Project
        At a cycle with launched lists of the customers.
    table : pandas.DataFrame
        One row a contact, as `workbench.build_contacts` makes it: ``customer_id``,
        ``contacted_at`` (UTC), ``disposition``; optionally ``responded``, ``amount`` (CNY), ``note``,
        ``list_id``, ``agent``, and ``script_version`` with ``moves`` of a call by script.
    agents : int or sequence of str, default=20
        Who works, in turn, where the table names nobody: a number of agents, or their names.
    progress : callable, optional
        Called with the share done and the key of the phase's name.

    Returns
    -------
    ReplayReport

    Raises
    ------
    NotFound
        If no list was launched.
    ParameterProblem
        If a column or a moment is missing, a moment lies ahead, a disposition is unknown, a
        call by script is not what its row says, or the cycle is frozen.
    NotAllowed
        If the role may not record outcomes.

    Examples
    --------
    >>> import tempfile, workbench as wb
    >>> project = wb.create_project(tempfile.mkdtemp() + "/bank")
    >>> wb.replay_contacts(project, pd.DataFrame({"customer_id": ["1"]}))
    Traceback (most recent call last):
    workbench.errors.ParameterProblem: The table of contacts lacks: contacted_at, disposition. ...
    """
    return _Play(project, table, agents, progress or _silent).run()


class _Play:
    """One run of `replay_contacts`."""

    def __init__(
        self, project: Project, table: pd.DataFrame, agents: int | Sequence[str], progress: Progress
    ) -> None:
        self.project, self.progress = project, progress
        project.store.leases.require("contributor")
        names = [f"replay {n}" for n in range(1, agents + 1)] if isinstance(agents, int) else list(agents)
        if not names:
            raise ParameterProblem("execution_replay.error.agents")
        self.agents: list[str] = names
        given = _checked(project, table)
        self.order = DeskOrder(project)
        self.store = LeaseBatches(project.store.database, project.store.leases.project_folder)
        self.channels = {row["list_id"]: row["card"]["channel"] for row in self._lists()}
        self.given = self._placed(given)
        self.day = (self.given["contacted_at"].max() + pd.Timedelta(days=_LATER)).date()
        self.scripts: dict[tuple[str, int], Any] = {}
        self.turn = 0

    def _lists(self) -> list[dict[str, Any]]:
        return self.project.store.lists.rows(self.project.cycle.cycle_id)

    def _placed(self, given: pd.DataFrame) -> pd.DataFrame:
        """Put each row on the list that its customer is on, and give it its key."""
        targets = self.project.strategy.targets()[["customer_id", "list_id", "arm"]]
        targets = targets.rename(columns={"list_id": "_list"})
        rows = given.merge(targets, on="customer_id", how="left", sort=False)
        if "list_id" in rows:
            other = rows["list_id"].notna() & rows["list_id"].ne(rows["_list"])
            rows.loc[other, ["_list", "arm"]] = None
        rows["list_id"] = rows.pop("_list")
        rows["why"] = ""
        rows.loc[rows["list_id"].isna(), "why"] = "not_on_list"
        rows.loc[rows["arm"].eq("control"), "why"] = "control"
        rows["channel"] = rows["list_id"].map(self.channels)
        rows["key"] = _keys(rows)
        return rows.drop(columns="arm")

    def run(self) -> ReplayReport:
        """Work batch after batch until nobody who has a contact left comes up any more."""
        known = self.store.played(list(self.channels))
        rows = self.given
        doubled = rows.duplicated("key")
        standing = rows["key"].isin(known) | doubled
        self.waiting: dict[tuple[str, str], deque[dict[str, Any]]] = defaultdict(deque)
        playable = rows[rows["why"].eq("") & ~standing].sort_values("contacted_at", kind="stable")
        for row in playable.to_dict("records"):
            self.waiting[row["list_id"], row["customer_id"]].append(
                {str(name): cell for name, cell in row.items()}
            )
        recorded, wanted = 0, max(1, len(playable))
        while self.waiting:
            n = self._write()
            if not n:
                break
            recorded += n
            self.progress(recorded / wanted, "execution_replay.phase")
        return ReplayReport(
            rows=len(rows),
            recorded=recorded,
            repeated=int((standing & rows["why"].eq("")).sum()),
            left=self._left(rows),
            totals=self._totals(rows[~doubled]),
        )

    def _write(self) -> int:
        """Work some rounds in one write; return how many contacts were recorded."""
        for _ in range(_TRIES):
            try:
                return self.store.together(self._rounds)
            except _Stale:
                self.order = DeskOrder(self.project)
        raise MachineProblem("execution_desk.error.restless")

    def _rounds(self) -> int:
        """Let each agent have as many as one person may hold, again and again."""
        n = 0
        for _ in range(_ROUNDS):
            order = self.order
            done = self.store.work(
                self._choose, cycle_id=self.project.cycle.cycle_id, after=order.after, also=self._runs
            )
            for _, each in done:
                pair = (each.wanted.list_id, each.wanted.customer_id)
                self.waiting[pair].popleft()
                if not self.waiting[pair]:
                    del self.waiting[pair]
            n += len(done)
            if not done:
                break
        return n

    def _choose(self, look: Look) -> list[Worked]:
        order = self.order
        # Within one write nobody else changes anything: only its first look can find it stale.
        if look.stamp != order.stamp or not look.news.is_all:
            raise _Stale
        order.add(look.news)
        chosen: list[Worked] = []
        held: Counter[str] = Counter()
        most = min(_BATCH, MOST_HELD * len(self.agents))
        for n in order.order.walk(self.day, ahead=True):
            pair = (order.order.lists[n], order.order.customers[n])
            rows = self.waiting.get(pair)
            if rows is None or order.refusal(n, look, self.day, ""):
                continue
            agent = rows[0].get("agent") or self.agents[self.turn % len(self.agents)]
            if not fits(held, agent):
                break
            held[agent] += 1
            self.turn += 1
            chosen.append(_worked(order, n, agent, rows[0]))
            if len(chosen) == most:
                break
        return chosen

    def _runs(self, done: Sequence[tuple[str, Worked]]) -> None:
        """Record the calls that were made by script, in the same write."""
        for contact_id, each in done:
            row = self.waiting[each.wanted.list_id, each.wanted.customer_id][0]
            moves = row.get("moves")
            if isinstance(moves, (list, tuple)):
                run = self._run(each, row, list(moves))
                cycle_id = self.project.cycle.cycle_id
                self.project.store.scripts.record_run(cycle_id, contact_id, {**run, "contact_id": contact_id})

    def _run(self, each: Worked, row: dict[str, Any], moves: list[dict[str, Any]]) -> dict[str, Any]:
        from workbench.execution.coach import ScriptRun

        named = (each.wanted.strategy_id, int(row["script_version"]))
        if named not in self.scripts:
            self.scripts[named] = self.project.execution.scripts.one(*named).script
        run = ScriptRun.replay(self.scripts[named], moves)
        if not run.is_over:
            raise ParameterProblem("execution_coach.error.not_over", step=run.at.step_id)
        if run.disposition != row["disposition"]:
            raise ParameterProblem(
                "execution_desk.error.other_disposition", code=row["disposition"], script=run.disposition
            )
        n = self.order.order.number(each.wanted.list_id, each.wanted.customer_id)
        assert n is not None
        return {
            "strategy_id": named[0],
            "version": named[1],
            "list_id": each.wanted.list_id,
            "customer_id": each.wanted.customer_id,
            "segment": self.order.order.segments[n],
            "moves": run.moves,
            "steps": run.steps[:-1] if run.at.is_end else run.steps,
            "end_step": run.at.step_id if run.at.is_end else "",
            "disposition": run.disposition,
        }

    # What it came to -----------------------------------------------------------------

    def _left(self, rows: pd.DataFrame) -> pd.DataFrame:
        whys = self._whys() if self.waiting else {}
        keys = {row["key"]: whys[pair] for pair, waiting in self.waiting.items() for row in waiting}
        both = zip(rows["why"], rows["key"], strict=True)
        left = rows.assign(why=[why or keys.get(key, "") for why, key in both])
        # In the table twice is repeated, not left twice.
        left = left[left["why"].ne("") & ~(left.duplicated("key") & rows["why"].eq(""))]
        return left.drop(columns=["key", "channel"]).reset_index(drop=True)

    def _whys(self) -> dict[tuple[str, str], str]:
        """Return why those who still have contacts do not come up."""
        whys: dict[tuple[str, str], str] = {}

        def look_at(look: Look) -> list[Worked]:
            order = self.order.order
            for pair in self.waiting:
                n = order.number(*pair)
                assert n is not None
                refused = self.order.refusal(n, look, self.day, "")
                whys[pair] = "done" if order.entry(n)["status"] == "done" else refused or "later"
            return []

        self.store.work(look_at, cycle_id=self.project.cycle.cycle_id, after=self.order.after)
        return whys

    def _totals(self, rows: pd.DataFrame) -> pd.DataFrame:
        from workbench.execution import compare_totals

        played = self.store.played(list(self.channels))
        mine = {played[key] for key in rows["key"] if key in played}
        contacts, outcomes = self.project.execution.contacts(), self.project.execution.outcomes()
        return compare_totals(
            rows,
            contacts[contacts["contact_id"].isin(mine)],
            outcomes[outcomes["outcome_id"].isin(mine)],
        )


class _Stale(Exception):
    """The order at hand was read from something older."""


def _checked(project: Project, table: pd.DataFrame) -> pd.DataFrame:
    from workbench.execution import check_disposition

    missing = [name for name in NEEDED if name not in table.columns]
    if missing:
        raise ParameterProblem("execution_replay.error.columns", columns=", ".join(missing))
    codes = project.execution.dispositions.codes()
    for code in table["disposition"].dropna().unique():
        check_disposition(str(code), codes)
    at = pd.to_datetime(table["contacted_at"], errors="coerce").astype("datetime64[us]")
    unknown = at.isna() | table["disposition"].isna()
    ahead = at.gt(pd.Timestamp(project.store.database.clock()))
    for wrong, key in ((unknown, "moment"), (ahead, "ahead")):
        if wrong.any():
            line = int(wrong.to_numpy().argmax()) + 1
            raise ParameterProblem(_WRONG[key], n=int(wrong.sum()), line=line)
    rows = table.reset_index(drop=True)
    rows = rows.assign(contacted_at=at.to_numpy(), customer_id=rows["customer_id"].astype("str"))
    for name in ("responded", "amount", "note"):
        if name not in rows:
            rows[name] = None
    rows["responded"] = rows["responded"].astype("boolean")
    rows["amount"] = rows["amount"].astype("float64")
    rows["note"] = rows["note"].astype("object").fillna("")
    return rows


_WRONG = {"moment": "execution_replay.error.moment", "ahead": "execution_replay.error.ahead"}


def _keys(rows: pd.DataFrame) -> list[str]:
    """Return each row's key, made from its own cells."""
    cells = zip(*(rows[name].tolist() for name in _CELLS), strict=True)
    return [KEYS + hashlib.sha256(repr(row).encode()).hexdigest()[:40] for row in cells]


def _worked(order: DeskOrder, n: int, agent: str, row: dict[str, Any]) -> Worked:
    strategy_id = order.order.strategies[n]
    at = row["contacted_at"].to_pydatetime()
    outcome = None
    if row["responded"] is not None and not pd.isna(row["responded"]):
        amount = None if pd.isna(row["amount"]) else float(row["amount"])
        outcome = {
            "responded": bool(row["responded"]),
            "amount": amount,
            "note": row["note"],
            "recorded_at": at,
        }
    contact = {
        "channel": order.cards[strategy_id]["channel"],
        "disposition": row["disposition"],
        "contacted_at": at,
    }
    return Worked(
        Wanted(order.order.lists[n], strategy_id, order.order.customers[n]),
        agent,
        row["key"],
        contact,
        outcome,
    )


def _silent(_share: float, _phase: str) -> None:
    """Nobody listens."""

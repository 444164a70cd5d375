"""What happens to cycles: they are opened, frozen, closed, reopened, and held against one another."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound, ParameterProblem
from workbench.project.cards import STAMPS, card_rows, cards_frame
from workbench.project.cycles import Cycle, as_day, next_cycle, quarter_id

if TYPE_CHECKING:
    from workbench.project.handle import Project
    from workbench.project.imports import Imports
    from workbench.project.review import Review
    from workbench.store import Store

    class _Handle:
        """What the rest of the handle has."""

        store: Store

        @property
        def cycle(self) -> Cycle: ...
        @property
        def imports(self) -> Imports: ...
        @property
        def review(self) -> Review: ...
        def cycles(self) -> list[Cycle]: ...
        def need_cycle(self) -> Cycle: ...
        def at(self, cycle_id: str) -> Project: ...

else:
    _Handle = object

LONGEST_NAME = 40


@dataclass(frozen=True, eq=False)
class CycleComparison:
    """Two cycles held against one another.

    Parameters
    ----------
    before, after : str
        The cycles.
    kpis : pandas.DataFrame
        From `compare_cycle_kpis`; empty where one of them is not evaluated.
    effects : pandas.DataFrame
        From `compare_effects`; empty likewise.
    strategies : pandas.DataFrame
        From `explain_changes`: what differs between the cards, and what it comes from.
    segments : pandas.DataFrame
        From `compare_segment_sizes`; empty where one has no segmentation.
    n_both : int
        Customers on lists of both cycles.
    """

    before: str
    after: str
    kpis: pd.DataFrame = field(repr=False)
    effects: pd.DataFrame = field(repr=False)
    strategies: pd.DataFrame = field(repr=False)
    segments: pd.DataFrame = field(repr=False)
    n_both: int = 0


class Cycling(_Handle):
    """The part of a project's handle that is about its cycles; see `Project`."""

    def open_cycle(
        self,
        cycle_id: str | None = None,
        snapshot_date: dt.date | str | None = None,
        *,
        source: str | None = None,
        fresh: bool = False,
        reason: str = "",
    ) -> Project:
        """Open a cycle and return a handle on it.

        Parameters
        ----------
        cycle_id : str, optional
            Its name, at most 40 characters; by default the quarter of the snapshot date,
            or the one after the newest cycle.
        snapshot_date : datetime.date or str, optional
            The day its portraits show; by default the next quarter's end if the data
            reach it, else the newest cycle's day.
        source : str, optional
            The cycle whose targets and strategy cards it begins with, the cards' days moved
            on. By default it comes after the newest cycle, whose targets it begins with.
        fresh : bool, default=False
            Begin with nothing, and after no cycle.
        reason : str, default=""
            Why it is opened; kept with the cycle.

        Raises
        ------
        ParameterProblem
            If the name is taken or no name, no date is known, or both a source and a fresh
            beginning are asked for.
        NotFound
            If there is no such source.
        """
        if fresh and source is not None:
            raise ParameterProblem("review_cycles.error.fresh_source", source=source)
        known, day = self.cycles(), as_day(snapshot_date)
        named = None if cycle_id is None else cycle_id.strip()
        if named is not None and not 0 < len(named) <= LONGEST_NAME:
            raise ParameterProblem("review_cycles.error.name", longest=LONGEST_NAME)
        if not known:
            day = day or self.imports.last_day()
            if day is None:
                raise ParameterProblem("project.error.no_date")
            self.store.cycles.open(named or quarter_id(day), day, reason=reason)
            return self.at(named or quarter_id(day))
        last = known[-1]
        origin = self.at(source).cycle if source is not None else last
        assert last.snapshot_date is not None
        following, end = next_cycle(last.cycle_id, last.snapshot_date, self.imports.last_day())
        opened, on = named or following, day or end
        self.store.cycles.open(opened, on, None if fresh else origin.cycle_id, reason)
        if source is not None:
            cards = cards_frame(self.store.cards.rows(source))
            self.store.cards.replace(opened, card_rows(_moved(cards, origin.snapshot_date, on)))
        return self.at(opened)

    def freeze_cycle(self, reason: str = "") -> str:
        """Freeze this cycle's evaluation: nothing that it rests on is written any more.

        Recommendations can still be decided; comments can still be written. Outcomes that
        come now are kept as late, see `late_results`.

        Parameters
        ----------
        reason : str, default=""
            Why; kept with the cycle.

        Returns
        -------
        str
            SHA-256 over the cycle's artefacts, cards, lists and decisions; `check_cycle`
            compares with it.

        Raises
        ------
        NotFound
            If nothing was evaluated yet.
        ParameterProblem
            If contacts or outcomes were recorded since the evaluation, or the cycle is not open.
        """
        cycle = self.need_cycle()
        if cycle.state == "open":
            evaluation = self.review.artefact()
            if evaluation is None:
                raise NotFound("project.error.no_evaluation", cycle=cycle.cycle_id)
            lists = self.store.lists.rows(cycle.cycle_id)
            now = self.store.results.counts([row["list_id"] for row in lists])
            since = sum(now[name] - evaluation.summary[name] for name in ("contacts", "outcomes"))
            if since or len(lists) != evaluation.summary["lists"]:
                raise ParameterProblem(
                    "review_cycles.error.stale", cycle=cycle.cycle_id, version=evaluation.version, n=since
                )
        return self.store.cycles.freeze(cycle.cycle_id, reason)

    def close_cycle(self, reason: str = "") -> str:
        """Close this cycle; what it holds stays readable, and takes no late write.

        Parameters
        ----------
        reason : str, default=""
            Why; kept with the cycle.

        Returns
        -------
        str
            SHA-256 as of `freeze_cycle`.

        Raises
        ------
        ParameterProblem
            If it is closed already.
        """
        return self.store.cycles.close(self.need_cycle().cycle_id, reason)

    def reopen_cycle(self, reason: str) -> None:
        """Open this frozen or closed cycle again.

        Parameters
        ----------
        reason : str
            Why; kept with the cycle and in the audit log.

        Raises
        ------
        ParameterProblem
            If no reason is given, or the cycle is open.
        NotAllowed
            If the role may not reopen cycles.
        """
        self.store.cycles.reopen(self.need_cycle().cycle_id, reason)

    def cycle_events(self) -> pd.DataFrame:
        """Return what every cycle went through, oldest first.

        Returns
        -------
        pandas.DataFrame
            cycle_id, event (opened, frozen, closed, reopened), at (UTC), who, reason, sha256.
        """
        names = ["cycle_id", "event", "at", "who", "reason", "sha256"]
        return pd.DataFrame(self.store.cycles.events(), columns=names)

    def check_cycle(self) -> list[str] | None:
        """Say whether this cycle still holds what it held when it was frozen or closed.

        Returns
        -------
        list of str or None
            What differs: artefacts, cards, lists, results, decisions; empty when nothing
            does. Decisions may come after freezing and are compared after closing alone.
            None while the cycle is open.
        """
        cycle = self.cycle
        events = self.store.cycles.events(cycle.cycle_id)
        if cycle.state not in ("frozen", "closed") or not events or not events[-1]["sha256"]:
            return None
        then, now = events[-1]["content"], self.store.cycles.content(cycle.cycle_id)
        if cycle.state == "frozen":
            kept = set(then["artefacts"])
            now["artefacts"] = {name: known for name, known in now["artefacts"].items() if name in kept}
            now["decisions"] = then["decisions"]
        return [name for name in then if then[name] != now.get(name)]

    def late_results(self) -> pd.DataFrame:
        """Return the contacts and outcomes that came for this cycle after it was frozen.

        Returns
        -------
        pandas.DataFrame
            result_id, kind (contact, outcome), cycle_id, list_id, content (dict: the row),
            source, at (UTC), who. `admit_late` lets them in when the cycle is open again.
        """
        return self.store.late.frame(self.need_cycle().cycle_id).drop(columns="admitted_at")

    def admit_late(self) -> tuple[int, int]:
        """Let in what came too late, now that the cycle is open again.

        Returns
        -------
        contacts, outcomes : int
            How many are new.

        Raises
        ------
        ParameterProblem
            If the cycle is frozen or closed.
        """
        return self.store.late.admit(self.need_cycle().cycle_id)

    def compare_cycles(
        self, before: str | None = None, after: str | None = None, *, alpha: float = 0.05
    ) -> CycleComparison:
        """Hold two cycles against one another.

        Parameters
        ----------
        before, after : str, optional
            Their names; by default this cycle and the one that it was opened from.
        alpha : float, default=0.05
            1 − alpha is the intervals' confidence.

        Returns
        -------
        CycleComparison

        Raises
        ------
        NotFound
            If there is no such cycle, or none before this one.
        ParameterProblem
            If both are the same.

        Examples
        --------
        See `workbench.compare_cycle_kpis` for what is compared.
        """
        later = self.at(after) if after is not None else self.at(self.need_cycle().cycle_id)
        named = before if before is not None else later.cycle.opened_from
        if named is None:
            raise NotFound("review_cycles.error.no_earlier", cycle=later.cycle.cycle_id)
        earlier = self.at(named)
        if earlier.cycle.cycle_id == later.cycle.cycle_id:
            raise ParameterProblem("review_cycles.error.same_cycle", cycle=named)
        return _compared(earlier, later, alpha)

    def origin(self) -> dict[str, Any] | None:
        """Say what opened this cycle, or None where nothing did.

        Returns
        -------
        dict or None
            ``key`` and ``values`` of a sentence in the message catalogues; values are
            cycle, n (accepted recommendations) and strategies (those they changed).
        """
        before = self.cycle.opened_from
        if before is None:
            return None
        decided = self.store.decisions.frame(before)
        accepted = decided[decided["status"].eq("accepted")]
        changed = accepted[accepted["change"].ne("{}") & accepted["action"].ne("undecided")]
        strategies = [f"{row.strategy_id} ({row.action})" for row in changed.itertuples()]
        values = {"cycle": before, "n": len(accepted), "strategies": ", ".join(strategies) or "–"}
        return {
            "key": "project.origin.accepted" if len(accepted) else "project.origin.opened",
            "values": values,
        }


def _moved(cards: pd.DataFrame, snapshot: dt.date | None, day: dt.date) -> pd.DataFrame:
    """Move cards' days on by as much as the snapshot moves."""
    if snapshot is None or cards.empty:
        return cards
    on = pd.Timedelta(days=(day - snapshot).days)
    return cards.assign(starts_on=cards["starts_on"] + on, ends_on=cards["ends_on"] + on)


def _compared(earlier: Project, later: Project, alpha: float) -> CycleComparison:
    from workbench.review import (
        compare_cycle_kpis,
        compare_effects,
        compare_segment_sizes,
        explain_changes,
        measure_cycle,
    )

    pair = (earlier, later)
    kpis = effects = segments = pd.DataFrame()
    # Only the tables that are compared are opened: a segmentation's map of customers is large.
    evaluations = [artefact for project in pair if (artefact := project.review.artefact()) is not None]
    segmented = [artefact for project in pair if (artefact := project.insight.artefact()) is not None]
    if len(evaluations) == len(pair):
        overall = [earlier.store.artefacts.read(artefact, "overall") for artefact in evaluations]
        kpis = compare_cycle_kpis(*(measure_cycle(one, alpha=alpha) for one in overall), alpha=alpha)
        effects = compare_effects(*overall, alpha=alpha)
    if len(segmented) == len(pair):
        sizes = [earlier.store.artefacts.read(artefact, "segments") for artefact in segmented]
        segments = compare_segment_sizes(sizes[0], sizes[1])
    cards = [project.strategy.cards().drop(columns=list(STAMPS)) for project in pair]
    listed = [set(project.strategy.targets()["customer_id"]) for project in pair]
    return CycleComparison(
        earlier.cycle.cycle_id,
        later.cycle.cycle_id,
        kpis,
        effects,
        explain_changes(cards[0], cards[1], earlier.review.recommendations()),
        segments,
        len(listed[0] & listed[1]),
    )

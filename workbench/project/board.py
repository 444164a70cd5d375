"""The strategy management board of one cycle: figures against plan, alerts, action items."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound, ParameterProblem
from workbench.project.cycles import as_day
from workbench.store import Artefact, may

if TYPE_CHECKING:
    from workbench.project.board_figures import BoardFigures
    from workbench.project.handle import Project

KIND = "board"
PLACES = ("region", "branch")
ACTION_COLUMNS = (
    "action_id",
    "cycle_id",
    "comment_id",
    "text",
    "owner",
    "due_on",
    "state",
    "note",
    "ended_in",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "row_version",
    "carried",
)


class Board:
    """The board of one cycle, at ``project.review.board``.

    An analyst's figures come from the whole cube; everybody else's from the part of it
    that may be published, see `workbench.project.board_shared`.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._store = project.store
        self._seen: tuple[str, BoardFigures] | None = None

    # Storing ---------------------------------------------------------------------

    def fill(self) -> Artefact:
        """Work the board out from the newest evaluation's results, and store it.

        Raises
        ------
        NotFound
            If nothing was evaluated yet.
        """
        from workbench.project.board_figures import BoardFigures
        from workbench.project.board_shared import share_cube
        from workbench.review import build_cube
        from workbench.review.cube import first_week
        from workbench.review.returns import strategy_rates

        project = self._project
        evaluated = project.review.artefact()
        if evaluated is None:
            raise NotFound("project.error.no_evaluation", cycle=project.cycle.cycle_id or "-")
        contacts, outcomes = project.review.results()
        targets, cards = project.strategy.targets(), project.strategy.launched_cards()
        known = set(project.imports.portrait_columns())
        customers = project.customers(["customer_id", *(name for name in PLACES if name in known)])
        cube = build_cube(targets, outcomes, cards, contacts=contacts, customers=customers)
        shared = share_cube(cube, project.small_cell)
        rates = strategy_rates(cube, cards)
        begins = first_week(cards, contacts, outcomes)
        last = max(
            (
                each.max()
                for each in (contacts["contacted_at"], outcomes["recorded_at"])
                if len(each.dropna())
            ),
            default=None,
        )
        weeks = int(cube["week"].max()) if len(cube) else 0
        over = 0
        if begins is not None and last is not None:
            over = max(0, min(weeks, (pd.Timestamp(last).normalize() - begins).days // 7 + 1))
        tables = {"cube": cube, "shared": shared, "rates": rates}
        evaluation = project.review.evaluation()
        for name, exact in (("alerts", True), ("shared_alerts", False)):
            figures = BoardFigures(tables, cards, exact, evaluation.alpha)
            tables[name] = self._find_alerts(figures, over, evaluation, contacts, targets, outcomes)
        return self._store.artefacts.save(
            KIND,
            tables,
            cycle_id=project.need_cycle().cycle_id,
            inputs=[evaluated.artefact_id],
            parameters={"small_cell": project.small_cell},
            summary={
                "n": len(targets),
                "alpha": evaluation.alpha,
                "weeks": weeks,
                "weeks_over": over,
                "begins": None if begins is None else begins.date().isoformat(),
                "until": None if last is None else pd.Timestamp(last).date().isoformat(),
            },
        )

    def _find_alerts(
        self,
        figures: BoardFigures,
        over: int,
        evaluation: Any,
        contacts: pd.DataFrame,
        targets: pd.DataFrame,
        outcomes: pd.DataFrame,
    ) -> pd.DataFrame:
        from workbench.review.alert_figures import place_figures, strategy_figures
        from workbench.review.alerts import find_alerts
        from workbench.review.caveats import find_caveats

        cards = figures.cards
        half = max(1, over // 2)
        spans = [(1, max(1, over)), (1, half), (half + 1, max(over, half + 1))]
        # Weeks that are all over are the whole: sums that need no weeks are published.
        whole = figures.members("strategy_id")
        due, *parts = (
            whole if span == (1, figures.weeks) else figures.members("strategy_id", weeks=span)
            for span in spans
        )
        strategies = strategy_figures(
            whole, due, parts[0], parts[1], evaluation.sample_ratio, alpha=evaluation.alpha
        )
        place = "branch" if figures.exact else "region"
        places = place_figures(figures.cells(place), place)
        caveats = find_caveats(targets, outcomes, cards, contacts=contacts)
        # What is counted as contaminated has an alert of its own.
        caveats = caveats[caveats["key"].ne("contaminated")]
        return find_alerts(strategies, places, caveats=caveats)

    # Reading ---------------------------------------------------------------------

    def artefact(self) -> Artefact | None:
        """Return the cycle's newest board without opening it, or None."""
        cycle_id = self._project.cycle.cycle_id
        return self._store.artefacts.latest(KIND, cycle_id) if cycle_id else None

    def need_artefact(self) -> Artefact:
        """Return the cycle's newest board.

        Raises
        ------
        NotFound
            If nothing was evaluated since boards are stored.
        """
        found = self.artefact()
        if found is None:
            raise NotFound("review_board.error.no_board", cycle=self._project.cycle.cycle_id or "-")
        return found

    @property
    def is_exact(self) -> bool:
        """Whether this role sees the whole cube, and not only what may be published."""
        return may(self._store.database.role, "analyst")

    def cube(self) -> pd.DataFrame:
        """Return the board's cube: for analysts the whole, for others the cells that may be published.

        Returns
        -------
        pandas.DataFrame
            See `workbench.review.build_cube`, or `workbench.project.board_shared.share_cube`.

        Raises
        ------
        NotFound
            If there is no board yet.
        """
        return self._figures().tables["cube" if self.is_exact else "shared"]

    def kpis(
        self, by: str = "", filters: Mapping[str, str] | None = None, weeks: tuple[int, int] | None = None
    ) -> pd.DataFrame:
        """Hold each member of a dimension against its plan; see `workbench.review.compare_members`.

        Parameters
        ----------
        by : str, default=""
            strategy_id, segment, channel, script, region, branch, person or week; empty
            gives one row.
        filters : mapping of str to str, optional
            Dimension → the value that is kept.
        weeks : (int, int), optional
            First and last week.

        Returns
        -------
        pandas.DataFrame
            As `compare_members` returns it, and ``hide_<count>`` for each count of
            customers: hidden ones, and what rests on them, are missing.

        Raises
        ------
        NotFound
            If there is no board yet.
        ParameterProblem
            If there is no such dimension, or this crossing is not published at all.
        """
        return self._figures().members(by, filters, weeks)

    def _figures(self) -> BoardFigures:
        artefact = self.need_artefact()
        if self._seen is None or self._seen[0] != artefact.artefact_id:
            from workbench.project.board_figures import BoardFigures

            names = ("cube" if self.is_exact else "shared", "rates")
            read = self._store.artefacts.read
            tables = {name: read(artefact, name) for name in names}
            alpha = float(artefact.summary.get("alpha", 0.05))
            cards = self._project.strategy.launched_cards()
            self._seen = (artefact.artefact_id, BoardFigures(tables, cards, self.is_exact, alpha))
        return self._seen[1]

    def members(self, dimension: str) -> list[str]:
        """Return the values of a dimension on this board, known ones only."""
        rows = self.cube()
        return sorted({str(value) for value in rows[dimension] if value != ""})

    def weeks(self) -> list[tuple[int, dt.date]]:
        """Return the board's weeks, each with its first day."""
        summary = self.need_artefact().summary
        begins = as_day(summary.get("begins"))
        if begins is None:
            return []
        return [(n + 1, begins + dt.timedelta(weeks=n)) for n in range(int(summary["weeks"]))]

    def until(self) -> dt.date | None:
        """Return the day of the newest contact or outcome on the board, or None."""
        return as_day(self.need_artefact().summary.get("until"))

    def alerts(self) -> pd.DataFrame:
        """Return what asks for attention, the gravest first.

        Returns
        -------
        pandas.DataFrame
            See `workbench.review.find_alerts`; `workbench.review.state_alert` says each
            in words.
        """
        name = "alerts" if self.is_exact else "shared_alerts"
        return self._store.artefacts.read(self.need_artefact(), name)

    # Action items ----------------------------------------------------------------

    def actions(self, today: dt.date | str | None = None) -> pd.DataFrame:
        """Return the cycle's action items, and open ones carried over from earlier cycles.

        Parameters
        ----------
        today : datetime.date or str, optional
            The day to look from; by default `Execution.day`'s.

        Returns
        -------
        pandas.DataFrame
            action_id, cycle_id (where it was added), comment_id, text, owner, due_on,
            state (open, done, dropped), note, ended_in, created_at and created_by,
            updated_at and updated_by (UTC), row_version, carried (from an earlier cycle),
            overdue (open, and due before today); what is due first comes first.
        """
        cycle_id = self._project.cycle.cycle_id
        rows = self._store.actions.rows(cycle_id) if cycle_id else []
        frame = pd.DataFrame(rows, columns=list(ACTION_COLUMNS))
        day = self._project.execution.day(today)
        late = [row["state"] == "open" and row["due_on"] < day for row in rows]
        return frame.assign(overdue=pd.Series(late, dtype=bool))

    def act_on(self, comment_id: int | None, owner: str, due_on: dt.date | str, text: str = "") -> int:
        """Make an action item, of a comment on this review or by itself.

        Parameters
        ----------
        comment_id : int or None
            The comment that asks for it.
        owner : str
            Who does it.
        due_on : datetime.date or str
            By when; text as ``2026-12-31``.
        text : str, default=""
            What is to be done; by default what the comment says.

        Returns
        -------
        int
            The action item's number.

        Raises
        ------
        NotFound
            If the cycle's review has no such comment.
        ParameterProblem
            If something is empty or too long, or the day can't be read.
        NotAllowed
            If the role may not write.
        """
        project = self._project
        cycle_id = project.need_cycle().cycle_id
        if not text.strip() and comment_id is not None:
            comments = project.comments("review").set_index("comment_id")["text"]
            text = str(comments.get(comment_id, ""))
            if not text:
                raise NotFound("review_board.error.no_comment", comment=comment_id)
        return self._store.actions.add(cycle_id, text, owner, _day(due_on), comment_id)

    def change_action(self, action_id: int, changes: Mapping[str, Any], expected_version: int) -> int:
        """Change an action item: its text, owner, due_on, state or note.

        Parameters
        ----------
        action_id : int
            Which.
        changes : mapping
            What is new; state is open, done or dropped.
        expected_version : int
            The ``row_version`` of the one that was edited.

        Returns
        -------
        int
            Its new version.

        Raises
        ------
        Conflict
            If somebody else changed it first; ``difference`` shows what differs.
        """
        wanted = dict(changes)
        if "due_on" in wanted:
            wanted["due_on"] = _day(wanted["due_on"])
        cycle_id = self._project.need_cycle().cycle_id
        return self._store.actions.save(action_id, wanted, expected_version, cycle_id)


def _day(value: dt.date | str) -> dt.date:
    try:
        day = as_day(value.strip() if isinstance(value, str) else value)
    except ParameterProblem as problem:
        raise ParameterProblem("review_board.error.bad_day", value=value or "–") from problem
    if day is None:
        raise ParameterProblem("review_board.error.bad_day", value="–")
    return day

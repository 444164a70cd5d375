"""The section board: figures against plan, cost and return, alerts, action items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import traitlets

from workbench.errors import NotFound, ParameterProblem
from workbench.ui.state.parts import Heading, Kpi
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.board_actions import ActionForm
from workbench.ui.state.sections.board_findings import BoardFindings
from workbench.ui.state.sections.board_tables import BoardTables

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

DIMENSIONS = ("branch", "region", "segment", "channel", "script", "person", "strategy_id")
"""By what the figures can be held against the plan, the finest place first."""
FILTERS = ("strategy_id", "segment", "channel", "region", "branch")
HALF = 0.5
FEWEST = 2
MESSAGE_PREFIXES = ("review_board.by.", "review_board.filter.")


class BoardState(SectionState):
    """The board of the cycle shown: its filters act on everything but alerts and action items.

    Attributes
    ----------
    by : str
        The chosen dimension; empty is the finest place of which at least half of the
        members can be shown.
    strategy_id, segment, channel, region, branch : str
        Filters; empty shows all.
    week_from, week_to : int
        First and last week; 0 is the first, or the last.
    all_rows, all_alerts : bool
        Whether every member, or alert, is listed, and not only the first and the last.
    """

    name = "board"
    by = traitlets.Enum(("", *DIMENSIONS), default_value="")
    strategy_id = traitlets.Unicode("")
    segment = traitlets.Unicode("")
    channel = traitlets.Unicode("")
    region = traitlets.Unicode("")
    branch = traitlets.Unicode("")
    week_from = traitlets.Int(0)
    week_to = traitlets.Int(0)
    all_rows = traitlets.Bool(False)
    all_alerts = traitlets.Bool(False)

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.trouble = ""
        self.is_there = False
        self.cards = self.raised = self.items = self.comments = pd.DataFrame()
        self.begins: list[tuple[int, dt.date]] = []
        self.until: dt.date | None = None
        self._kept: dict[tuple[Any, ...], Any] = {}
        self.form = ActionForm(self)
        super().__init__(screen, **traits)
        self.observe(
            lambda _: self.touch(),
            ["by", *FILTERS, "week_from", "week_to", "all_rows", "all_alerts"],
        )

    # Reading ---------------------------------------------------------------------

    def load(self) -> None:
        """Read the newest board, its alerts, the comments and the action items."""
        self._kept.clear()
        self.cards = self.screen.cards
        self.trouble, self.is_there = "", False
        self.read_items()
        board = self.project.review.board
        if board.artefact() is None:
            return
        try:
            self.raised, self.begins, self.until = board.alerts(), board.weeks(), board.until()
            board.cube()
        except NotFound as problem:
            self.trouble = self.t(problem.key, **problem.values)
            return
        self.is_there = True
        self._keep_choices()
        self.form.reopen()

    def read_items(self) -> None:
        """Read comments and action items again."""
        if self.project.cycle.cycle_id:
            self.items = self.project.review.board.actions()
            self.comments = self.project.comments("review")

    def _keep_choices(self) -> None:
        for name in FILTERS:
            if getattr(self, name) not in self.values(name):
                setattr(self, name, "")
        if self.by not in self.dimensions():
            self.by = ""
        weeks = len(self.begins)
        self.week_from, self.week_to = (
            each if each <= weeks else 0 for each in (self.week_from, self.week_to)
        )

    def once(self, name: str, make: Callable[[], Any], *more: Any) -> Any:
        """Compute something once for the filters in force."""
        key = (name, *(getattr(self, one) for one in FILTERS), self.weeks(), *more)
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    # Filters ---------------------------------------------------------------------

    def filters(self) -> dict[str, str]:
        """Return the filters that are set."""
        return {name: getattr(self, name) for name in FILTERS if getattr(self, name)}

    def weeks(self) -> tuple[int, int] | None:
        """Return the first and last week, or None for all."""
        last = len(self.begins)
        first, until = self.week_from or 1, self.week_to or last
        return None if (first, until) == (1, last) or not last else (min(first, until), max(first, until))

    def values(self, dimension: str) -> list[str]:
        """Return the values that a dimension has on this board."""
        kept = ("values", dimension)
        if kept not in self._kept:
            self._kept[kept] = self.project.review.board.members(dimension)
        found: list[str] = self._kept[kept]
        return found

    def dimensions(self) -> list[str]:
        """Return by what figures can be held against the plan: of which there is more than one."""
        return [name for name in DIMENSIONS if name == "strategy_id" or len(self.values(name)) >= FEWEST]

    def choose_by(self, dimension: str) -> None:
        """Hold another dimension against the plan."""
        if dimension in self.dimensions():
            self.all_rows = False
            self.by = dimension

    def choose(self, dimension: str, value: str) -> None:
        """Filter by a value of a dimension, or by none."""
        if dimension in FILTERS and (value == "" or value in self.values(dimension)):
            setattr(self, dimension, value)

    def choose_week(self, end: str, value: str) -> None:
        """Let the weeks begin or end with another one."""
        if end not in ("week_from", "week_to") or not value.isdigit() or int(value) > len(self.begins):
            return
        week = int(value)
        other = self.week_to if end == "week_from" else self.week_from
        with self.hold_trait_notifications():
            setattr(self, end, week)
            if week and other and ((end == "week_from") == (week > other)):
                setattr(self, "week_to" if end == "week_from" else "week_from", week)

    def clear(self) -> None:
        """Take every filter away."""
        with self.hold_trait_notifications():
            for name in FILTERS:
                setattr(self, name, "")
            self.week_from = self.week_to = 0

    # Figures ---------------------------------------------------------------------

    def whole(self) -> pd.DataFrame:
        """Return the figures of all that the filters leave: one row, none where it is not published."""
        found: pd.DataFrame = self.once("whole", lambda: self._kpis(""))
        return found

    def members(self, by: str = "") -> pd.DataFrame:
        """Return the figures of each member of a dimension."""
        chosen = by or self.dimension()
        found: pd.DataFrame = self.once("members", lambda: self._kpis(chosen), chosen)
        return found

    def _kpis(self, by: str) -> pd.DataFrame:
        try:
            return self.project.review.board.kpis(by, self.filters(), self.weeks())
        except ParameterProblem:
            # This crossing is for analysts; the screen says so in its place.
            return pd.DataFrame()

    def is_published(self) -> bool:
        """Say whether this role may see what the filters leave."""
        return not self.whole().empty

    def dimension(self) -> str:
        """Return the dimension of the table: the chosen one, or the finest that can be shown."""
        if self.by:
            return self.by
        found: str = self.once("dimension", self._finest)
        return found

    def _finest(self) -> str:
        for name in ("branch", "region"):
            if name in self.dimensions() and not getattr(self, name):
                rows = self.members(name)
                if len(rows) and rows["responded_to_plan"].notna().mean() >= HALF:
                    return name
        return "strategy_id"

    # What the view draws ---------------------------------------------------------

    @property
    def tables(self) -> BoardTables:
        """The tables behind the cards."""
        return BoardTables(self)

    @property
    def findings(self) -> BoardFindings:
        """The sentences made of these tables."""
        return BoardFindings(self)

    def heading(self) -> Heading:
        """Return the board's finding, what it rests on, and the button to comment."""
        return self.findings.heading()

    def kpis(self) -> list[Kpi]:
        """Return the six figures of what the filters leave."""
        return self.findings.kpis() if self.is_there and self.is_published() else []

    def hint(self) -> str:
        """Return the Python that reads what the table shows."""
        parts = [repr(self.dimension())]
        if self.filters():
            parts.append(repr(self.filters()))
        weeks = self.weeks()
        if weeks is not None:
            parts.append(f"weeks={weeks}")
        return f"project.review.board.kpis({', '.join(parts)})"

    def look(self, place: str) -> None:
        """Go where an alert is looked into: another section, or the board filtered by its member."""
        if not place.isdigit() or int(place) >= len(self.raised):
            return
        alert = self.raised.iloc[int(place)]
        section, member = str(alert["section"]), str(alert["member"])
        if section != self.name and section in self.screen.homes:
            self.screen.open_section(section)
            return
        if alert["scope"] == "strategy":
            self.choose("strategy_id", member)
            return
        for name in ("branch", "region"):
            if member in self.values(name):
                self.choose(name, member)
                return

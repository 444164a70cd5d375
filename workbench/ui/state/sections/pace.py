"""The section on the pace: plan against actual, control charts, and what to do where one alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pandas as pd
import traitlets

from workbench.execution import compare_pace, expect_false_alarms, find_limit_alerts, tabulate_limits
from workbench.execution.control_charts import DRAWN
from workbench.ui import request
from workbench.ui.state.base import NOTEBOOKS
from workbench.ui.state.execution import FILTERS
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.pace_findings import PaceFindings
from workbench.ui.state.sections.pace_hidden import coarse_steps, hide_pace

if TYPE_CHECKING:
    from workbench.ui.state.execution import ExecutionState
    from workbench.ui.state.parts import Heading, Kpi

GROUPS = ("strategy", "branch", "channel", "person", "day")
"""What plan and actual are shown by; persons only to those who work the lists."""


class PaceState(SectionState):
    """Plan against actual of the cycle shown, and the limits that tell chance from trouble.

    Attributes
    ----------
    by : str
        What plan and actual are shown by.
    measure : str
        What the control chart shows: contacts, responses or refusals.
    chosen : str
        Whose control chart it is: a strategy's id.
    """

    name = "pace"
    by = traitlets.Enum(GROUPS, default_value="strategy")
    measure = traitlets.Enum(DRAWN, default_value="contacts")
    chosen = traitlets.Unicode("")

    def __init__(self, screen: Any, **traits: Any) -> None:
        super().__init__(screen, **traits)
        self.observe(lambda _: self.touch(), ["by", "measure", "chosen"])

    @property
    def findings(self) -> PaceFindings:
        """The sentences made of these figures."""
        return PaceFindings(self)

    @property
    def execution(self) -> ExecutionState:
        """The screen, whose filters count here too."""
        return cast("ExecutionState", self.screen)

    @property
    def is_ready(self) -> bool:
        """Whether a list was launched in this cycle."""
        return self.execution.is_ready

    @property
    def sees_all(self) -> bool:
        """Whether counts of few customers, single days and persons are shown."""
        return self.execution.sees_all

    def load(self) -> None:
        """Begin with the chart of the newest open alert."""
        if self.is_ready and not self.chosen:
            alerts = self.alerts()
            for row in alerts[alerts["is_open"]].head(1).itertuples():
                self.show_alert(str(row.member), str(row.chart))

    # Choosing ------------------------------------------------------------------------

    def groups(self) -> list[str]:
        """Return what this role can look by."""
        return [name for name in GROUPS if name != "person" or self.sees_all]

    def choose_group(self, by: str) -> None:
        """Show plan and actual by something else."""
        if by in self.groups():
            self.by = by

    def choose_measure(self, measure: str) -> None:
        """Show another control chart."""
        if measure in DRAWN:
            self.measure = measure

    def choose_strategy(self, strategy_id: str) -> None:
        """Show a strategy's control chart."""
        if strategy_id in self.execution.kept_ids():
            self.chosen = strategy_id

    def choose_filter(self, trait: str, value: str) -> None:
        """Filter the screen, overview included, by strategy, channel or segment."""
        if trait in FILTERS and value in [known for _, known in self.execution.choices(trait)]:
            setattr(self.execution, trait, value)

    def show_alert(self, strategy_id: str, chart: str) -> None:
        """Show the control chart that an alert is about, or the one nearest to it."""
        self.choose_strategy(strategy_id)
        near = {"total": "contacts", "refusal_drift": "refusals", "response_drift": "responses"}
        self.choose_measure(near.get(chart, chart))

    def open_work(self, strategy_id: str) -> None:
        """Show a strategy's worklist on the overview."""
        if strategy_id in self.execution.kept_ids():
            self.execution.strategy = strategy_id
            self.screen.open_section("overview")

    def open_scripts(self, strategy_id: str) -> None:
        """Show a strategy's scripts."""
        if "scripts" not in self.screen.homes or strategy_id not in self.execution.kept_ids():
            return
        self.screen.open_section("scripts")
        section = self.screen.current_section
        if hasattr(section, "choose_strategy"):
            section.choose_strategy(strategy_id)

    def card_address(self) -> str:
        """Return the address of the strategy cards."""
        screen = self.screen
        cycle = self.project.cycle.cycle_id
        address = request.stage_address(NOTEBOOKS["strategy"], self.lang, screen.mode, cycle)
        return address + ("&section=cards" if request.is_published() else "")

    # Figures -------------------------------------------------------------------------

    def _once(self, name: str, make: Any, *extra: Any) -> Any:
        return self.execution.once(f"pace.{name}", make, *extra)

    def days(self, by: str = "strategy", *, everybody: bool = False) -> pd.DataFrame:
        """Return plan and work by day: of the strategies that count, or for viewers of all."""
        ids = None if everybody else self.execution.kept_ids()
        return self._once("days", lambda: self._read_days(by, ids), by, everybody)

    def _read_days(self, by: str, ids: list[str] | None) -> pd.DataFrame:
        return self.project.execution.pace.days(by, self.execution.today, strategies=ids)

    def rows(self) -> pd.DataFrame:
        """Return plan against actual by what is chosen, the furthest behind first; days in order."""
        return self._once("rows", self._rows, self.by)

    def _rows(self) -> pd.DataFrame:
        if self.by == "day":
            if not self.sees_all:
                return coarse_steps(self.execution.days())
            rows = compare_pace(self.days(), by_day=True)
            return rows[rows["due"].gt(0) | rows["tries"].gt(0)].reset_index(drop=True)
        days = self.days(self.by, everybody=not self.sees_all)
        rows = compare_pace(days, capacity=self._capacity(self.by))
        if not self.sees_all:
            progress = self.execution.progress_rows
            channels = dict(zip(progress["strategy_id"], progress["channel"], strict=True))
            rows = hide_pace(rows, self.by, self.execution.hiding, self.execution.minimum, channels)
            if self.by == "strategy":
                rows = rows[rows["member"].isin(self.execution.kept_ids())]
        order = "contacted" if self.by == "person" else "gap"
        return rows.sort_values([order, "member"], ascending=self.by != "person", ignore_index=True)

    def _capacity(self, by: str) -> dict[str, float]:
        if by == "person":
            return {}
        ids = self.execution.kept_ids() if self.sees_all else None
        return self.project.execution.pace.planned_minutes(by, ids)

    def whole(self) -> dict[str, Any]:
        """Return the one row over all strategies that count."""
        return self._once("whole", self._whole)

    def _whole(self) -> dict[str, Any]:
        days = self.days(everybody=not self.sees_all).assign(member="all")
        rows = compare_pace(days, capacity=self._capacity("all"))
        if not self.sees_all:
            rows = hide_pace(rows, "all", self.execution.hiding, self.execution.minimum)
        return {str(name): value for name, value in rows.iloc[0].items()} if len(rows) else {}

    def alerts(self) -> pd.DataFrame:
        """Return the alerts of the strategies that the filters leave."""
        return self._once("alerts", lambda: find_limit_alerts(self.days()))

    def expected_alarms(self) -> tuple[int, float]:
        """Return the strategy-days watched, and the false alarms to expect on so many quiet ones."""
        return self._once("expected", lambda: expect_false_alarms(self.days()))

    def points(self) -> pd.DataFrame:
        """Return the points of the control chart shown; a viewer has none, single days being small."""
        if not self.sees_all:
            return pd.DataFrame()
        return self._once("points", self._points, self.current(), self.measure)

    def _points(self) -> pd.DataFrame:
        points = self._once("limits", lambda: tabulate_limits(self.days()))
        mine = points["member"].eq(self.current()) & points["chart"].eq(self.measure)
        return points[mine].reset_index(drop=True)

    def current(self) -> str:
        """Return whose control chart is shown: who was chosen, else who alarms, else the largest."""
        ids = self.execution.kept_ids()
        if self.chosen in ids:
            return self.chosen
        alerts = self.alerts()
        alarmed = alerts.loc[alerts["is_open"], "member"].tolist()
        sizes = self.days().groupby("member")["contacted"].sum().sort_values(ascending=False, kind="stable")
        return str((alarmed or list(sizes.index) or ids or [""])[0])

    # Sentences -----------------------------------------------------------------------

    def heading(self) -> Heading:
        """Return the finding about the pace."""
        return self.findings.heading()

    def kpis(self) -> list[Kpi]:
        """Return six figures of the strategies that count."""
        return self.findings.kpis() if self.is_ready else []

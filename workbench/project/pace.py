"""The pace of a cycle's strategies: plan against actual, and alerts with control limits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound

if TYPE_CHECKING:
    from workbench.project.handle import Project


class Pace:
    """Plan against actual, at ``project.execution.pace``.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project

    def days(
        self,
        by: str = "strategy",
        today: dt.date | str | None = None,
        *,
        weekdays: Collection[int] = range(7),
        strategies: Collection[str] | None = None,
    ) -> pd.DataFrame:
        """Return what was planned and done on each day; see `workbench.count_pace_days`.

        Parameters
        ----------
        by : {"strategy", "branch", "channel", "person"}, default="strategy"
            Whose days.
        today : datetime.date or str, optional
            The last day; see `Execution.day` for the default.
        weekdays : collection of int, default=range(7)
            Days of the week that are worked, Monday is 0.
        strategies : collection of str, optional
            Only these strategies; by default all.
        """
        from workbench.execution.pace_days import count_pace_days

        project = self._project
        execution = project.execution
        return count_pace_days(
            _of(project.strategy.targets(), strategies),
            _of(execution.contacts(), strategies),
            _of(execution.outcomes(), strategies),
            _of(project.strategy.launched_cards(), strategies),
            today=execution.day(today),
            by=by,
            customers=self._homes() if by == "branch" else None,
            weekdays=weekdays,
            spoken=[code for code, entry in execution.dispositions.codes().items() if entry.reached],
        )

    def compare(
        self,
        by: str = "strategy",
        today: dt.date | str | None = None,
        *,
        weekdays: Collection[int] = range(7),
        capacity: Mapping[str, float] | None = None,
        strategies: Collection[str] | None = None,
    ) -> pd.DataFrame:
        """Return plan against actual; see `workbench.compare_pace`.

        Parameters
        ----------
        by : {"strategy", "branch", "channel", "person", "day", "all"}, default="strategy"
            One row each; a day is over all strategies, "all" is one row over all.
        today : datetime.date or str, optional
            The last day; see `Execution.day` for the default.
        weekdays : collection of int, default=range(7)
            Days of the week that are worked, Monday is 0.
        capacity : mapping of str to float, optional
            Agent minutes by member, or by day (2026-10-12). By default a strategy, branch or
            channel has the minutes that one contact with each of its customers takes, and
            persons and days have none.
        strategies : collection of str, optional
            Only these strategies; by default all.
        """
        from workbench.execution.pace_days import compare_pace

        by_day = by == "day"
        days = self.days(
            "strategy" if by in ("day", "all") else by, today, weekdays=weekdays, strategies=strategies
        )
        if by == "all":
            days = days.assign(member="all")
        if capacity is None and by not in ("day", "person"):
            capacity = self.planned_minutes(by, strategies)
        return compare_pace(days, by_day=by_day, capacity=capacity)

    def planned_minutes(
        self, by: str = "strategy", strategies: Collection[str] | None = None
    ) -> dict[str, float]:
        """Return the agent minutes that one contact with each customer to contact takes, by member.

        Parameters
        ----------
        by : {"strategy", "branch", "channel", "all"}, default="strategy"
            Whose minutes. Strategies whose cards don't say how long a contact takes add none.
        strategies : collection of str, optional
            Only these strategies; by default all.
        """
        cards = _of(self._project.strategy.launched_cards(), strategies)
        if "minutes_per_contact" not in cards.columns:
            return {}
        targets = _of(self._project.strategy.targets(), strategies)
        treated = targets.loc[targets["arm"].eq("treatment").to_numpy(), ["strategy_id", "customer_id"]]
        known = cards.set_index("strategy_id")
        each = treated["strategy_id"].map(known["minutes_per_contact"].astype("float64"))
        if by == "branch":
            homes = self._homes().drop_duplicates("customer_id").set_index("customer_id")["branch"]
            member = treated["customer_id"].map(homes).fillna("")
        elif by == "channel":
            member = treated["strategy_id"].map(known["channel"])
        else:
            member = treated["strategy_id"] if by == "strategy" else pd.Series("all", treated.index)
        sums = each.groupby(member.astype("str")).sum(min_count=1)
        return {str(name): float(minutes) for name, minutes in sums.items()}

    def limits(
        self,
        by: str = "strategy",
        today: dt.date | str | None = None,
        *,
        weekdays: Collection[int] = range(7),
        false_alarms: float | None = None,
        strategies: Collection[str] | None = None,
    ) -> pd.DataFrame:
        """Return the points, centre lines and limits of the control charts; see `workbench.tabulate_limits`.

        Parameters
        ----------
        by : {"strategy", "branch", "channel", "person"}, default="strategy"
            Whose charts.
        today : datetime.date or str, optional
            The last day; see `Execution.day` for the default.
        weekdays : collection of int, default=range(7)
            Days of the week that are worked, Monday is 0.
        false_alarms : float, optional
            As of `alerts`.
        strategies : collection of str, optional
            Only these strategies; by default all.
        """
        from workbench.execution import tabulate_limits
        from workbench.execution.control_limits import FALSE_ALARMS

        return tabulate_limits(
            self.days(by, today, weekdays=weekdays, strategies=strategies),
            false_alarms=FALSE_ALARMS if false_alarms is None else false_alarms,
        )

    def alerts(
        self,
        by: str = "strategy",
        today: dt.date | str | None = None,
        *,
        weekdays: Collection[int] = range(7),
        false_alarms: float | None = None,
        refusal_rates: Mapping[str, float] | None = None,
        strategies: Collection[str] | None = None,
    ) -> pd.DataFrame:
        """Return where the pace, responses or refusals are outside their control limits.

        See `workbench.find_limit_alerts`.

        Parameters
        ----------
        by : {"strategy", "branch", "channel", "person"}, default="strategy"
            Whose alerts.
        today : datetime.date or str, optional
            The last day; see `Execution.day` for the default.
        weekdays : collection of int, default=range(7)
            Days of the week that are worked, Monday is 0.
        false_alarms : float, optional
            Alerts allowed per 1,000 days of a member on which nothing is wrong; by default 5.
        refusal_rates : mapping of str to float, optional
            Refusals to expect of those spoken to, by member; by default learnt.
        strategies : collection of str, optional
            Only these strategies; by default all.
        """
        from workbench.execution.control_limits import FALSE_ALARMS, find_limit_alerts

        return find_limit_alerts(
            self.days(by, today, weekdays=weekdays, strategies=strategies),
            false_alarms=FALSE_ALARMS if false_alarms is None else false_alarms,
            refusal_rates=refusal_rates,
        )

    def _homes(self) -> pd.DataFrame:
        columns: list[Any] = ["customer_id", "branch"]
        try:
            return self._project.customers(columns)
        except NotFound:
            return self._project.table("customers", columns)


def _of(frame: pd.DataFrame, strategies: Collection[str] | None) -> pd.DataFrame:
    """Return the rows of some strategies."""
    if strategies is None:
        return frame
    return frame[frame["strategy_id"].isin(list(strategies)).to_numpy()].reset_index(drop=True)

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
        """
        from workbench.execution.pace_days import count_pace_days

        project = self._project
        execution = project.execution
        return count_pace_days(
            project.strategy.targets(),
            execution.contacts(),
            execution.outcomes(),
            project.strategy.launched_cards(),
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
    ) -> pd.DataFrame:
        """Return plan against actual; see `workbench.compare_pace`.

        Parameters
        ----------
        by : {"strategy", "branch", "channel", "person", "day"}, default="strategy"
            One row each; a day is over all strategies.
        today : datetime.date or str, optional
            The last day; see `Execution.day` for the default.
        weekdays : collection of int, default=range(7)
            Days of the week that are worked, Monday is 0.
        capacity : mapping of str to float, optional
            Agent minutes by member, or by day (2026-10-12). By default a strategy has the
            minutes that one contact with each customer of its list takes, and others none.
        """
        from workbench.execution.pace_days import compare_pace

        by_day = by == "day"
        days = self.days("strategy" if by_day else by, today, weekdays=weekdays)
        if capacity is None and by == "strategy":
            capacity = self._planned_minutes()
        return compare_pace(days, by_day=by_day, capacity=capacity)

    def alerts(
        self,
        by: str = "strategy",
        today: dt.date | str | None = None,
        *,
        weekdays: Collection[int] = range(7),
        false_alarms: float | None = None,
        refusal_rates: Mapping[str, float] | None = None,
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
        """
        from workbench.execution.control_limits import FALSE_ALARMS, find_limit_alerts

        return find_limit_alerts(
            self.days(by, today, weekdays=weekdays),
            false_alarms=FALSE_ALARMS if false_alarms is None else false_alarms,
            refusal_rates=refusal_rates,
        )

    def _homes(self) -> pd.DataFrame:
        columns: list[Any] = ["customer_id", "branch"]
        try:
            return self._project.customers(columns)
        except NotFound:
            return self._project.table("customers", columns)

    def _planned_minutes(self) -> dict[str, float]:
        cards = self._project.strategy.launched_cards()
        if "minutes_per_contact" not in cards.columns:
            return {}
        targets = self._project.strategy.targets()
        treated = targets.loc[targets["arm"].eq("treatment").to_numpy(), "strategy_id"].value_counts()
        each = cards.set_index("strategy_id")["minutes_per_contact"].astype("float64")
        return {str(name): float(n * each.get(name, float("nan"))) for name, n in treated.items()}

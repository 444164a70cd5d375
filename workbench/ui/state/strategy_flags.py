"""What the strategy map warns of: conflicts with their customers, segments and channels asked too much."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.errors import WorkbenchError
from workbench.strategy import find_conflicts, find_overloads, read_conditions
from workbench.strategy.map_flags import AGENTS

if TYPE_CHECKING:
    from workbench.ui.state.strategy import StrategyState

_REACHED_BY = ("customer_id", "lifecycle_stage", "tier", "consent", "do_not_contact")


class StrategyFlags:
    """Conflicts and overloads of the cards as they are, in the reader's language.

    Parameters
    ----------
    state : StrategyState
        The screen that shows the map.
    """

    def __init__(self, state: StrategyState) -> None:
        self._state = state

    def customers(self) -> pd.DataFrame:
        """Return the customers with the columns that the cards ask for."""
        state = self._state
        asked = [each.column for text in state.cards["eligibility"] for each in read_conditions(text)]
        there = set(state.project.imports.portrait_columns())
        names = [name for name in dict.fromkeys((*_REACHED_BY, *asked)) if name in there]
        return state.once("reached by", lambda: state.project.customers(names))

    def _tables(self) -> tuple[pd.DataFrame, pd.DataFrame, str]:
        """Return conflicts by stage, overloads, and why there are none where a card can't be read."""
        return self._state.once("flags", self._found)

    def _found(self) -> tuple[pd.DataFrame, pd.DataFrame, str]:
        state = self._state
        nothing = pd.DataFrame()
        if state.segmentation is None or state.cards.empty or state.customers.empty:
            return nothing, nothing, ""
        members = state.segmentation.membership
        try:
            people = self.customers()
            conflicts = find_conflicts(people, members, state.cards, by_stage=True)
            loads = find_overloads(
                people,
                members,
                state.cards,
                policy=state.project.strategy.contact_policy.limits,
                contacts=self._contacts(),
                **self._capacity(),
            )
        except WorkbenchError as problem:
            # A card asks for what the bank lacks: the map stands, and says what it can't count.
            return nothing, nothing, state.t(problem.key, **problem.values)
        return conflicts, loads, ""

    def _contacts(self) -> dict[str, float] | None:
        """Return the contacts of the launched lists; None before the launch, where all in reach count."""
        lists = self._state.lists
        if lists.empty:
            return None
        contacts = lists["n"] - lists["n_control"]
        return {str(name): float(n) for name, n in zip(lists["strategy_id"], contacts, strict=True)}

    def _capacity(self) -> dict[str, Any]:
        """Return what channels and agents can bear in a week, as the plan's limits say for all its weeks."""
        state = self._state
        limits = state.project.strategy.capacity.limits()
        known = state.cards.dropna(subset=["starts_on", "ends_on"])
        if limits is None or known.empty:
            return {}
        weeks = max(1, math.ceil(((known["ends_on"].max() - known["starts_on"].min()).days + 1) / 7))
        minutes = limits.agent_minutes
        return {
            "capacity": {name: amount / weeks for name, amount in (limits.channel_capacity or {}).items()},
            "agent_minutes": None if minutes is None else minutes / weeks,
        }

    def trouble(self) -> str:
        """Return why nothing can be counted; empty where it can."""
        return self._tables()[2]

    def conflicts(self, segment: str, stage: str, n_cell: int) -> list[str]:
        """Return the conflicts of a cell as sentences, with the customers whom both strategies reach."""
        found = self._tables()[0]
        if found.empty:
            return []
        state, names = self._state, self._state.tables.names()
        mine = found[found["segment"].eq(segment) & found["lifecycle_stage"].eq(stage)]
        return [
            state.t(
                "strategy_objectives.map.conflict",
                one=f"{row['strategy_id']} {names.get(row['strategy_id'], '')}".strip(),
                other=f"{row['other_id']} {names.get(row['other_id'], '')}".strip(),
                channel=state.word("channel", row["channel"]),
                n=self._count(int(row["n"]), n_cell),
                begin=locale.date(_day(row["starts_on"]), state.lang),
                end=locale.date(_day(row["ends_on"]), state.lang),
            )
            for row in mine.to_dict("records")
        ]

    def _count(self, n: int, n_cell: int) -> str:
        """Return a part of a cell; for others than analysts not if it, or the rest, is a handful."""
        state = self._state
        least = state.project.small_cell
        if not state.may("analyst") and (0 < n < least or 0 < n_cell - n < least):
            return state.t("strategy_objectives.map.some")
        return locale.count(n, state.lang)

    def overloaded_segments(self) -> dict[str, str]:
        """Return each overloaded segment with the sentence that says why."""
        loads = self._tables()[1]
        if loads.empty:
            return {}
        state = self._state
        mine = loads[loads["kind"].eq("segment") & loads["overloaded"]]
        return {
            str(row["name"]): state.t(
                "strategy_objectives.map.segment_over",
                segment=state.tables.segment(str(row["name"]))[0],
                planned=int(row["planned"]),
                allowed=int(row["allowed"]),
                strategies=row["strategy_ids"].replace(",", ", "),
                n=self._count(int(row["n"]), int(row["n"])),
                begin=locale.date(_day(row["starts_on"]), state.lang),
                end=locale.date(_day(row["ends_on"]), state.lang),
            )
            for row in mine.to_dict("records")
        }

    def overloaded_channels(self) -> list[str]:
        """Return a sentence for each channel, and for the agents, whose busiest week is too full."""
        loads = self._tables()[1]
        if loads.empty:
            return []
        return [
            self._channel_sentence({str(name): value for name, value in row.items()})
            for row in loads[loads["kind"].eq("channel") & loads["overloaded"]].to_dict("records")
        ]

    def warnings(self) -> list[str]:
        """Return all that is said beneath the map."""
        trouble = self.trouble()
        return [
            *([trouble] if trouble else []),
            *self.overloaded_segments().values(),
            *self.overloaded_channels(),
        ]

    def _channel_sentence(self, row: dict[str, Any]) -> str:
        state = self._state
        values = {
            "week": locale.date(_day(row["starts_on"]), state.lang),
            "strategies": row["strategy_ids"].replace(",", ", "),
        }
        if row["name"] == AGENTS:
            hours = {
                "planned": locale.count(row["planned"] / 60),
                "allowed": locale.count(row["allowed"] / 60),
            }
            return state.t("strategy_objectives.map.agents_over", **hours, **values)
        return state.t(
            "strategy_objectives.map.channel_over",
            channel=state.word("channel", row["name"]),
            planned=locale.count(row["planned"], state.lang),
            allowed=locale.count(row["allowed"], state.lang),
            **values,
        )


def _day(value: Any) -> Any:
    return None if pd.isna(value) else pd.Timestamp(value)

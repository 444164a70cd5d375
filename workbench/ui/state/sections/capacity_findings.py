"""What the section on capacity says: titles, figures, rows, generated from the allocation shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.strategy.allocation.limits import label
from workbench.ui.state.parts import Kpi

if TYPE_CHECKING:
    from workbench.ui.state.sections.capacity import CapacityState

HOUR = 60.0
MESSAGE_PREFIXES = ("strategy_capacity.line.", "strategy_capacity.curve.", "strategy_capacity.channels.")


class CapacityFindings:
    """The sentences of one state.

    Parameters
    ----------
    state : CapacityState
        Whose figures.
    """

    def __init__(self, state: CapacityState) -> None:
        self.state = state
        self.t, self.lang = state.t, state.lang

    def money(self, amount: float) -> str:
        """Return an amount of money in words."""
        return locale.money(amount, self.lang)

    def title(self) -> str:
        """Return which limit binds, and what that buys."""
        state = self.state
        figures = state.figures()
        if figures is None:
            return self.t("strategy_capacity.title.impossible")
        rows = state.limit_rows()
        binding = set(rows.loc[rows["binds"], "limit"])
        value = self.money(figures["value"])
        hours = self._hours(state.amount("agent_minutes"))
        if not figures["customers"]:
            spent = rows.loc[rows["amount"].eq(0), "limit"]
            names = self.t("strategy_capacity.comma").join(self.name(str(each)) for each in spent)
            key = "strategy_capacity.title.spent" if len(spent) else "strategy_capacity.title.worthless"
            return self.t(key, limits=names)
        time, money = "agent_minutes" in binding, "budget" in binding
        if time and money:
            return self.t("strategy_capacity.title.both", hours=hours, value=value)
        if time:
            return self.t("strategy_capacity.title.hours", hours=hours, value=value)
        if money:
            budget = self.money(state.amount("budget"))
            return self.t("strategy_capacity.title.budget", budget=budget, value=value)
        if binding:
            first = rows.loc[rows["binds"]].sort_values("limit")["limit"].iloc[0]
            return self.t("strategy_capacity.title.other", limit=self.name(str(first)), value=value)
        return self.t("strategy_capacity.title.none", value=value)

    def subtitle(self) -> str:
        """Return what the allocation rests on."""
        stored = self.state.found
        parts = [
            self.t("strategy_capacity.subtitle.plan", version=stored.plan_version),
            self.t("strategy_capacity.subtitle.n", n=f"{stored.summary['n']:,}"),
            self.t(f"strategy_capacity.channels.{stored.settings['channels']}"),
        ]
        if stored.settings["suggested"]:
            parts.append(self.t("strategy_capacity.subtitle.suggested"))
        if self.state.is_what_if:
            parts.append(self.t("strategy_capacity.subtitle.what_if"))
        return " · ".join(parts)

    def kpis(self) -> list[Kpi]:
        """Return value, customers, hours, cost, the gap, and the list by score."""
        state = self.state
        figures = state.figures()
        none = locale.decimal(None)
        if figures is None:
            return [Kpi(self.t("strategy_capacity.kpi.value"), none)]
        by = figures["by_strategy"]
        hours, cost = float(by["minutes"].sum()) / HOUR, float(by["cost"].sum())
        gap, greedy = figures["gap"], self._missing(figures)
        return [
            Kpi(
                self.t("strategy_capacity.kpi.value"),
                self.money(figures["value"]),
                note=self.t("strategy_capacity.kpi.bound", bound=self.money(figures["bound"])),
                exact=f"{figures['value']:,.0f}",
            ),
            Kpi(
                self.t("strategy_capacity.kpi.customers"),
                locale.count(round(figures["customers"]), self.lang),
                note=self.t("strategy_capacity.kpi.of_customers", n=f"{state.found.summary['n']:,}"),
            ),
            Kpi(
                self.t("strategy_capacity.kpi.hours"),
                locale.count(round(hours), self.lang),
                note=self._share_used("agent_minutes"),
                tone=self._tone("agent_minutes"),
            ),
            Kpi(
                self.t("strategy_capacity.kpi.cost"),
                self.money(cost),
                note=self._share_used("budget"),
                tone=self._tone("budget"),
            ),
            Kpi(
                self.t("strategy_capacity.kpi.gap"),
                locale.percent(gap, places=2),
                note=self.t(
                    "strategy_capacity.kpi.proven"
                    if figures["is_optimal"]
                    else "strategy_capacity.kpi.at_most"
                ),
            ),
            Kpi(
                self.t("strategy_capacity.kpi.greedy"),
                locale.percent(-greedy, places=1),
                note=self.t("strategy_capacity.kpi.greedy_note", value=self.money(figures["greedy_value"])),
            ),
        ]

    def _missing(self, figures: dict[str, Any]) -> float:
        value = figures["value"]
        return (value - figures["greedy_value"]) / abs(value) if value else 0.0

    def _share_used(self, name: str) -> str:
        rows = self.state.limit_rows().set_index("limit")
        if name not in rows.index:
            return self.t("strategy_capacity.kpi.no_limit")
        amount = float(rows["amount"].loc[name])
        shown = self._hours(amount) if name == "agent_minutes" else self.money(amount)
        share = locale.percent(rows.at[name, "share_used"], places=0)
        key = "strategy_capacity.kpi.all_used" if rows.at[name, "binds"] else "strategy_capacity.kpi.used"
        return self.t(key, share=share, amount=shown)

    def _tone(self, name: str) -> Any:
        rows = self.state.limit_rows().set_index("limit")
        return "warn" if name in rows.index and bool(rows.at[name, "binds"]) else ""

    def _hours(self, minutes: float) -> str:
        hours = minutes / HOUR
        return f"{hours:,.0f}" if hours >= 10 or hours == round(hours) else f"{hours:,.1f}"

    # The curves ------------------------------------------------------------------

    def curve_title(self, name: str) -> tuple[str, str]:
        """Return a curve's title and subtitle."""
        state = self.state
        by_hours = name == "agent_minutes"
        price = state.price(name) * (HOUR if by_hours else 1.0)
        kind = "hour" if by_hours else "money"
        if price > 1e-6:
            title = self.t(f"strategy_capacity.curve.{kind}_worth", price=self.unit_price(price))
        else:
            title = self.t(f"strategy_capacity.curve.{kind}_nothing")
        n = f"{state.found.summary['n']:,}"
        subtitle = self.t(f"strategy_capacity.curve.{kind}_subtitle", n=n)
        return title, subtitle

    def unit_price(self, price: float) -> str:
        """Return what one more is worth: to the fen below ¥100."""
        if 0 < price < 100:
            text = locale.decimal(price, 2)
            return f"{text}元" if self.lang == "zh_CN" else f"¥{text}"
        return self.money(price)

    def line_name(self, which: str) -> str:
        """Return a line's name at its end."""
        return self.t(f"strategy_capacity.line.{which}")

    def now(self, value: float) -> str:
        """Return the label of the point."""
        key = "strategy_capacity.curve.what_if" if self.state.is_what_if else "strategy_capacity.curve.now"
        return self.t(key, value=self.money(value))

    def method(self) -> str:
        """Say how the figures were come by, and how close they are."""
        figures = self.state.figures()
        if figures is None:
            return self.t("strategy_capacity.method.impossible")
        gap = locale.percent(figures["gap"], places=2)
        if self.state.is_what_if:
            n = len(self.state.found.frontier.points)
            return self.t("strategy_capacity.method.what_if", n=n, gap=gap)
        key = "strategy_capacity.method.optimal" if figures["is_optimal"] else "strategy_capacity.method.near"
        return self.t(key, gap=gap)

    # Tables ----------------------------------------------------------------------

    def name(self, limit: str) -> str:
        """Return a limit's name, with the offer, channel or strategy in words."""
        kind, _, key = limit.partition(":")
        if kind == "channel":
            key = self.state.screen.word("channel", key)
        elif kind == "quota":
            key = self.state.screen.word("offer", key)
        return label(limit, self.lang, key)

    def limits(self) -> list[dict[str, Any]]:
        """Return the table of limits."""
        rows = []
        for row in self.state.limit_rows().to_dict("records"):
            by_hours = row["limit"] == "agent_minutes"
            unit = HOUR if by_hours else 1.0
            kind = str(row["limit"]).partition(":")[0]
            amount, used = float(row["amount"]) / unit, float(row["used"]) / unit
            shown = self.money if kind == "budget" else lambda x: f"{x:,.0f}"
            rows.append(
                {
                    "name": self.name(str(row["limit"])),
                    "amount": shown(amount) + (self.t("strategy_capacity.table.h") if by_hours else ""),
                    "share": locale.percent(used / amount if amount else None, places=0),
                    "price": self.unit_price(float(row["price"]) * unit)
                    if row["price"] > 1e-9
                    else self.money(0.0),
                    "binds": bool(row["binds"]),
                }
            )
        return rows

    def strategy_rows(self, by_strategy: pd.DataFrame) -> list[dict[str, Any]]:
        """Return the table of strategies, small ones hidden so that no total gives them away."""
        from workbench.insight import hide_small_cells

        state = self.state
        names = state.screen.tables.names()
        table = by_strategy.sort_values("value", ascending=False, ignore_index=True)
        counts = table["customers"].round().astype("int64")
        frame = table.assign(key=table["strategy_id"] + "\x1f" + table["channel"], n=counts)
        hidden = pd.Series(False, index=frame.index)
        if not state.may("analyst"):
            shown = hide_small_cells(frame[["key", "n"]], minimum=state.project.small_cell, by=("key",))
            hidden = shown["hidden"].astype(bool)
        rows = []
        for row, is_hidden in zip(frame.to_dict("records"), hidden, strict=True):
            rows.append(
                {
                    "id": row["strategy_id"],
                    "name": names.get(row["strategy_id"], row["strategy_id"]),
                    "channel": state.screen.word("channel", row["channel"]),
                    "hidden": bool(is_hidden),
                    "customers": f"{row['n']:,}",
                    "hours": locale.decimal(row["minutes"] / HOUR, 0),
                    "cost": self.money(row["cost"]),
                    "value": self.money(row["value"]),
                    "share": round(100 * row["value"] / max(float(table["value"].max()), 1e-9), 1),
                }
            )
        return rows

    def strategies_title(self) -> tuple[str, str]:
        """Return the table's title: who gets most of the hours."""
        figures = self.state.figures()
        neutral = self.t("strategy_capacity.strategies.neutral")
        subtitle = self.t("strategy_capacity.strategies.subtitle")
        if figures is None or figures["by_strategy"].empty:
            return neutral, subtitle
        by = figures["by_strategy"].groupby("strategy_id")[["minutes", "value", "customers"]].sum()
        large = by[by["customers"] >= self.state.project.small_cell]
        if large.empty or large["minutes"].sum() <= 0:
            return neutral, subtitle
        most = large["minutes"].idxmax()
        names = self.state.screen.tables.names()
        share = float((large["minutes"] / by["minutes"].sum()).max())
        title = self.t(
            "strategy_capacity.strategies.title",
            strategy=names.get(most, most),
            share=locale.percent(share, places=0),
            value=self.money(float(large["value"].loc[most])),
        )
        return title, subtitle

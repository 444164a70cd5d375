"""The section on objectives: what is to be reached, what the plan brings, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import traitlets

from workbench import locale
from workbench.errors import WorkbenchError
from workbench.strategy import explain_objectives, translate_objectives
from workbench.ui.state.parts import Banner, Heading, Kpi
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.objectives_form import ObjectiveForm

if TYPE_CHECKING:
    from workbench.project.objectives import Shares

MESSAGE_PREFIXES = (
    "strategy_objectives.kpi_word.",
    "strategy_objectives.horizon_word.",
    "strategy_objectives.basis.",
)
_ROOTS = 4
"""Roots that have a figure of their own in the strip."""


class ObjectivesState(SectionState):
    """The objectives of the cycle shown, and what its plan brings.

    Attributes
    ----------
    chosen : str
        The objective whose strategies are shown.
    """

    name = "objectives"
    chosen = traitlets.Unicode("")

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.tree = pd.DataFrame()
        self.shares: Shares | None = None
        self.trouble = ""
        self.problems = pd.DataFrame()
        self.lists: dict[str, dict[str, Any]] = {}
        self.form = ObjectiveForm(self)
        super().__init__(screen, **traits)

    def load(self) -> None:
        """Read the tree, what the plan brings, and the launched lists."""
        project = self.project
        self.shares, self.trouble, self.problems = None, "", pd.DataFrame()
        self.tree = pd.DataFrame()
        if not project.cycle.cycle_id:
            return
        handle = project.strategy.objectives
        self.tree = handle.frame()
        rows = project.strategy.lists().to_dict("records")
        self.lists = {str(row["strategy_id"]): {str(n): v for n, v in row.items()} for row in rows}
        if len(self.tree):
            try:
                self.problems = handle.check()
                self.shares = handle.shares()
            except WorkbenchError as problem:
                # The targets stand all the same; what can't be told of the plan is said.
                self.trouble = self.t(problem.key, **problem.values)
        if self.chosen not in set(self._ids()):
            self.chosen = self._first()
        self.form.reopen()

    def _ids(self) -> list[str]:
        return [] if self.tree.empty else list(self.tree["objective_id"])

    def _first(self) -> str:
        """Return the objective that most is missing of, where a strategy serves it."""
        served = [row for row in self.rows() if row["n_strategies"] and row["share"] is not None]
        leaves = [row for row in served if row["is_leaf"]] or served
        if leaves:
            return str(min(leaves, key=lambda row: row["share"])["id"])
        return self._ids()[0] if self._ids() else ""

    def choose(self, objective_id: str) -> None:
        """Show an objective and the strategies that serve it."""
        if objective_id in self._ids():
            self.form.close()
            self.chosen = objective_id
            self.touch()

    def open_strategy(self, strategy_id: str) -> None:
        """Show a strategy's card, in its own section where there is one."""
        if strategy_id in set(self.screen.cards["strategy_id"]):
            self.screen.choose(strategy_id)
            self.screen.open_section("cards" if "cards" in self.screen.homes else "overview")

    def fill(self) -> None:
        """Draft targets from the bank's own figures, and let cards without one serve the one that fits."""

        def done(_: Any) -> None:
            self.screen.load()
            self.screen.banner = Banner("done", "strategy_objectives.done.filled", {"n": len(self.tree)})
            self.touch()

        self.jobs.start(
            lambda _: self.project.strategy.objectives.fill(), done, "strategy_objectives.phase.fill"
        )

    # Figures ---------------------------------------------------------------------

    def figure(self, value: Any, unit: str) -> str:
        """Return a figure of an objective in words."""
        if unit in ("CNY", "CNY_year"):
            return locale.money(value, self.lang)
        if unit == "points":
            return locale.decimal(value)
        return locale.count(value, self.lang)

    def names(self) -> dict[str, str]:
        """Return objective_id → shown name."""
        if self.tree.empty:
            return {}
        shown = translate_objectives(self.tree, self.lang)
        return dict(zip(shown["objective_id"], shown["name"], strict=True))

    def rows(self) -> list[dict[str, Any]]:
        """Return the tree's rows, each objective followed by its parts."""
        if self.tree.empty:
            return []
        names, about = self.names(), self.tree.set_index("objective_id").to_dict("index")
        inner = set(self.tree["parent_id"])
        if self.shares is None:
            bare = self.tree.assign(depth=0, contribution=float("nan"), n_strategies=0)
            rolled = bare.assign(standing=bare["baseline"], **dict.fromkeys(_UNKNOWN, float("nan")))
        else:
            rolled = self.shares.objectives
        return [
            self._row(row, about[row["objective_id"]], names[row["objective_id"]], inner)
            for row in rolled.to_dict("records")
        ]

    def _row(self, row: dict[Any, Any], about: dict[Any, Any], name: str, inner: set[Any]) -> dict[str, Any]:
        unit = str(about["unit"])
        share = None if row["share"] != row["share"] else float(row["share"])
        known = row["expected"] == row["expected"]
        reached = bool(known and row["gap"] <= 0)
        served = int(row["n_strategies"])
        width = 0.0 if share is None else min(1.0, max(0.0, share))
        return {
            "id": str(row["objective_id"]),
            "name": name,
            "depth": int(row["depth"]),
            "unit": unit,
            "kpi": self.t(f"strategy_objectives.kpi_word.{about['kpi']}"),
            "horizon": self.t(f"strategy_objectives.horizon_word.{about['horizon']}"),
            "due": locale.date(pd.Timestamp(about["due_on"]), self.lang),
            "baseline": self.figure(about["baseline"], unit),
            "standing": self.figure(row["standing"], unit),
            "brings": self.figure(row["contribution"], unit),
            "expected": self.figure(row["expected"] if known else None, unit),
            "target": self.figure(row["target"], unit),
            "gap": self.figure(max(0.0, row["gap"]) if known else None, unit),
            "low": self.figure(row["contribution_low"], unit),
            "high": self.figure(row["contribution_high"], unit),
            "double": self.figure(row["double_counted"], unit) if row["double_counted"] > 0 else "",
            "share": share,
            "at": round(100 * width, 1),
            "share_low": self._of_missing(row, "contribution_low"),
            "share_high": self._of_missing(row, "contribution_high"),
            "reached": reached,
            "sign": "✓" if reached else "○" if not served else "!",
            "state": self._state_word(reached, served),
            "n_strategies": served,
            "is_leaf": row["objective_id"] not in inner,
            "is_root": not about["parent_id"],
            "is_measured": about["measured"] == about["measured"] and about["measured"] is not None,
            "owner": about["owner"],
            "chosen": row["objective_id"] == self.chosen,
        }

    @staticmethod
    def _of_missing(row: dict[Any, Any], column: str) -> float | None:
        missing = row["target"] - row["standing"]
        value = row[column]
        return float(value / missing) if missing > 0 and value == value else None

    def _state_word(self, reached: bool, served: int) -> str:
        if reached:
            return self.t("strategy_objectives.tree.reached")
        return self.t("strategy_objectives.tree.short" if served else "strategy_objectives.tree.unserved")

    def detail(self) -> dict[str, Any] | None:
        """Return the chosen objective with the strategies beneath it, and their lists."""
        row = next((each for each in self.rows() if each["chosen"]), None)
        if row is None:
            return None
        strategies = self.strategies(row["id"])
        return {**row, "strategies": strategies, "problems": self._problems(row["id"])}

    def _problems(self, objective_id: str) -> list[str]:
        if self.problems.empty:
            return []
        mine = self.problems[self.problems["objective_id"].eq(objective_id)]
        return explain_objectives(mine, self.lang)

    def _beneath(self, objective_id: str) -> set[str]:
        found = {objective_id}
        for row in self.shares.objectives.to_dict("records") if self.shares is not None else ():
            if row["parent_id"] in found:
                found.add(str(row["objective_id"]))
        return found

    def strategies(self, objective_id: str) -> list[dict[str, Any]]:
        """Return the strategies that serve an objective or a part of it, what each brings, and its list."""
        if self.shares is None:
            return []
        beneath = self._beneath(objective_id)
        rolled = self.shares.objectives
        here = rolled[rolled["objective_id"].eq(objective_id)]
        missing = float((here["target"] - here["standing"]).sum())
        rows = self.shares.strategies
        mine = rows[rows["objective_id"].isin(beneath)].sort_values(
            "counted", ascending=False, kind="stable", na_position="last"
        )
        return [self._strategy(row, missing) for row in mine.to_dict("records")]

    def _strategy(self, row: dict[Any, Any], missing: float) -> dict[str, Any]:
        tables, unit = self.screen.tables, str(row["unit"])
        listed = self.lists.get(str(row["strategy_id"]))
        known = row["counted"] == row["counted"]
        return {
            "id": row["strategy_id"],
            "name": tables.names().get(row["strategy_id"], row["name"]),
            "slot": tables.segment(str(row["segment"]))[1],
            "objective": row["objective_id"],
            "amount": float(row["counted"]) if known else None,
            "counted": self.figure(row["counted"], unit),
            "low": self.figure(row["counted_low"], unit),
            "high": self.figure(row["counted_high"], unit),
            "share": float(row["counted"]) / missing if known and missing > 0 else None,
            "double": self.figure(row["double_counted"], unit) if row["double_counted"] > 0 else "",
            "basis": self.t(f"strategy_objectives.basis.{row['basis']}", margin=self._margin()),
            "told": known,
            "n": self._reach(int(row["n"])),
            "list_id": listed["list_id"] if listed else "",
            "listed": locale.count(listed["n"], self.lang) if listed else "",
            "hash": str(listed["sha256"])[:8] if listed else "",
        }

    def _reach(self, n: int) -> str:
        """Return customers in reach; so few that one could be known are not counted for others."""
        if not self.may("analyst") and 0 < n < self.project.small_cell:
            return self.t("strategy_objectives.detail.few", n=self.project.small_cell)
        return locale.count(n, self.lang)

    def _margin(self) -> str:
        margin = self.shares.margin if self.shares is not None else None
        return locale.percent(margin)

    def unserving(self) -> list[str]:
        """Return the strategies of the plan that serve no objective."""
        if self.shares is None or self.shares.strategies.empty:
            return []
        rows = self.shares.strategies
        return list(rows.loc[rows["objective_id"].eq(""), "strategy_id"])

    def chart(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the chart's objectives, and the strategies' shares laid end to end."""
        drawn, parts = [], []
        for row in self.rows():
            if row["share"] is None:
                continue
            drawn.append(
                {
                    "objective_id": row["id"],
                    "label": "\u2003" * row["depth"] + f"{row['id']}  {row['name']}",
                    "shown": locale.percent(row["share"], places=0),
                    "share": row["share"],
                    "share_low": row["share_low"],
                    "share_high": row["share_high"],
                }
            )
            begin = 0.0
            for one in self.strategies(row["id"]):
                if one["share"] is not None and one["share"] > 0:
                    end = begin + one["share"]
                    part = {"objective_id": row["id"], "strategy_id": one["id"], "name": one["name"]}
                    parts.append(
                        {**part, "slot": one["slot"], "begin": begin, "end": end, "amount": one["counted"]}
                    )
                    begin = end
        names = ["objective_id", "strategy_id", "name", "slot", "begin", "end", "amount"]
        return pd.DataFrame(drawn), pd.DataFrame(parts, columns=names)

    # Sentences -------------------------------------------------------------------

    def heading(self) -> Heading:
        """Return how many targets the plan reaches, and which one it is furthest from."""
        rows = self.rows()
        if not rows:
            analyst = self.may("analyst")
            key = "strategy_objectives.nothing.do" if analyst else "strategy_objectives.nothing.ask"
            return Heading(self.t("strategy_objectives.nothing.title"), self.t(key))
        subtitle = self.t("strategy_objectives.subtitle.no_plan")
        if self.shares is not None and self.shares.plan_version is not None:
            subtitle = self.t(
                "strategy_objectives.subtitle.plan",
                version=self.shares.plan_version,
                n=len(self.shares.strategies),
                date=locale.date(self.project.cycle.snapshot_date, self.lang),
            )
        if self.trouble or self.shares is None or self.shares.plan_version is None:
            return Heading(self.t("strategy_objectives.title.neutral", n=len(rows)), self.trouble or subtitle)
        short = [row for row in rows if not row["reached"] and row["n_strategies"]]
        reached = sum(row["reached"] for row in rows)
        values: dict[str, Any] = {"reached": reached, "n": len(rows)}
        if not short:
            return Heading(self.t("strategy_objectives.title.reached", **values), subtitle)
        worst = min(short, key=lambda row: (not row["is_leaf"], row["share"] or 0.0))
        values |= {"name": worst["name"], "gap": worst["gap"], "share": locale.percent(worst["share"], 0)}
        return Heading(self.t("strategy_objectives.title.short", **values), subtitle)

    def chart_title(self) -> str:
        """Return which of the larger targets the plan carries furthest."""
        known = [row for row in self.rows() if row["is_root"] and row["n_strategies"] and row["share"]]
        if not known:
            return self.t("strategy_objectives.chart.neutral")
        best = max(known, key=lambda row: row["share"])
        share = locale.percent(best["share"], places=0)
        return self.t("strategy_objectives.chart.title", name=best["name"], share=share)

    def kpis(self) -> list[Kpi]:
        """Return targets reached, each root's share, and strategies that serve none."""
        rows = self.rows()
        if not rows or self.shares is None or self.shares.plan_version is None:
            return []
        reached = sum(row["reached"] for row in rows)
        unserved = sum(not row["n_strategies"] and not row["reached"] for row in rows)
        found = [
            Kpi(
                self.t("strategy_objectives.kpi.reached"),
                self.t("strategy_objectives.kpi.of", reached=reached, n=len(rows)),
                note=self.t("strategy_objectives.kpi.unserved", n=unserved),
            )
        ]
        for row in [each for each in rows if each["is_root"]][:_ROOTS]:
            note = self.t("strategy_objectives.kpi.missing", brings=row["brings"], gap=row["gap"])
            if not row["n_strategies"]:
                note = row["state"]
            found.append(Kpi(row["name"], locale.percent(row["share"], places=0), note=note))
        idle = self.unserving()
        found.append(
            Kpi(
                self.t("strategy_objectives.kpi.idle"),
                str(len(idle)),
                note=", ".join(idle[:6]) if idle else self.t("strategy_objectives.kpi.idle_none"),
                tone="warn" if idle else "",
            )
        )
        return found


_UNKNOWN = (
    "expected",
    "gap",
    "share",
    "contribution_low",
    "contribution_high",
    "double_counted",
)

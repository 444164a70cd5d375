"""The section on capacity: what the plan may use, the best use of it, and what more would be worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import traitlets

from workbench.errors import NotFound, ParameterProblem
from workbench.strategy.allocation.frontier import SLIDERS
from workbench.ui.state.parts import Banner, Heading, Kpi
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.capacity_findings import CapacityFindings

if TYPE_CHECKING:
    from workbench.project.capacity import StoredAllocation
    from workbench.ui.state.jobs import Report

POINTS = 25
HOUR = 60.0
CHANNELS = ("first", "all")
MESSAGE_PREFIXES = ("strategy_capacity.channels.",)


class CapacityState(SectionState):
    """The stored allocation of the cycle shown, and what-ifs read off its frontier.

    Attributes
    ----------
    moved : int
        Rises when only a slider has moved.
    """

    name = "capacity"
    moved = traitlets.Int(0)

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.stored: StoredAllocation | None = None
        self.stale = False
        self.amounts: dict[str, float] = {}
        self.reset_count = 0
        self._kept: dict[str, Any] = {}
        super().__init__(screen, **traits)

    def load(self) -> None:
        """Read the cycle's newest allocation; sliders go back to it."""
        before = self.stored.artefact_id if self.stored else ""
        self.stored, self.stale = None, False
        if self.project.cycle.cycle_id:
            capacity = self.project.strategy.capacity
            try:
                self.stored = capacity.current()
            except NotFound:
                pass
            else:
                self.stale = capacity.is_stale(self.stored)
        self._kept.clear()
        if self.stored is None or self.stored.artefact_id != before:
            self._reset()

    @property
    def found(self) -> StoredAllocation:
        """The stored allocation, where there is one."""
        assert self.stored is not None
        return self.stored

    @property
    def findings(self) -> CapacityFindings:
        """The sentences made of these figures."""
        return CapacityFindings(self)

    # Sliders ---------------------------------------------------------------------

    def planned(self, name: str) -> float:
        """Return the amount in force of agent time or budget; the most where it has no limit."""
        return self.found.frontier.amounts[name]

    def amount(self, name: str) -> float:
        """Return where a slider stands."""
        return self.amounts.get(name, self.planned(name))

    def most(self, name: str) -> float:
        """Return a slider's end."""
        return self.found.frontier.most(name)

    def move(self, name: str, text: str) -> None:
        """Move a slider, in hours or CNY; nothing is stored."""
        try:
            amount = float(text)
        except ValueError:
            return
        # A viewer can send anything; only what the frontier knows is read off.
        if self.stored is None or name not in SLIDERS or amount != amount:
            return
        amount = min(max(amount * (HOUR if name == SLIDERS[0] else 1.0), 0.0), self.most(name))
        self.amounts = {**self.amounts, name: amount}
        self._kept.clear()
        self.moved += 1

    def reset(self) -> None:
        """Put the sliders back to the limits in force."""
        self._reset()
        self.touch()

    def _reset(self) -> None:
        self.amounts = {}
        self._kept.clear()
        self.reset_count += 1

    @property
    def is_what_if(self) -> bool:
        """Whether a slider stands elsewhere than the limit in force."""
        return any(abs(self.amounts[name] - self.planned(name)) > 1e-6 for name in self.amounts)

    # Figures ---------------------------------------------------------------------

    def figures(self) -> dict[str, Any] | None:
        """Return the allocation at the sliders: of the limits in force exactly, else read off.

        ``value, bound, gap, greedy_value, limits, by_strategy, customers, is_optimal``; None
        where the minimums can't be kept.
        """
        if "figures" not in self._kept:
            self._kept["figures"] = self._figures()
        return self._kept["figures"]

    def _figures(self) -> dict[str, Any] | None:
        if not self.is_what_if:
            stored = self.found
            return {
                **{name: stored.summary[name] for name in ("value", "bound", "gap", "greedy_value")},
                "is_optimal": stored.summary["is_optimal"],
                "limits": stored.limits,
                "by_strategy": stored.by_strategy,
                "customers": float(stored.summary["customers"]),
            }
        found = self.found.frontier.at(self.amounts)
        if found is None:
            return None
        return {
            "value": found.value,
            "bound": found.bound,
            "gap": found.gap,
            "greedy_value": found.greedy_value,
            "is_optimal": False,
            "limits": found.limits,
            "by_strategy": found.by_strategy,
            "customers": float(found.by_strategy["customers"].sum()),
        }

    def limit_rows(self) -> pd.DataFrame:
        """Return the limits that are set, with what one more of each is worth."""
        if "limits" not in self._kept:
            figures = self.figures()
            rows = self.found.limits.iloc[:0] if figures is None else figures["limits"]
            known = {*self.found.limits["limit"], *self.amounts}
            self._kept["limits"] = rows[rows["limit"].isin(known)].reset_index(drop=True)
        return self._kept["limits"]

    def price(self, name: str) -> float:
        """Return what one more unit of a limit is worth; 0 where it has no limit."""
        rows = self.limit_rows()
        return dict(zip(rows["limit"], rows["price"], strict=True)).get(name, 0.0)

    def curve(self, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the two lines over one limit, and the point where it stands; hours or CNY."""
        key = f"{self.lang}:curve:{name}"
        if key not in self._kept:
            self._kept[key] = self._curve(name)
        return self._kept[key]

    def _curve(self, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        unit = HOUR if name == SLIDERS[0] else 1.0
        here, most = self.amount(name), self.most(name)
        grid = np.unique(np.append(np.linspace(0.0, most, POINTS), here))
        traced = self.found.frontier.curve(name, list(grid), self.amounts).dropna()
        lines = []
        for which, column in (("optimum", "value"), ("greedy", "greedy_value")):
            line = pd.DataFrame({"which": which, "amount": traced["amount"] / unit, "value": traced[column]})
            names = [""] * len(line)
            if names:
                names[-1] = self.findings.line_name(which)
            lines.append(line.assign(label=names))
        figures = self.figures()
        value = figures["value"] if figures else float("nan")
        now = pd.DataFrame({"amount": [here / unit], "value": [value], "label": [self.findings.now(value)]})
        return pd.concat(lines, ignore_index=True), now.dropna()

    def strategies(self) -> list[dict[str, Any]]:
        """Return a row a strategy and channel, those of too few customers hidden, and the total."""
        figures = self.figures()
        if figures is None:
            return []
        return self.findings.strategy_rows(figures["by_strategy"])

    # Sentences -------------------------------------------------------------------

    def heading(self) -> Heading:
        """Return which limit binds, or what is missing."""
        if self.stored is None:
            return Heading(self.t("strategy_capacity.nothing.title"), self.nothing())
        return Heading(self.findings.title(), self.findings.subtitle())

    def nothing(self) -> str:
        """Say what makes this section, where there is nothing yet."""
        if self.screen.plan is None:
            return self.t("strategy_capacity.nothing.no_plan")
        key = "strategy_capacity.nothing.compute" if self.may("analyst") else "strategy_capacity.nothing.ask"
        return self.t(key)

    def kpis(self) -> list[Kpi]:
        """Return the six figures."""
        return [] if self.stored is None else self.findings.kpis()

    # Saving ----------------------------------------------------------------------

    def form(self) -> dict[str, Any]:
        """Return what the form shows: the draft, else the limits at the sliders."""
        from workbench.strategy.allocation import Limits

        kept = self.draft() or {}
        settings = self.stored.settings if self.stored else {}
        limits = Limits(**settings.get("limits", {}))
        amounts = {**limits.amounts(), **self.amounts}
        shown = {
            "hours": _plain(amounts.get("agent_minutes"), HOUR),
            "budget": _plain(amounts.get("budget")),
            "others": "\n".join(f"{n} = {v:g}" for n, v in amounts.items() if n not in SLIDERS),
            "channels": str(settings.get("channels", "first")),
            "note": "",
        }
        return {
            **shown,
            **{name: str(kept[name]) for name in shown if name in kept},
            "choices": [(name, self.t(f"strategy_capacity.channels.{name}")) for name in CHANNELS],
        }

    def python(self) -> dict[str, str]:
        """Return the Python that does what each control is set to."""
        parts = ""
        if self.stored is not None:
            parts = f"agent_minutes={self.amount('agent_minutes'):.0f}, budget={self.amount('budget'):.0f}"
        return {
            "move": f"project.strategy.capacity.allocate(wb.Limits({parts}))",
            "save": f"project.strategy.capacity.save_limits(wb.Limits({parts})); "
            "project.strategy.capacity.compute()",
            "cut": "project.strategy.select(limits=project.strategy.capacity.limits())",
        }

    def save(self, fields: dict[str, str]) -> None:
        """Save limits and allocate by them in the background.

        Raises
        ------
        ParameterProblem
            If a field is no amount.
        """
        shown = {
            name: fields.get(name, "").strip() for name in ("hours", "budget", "others", "channels", "note")
        }
        self.keep_draft(shown)
        limits = read_limits(shown)
        channels = shown["channels"] if shown["channels"] in CHANNELS else "first"
        capacity = self.project.strategy.capacity

        def work(report: Report) -> StoredAllocation:
            # Limits that clash are refused before they are kept.
            found = capacity.compute(limits, channels=channels, progress=report)
            capacity.save_limits(limits, shown["note"])
            return found

        self.jobs.start(work, self._saved, "strategy_capacity.phase.options")

    def compute(self) -> None:
        """Allocate anew by the limits in force, for a newer plan."""
        capacity = self.project.strategy.capacity
        self.jobs.start(
            lambda report: capacity.compute(progress=report), self._saved, "strategy_capacity.phase.options"
        )

    def _saved(self, stored: StoredAllocation) -> None:
        self.discard_draft()
        self.load()
        self._reset()
        self.screen.banner = Banner(
            "done",
            "strategy_capacity.done",
            {"version": stored.version, "n": f"{stored.summary['customers']:,}"},
        )
        self.touch()


def read_limits(fields: dict[str, str]) -> Any:
    """Return the limits of a form; an empty field is no limit.

    Raises
    ------
    ParameterProblem
        If a field is no amount, or a line names no limit.
    """
    from workbench.strategy.allocation import Limits

    limits = Limits()
    for name, field, unit in (("agent_minutes", "hours", HOUR), ("budget", "budget", 1.0)):
        if fields[field]:
            limits = limits.with_limit(name, _number(name, fields[field]) * unit)
    for line in fields["others"].splitlines():
        if line.strip():
            name, _, amount = line.partition("=")
            limits = limits.with_limit(name.strip(), _number(name.strip(), amount))
    return limits


def _number(name: str, text: str) -> float:
    try:
        return float(text.replace(",", "").replace("，", "").strip())
    except ValueError as error:
        # What was typed may name no limit at all, so it is shown as it stands.
        raise ParameterProblem(
            "strategy_capacity.error.limit", limit=name, value=text.strip() or "–"
        ) from error


def _plain(amount: float | None, unit: float = 1.0) -> str:
    return (
        "" if amount is None else f"{amount / unit:.10g}" if unit == 1.0 else f"{round(amount / unit, 2):g}"
    )

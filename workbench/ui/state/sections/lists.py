"""The section on lists: what each gate turned away and why, and where any one customer went out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.errors import NotFound, ParameterProblem
from workbench.insight import hide_small_cells
from workbench.strategy import GATES, describe_detail, gate_label, value_lists
from workbench.tables import mask_identifier
from workbench.ui.state.parts import Banner, Button, Heading, Kpi
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.lists_findings import ListsFindings

if TYPE_CHECKING:
    from workbench.strategy import ContactPolicy
    from workbench.ui.state.jobs import Report

REASONS = 8
"""Reasons that the chart shows, those that turn away the most."""


class ListsState(SectionState):
    """The gates of the cycle's lists, as launched or as stored with the plan."""

    name = "lists"

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.funnel: pd.DataFrame | None = None
        self.priced: pd.DataFrame | None = None
        self.used = pd.DataFrame()
        self.out_of_date: tuple[str, ...] = ()
        self.problem = ""
        self.fresh = False
        self.policies: dict[str, ContactPolicy] = {}
        self.answer: pd.DataFrame | None = None
        self.asked = ""
        self._kept: dict[str, Any] = {}
        super().__init__(screen, **traits)

    @property
    def launched(self) -> bool:
        """Whether the lists are launched, so that no gate moves any more."""
        return len(self.screen.lists) > 0

    def load(self) -> None:
        """Read the gates of the launched lists, or those stored with the plan."""
        self._kept.clear()
        self.funnel = self.priced = self.answer = None
        self.used, self.out_of_date, self.problem, self.fresh = pd.DataFrame(), (), "", False
        if self.screen.plan is None:
            return
        strategy = self.project.strategy
        self.policies = strategy.contact_policies()
        self.funnel, self.priced = self.screen.funnel, self.screen.priced
        stored = strategy.preview(strategy.launched_plan() if self.launched else None)
        if stored is None:
            return
        self.used = stored.used
        if not self.launched:
            self.out_of_date = stored.out_of_date
            self.problem = stored.problem.message(self.lang) if stored.problem else ""

    def once(self, name: str, make: Any) -> Any:
        """Compute a table once for the language in force."""
        key = f"{self.lang}:{name}"
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    @property
    def ready(self) -> bool:
        """Whether there are gates to show."""
        return self.funnel is not None and self.priced is not None and len(self.funnel) > 0

    # Figures ---------------------------------------------------------------------

    def gates(self) -> pd.DataFrame:
        """Return every gate for the chart: ``label``, ``n``, ``shown``, ``lost``, ``lost_n``, ``last``."""
        return self.once("gates", self._gates)

    def _gates(self) -> pd.DataFrame:
        assert self.funnel is not None
        names = ["all", *self.funnel["gate"].astype("str")]
        applied = [True, *self.funnel["applied"].astype(bool)]
        everyone = int(self.funnel["n_in"].iloc[0])
        lost = [0, *(self.funnel["n_in"] - self.funnel["n_out"]).astype("int64").tolist()]
        shown = lost if self.may("analyst") else _fold(lost, self.project.small_cell)
        rows = []
        left = everyone
        for name, is_applied, n, was in zip(names, applied, shown, lost, strict=True):
            left -= n
            rows.append(self._bar(name, left, n, is_applied, few=n != was and n == 0))
        rows[-1]["last"] = True
        return pd.DataFrame(rows)

    def _bar(self, gate: str, n: int, lost: int, applied: bool, *, few: bool) -> dict[str, Any]:
        label = self.t("strategy_lists.gates.all") if gate == "all" else gate_label(gate, self.lang)
        if not applied:
            label = self.t("strategy_lists.gates.not_asked", gate=label)
        if few:
            label = self.t("strategy_lists.gates.few", gate=label)
        return {
            "gate": gate,
            "label": label,
            "n": n,
            "lost_n": lost,
            "shown": locale.count(n, self.lang),
            "lost": f"−{locale.count(lost, self.lang)}" if lost else "",
            "applied": applied,
            "last": False,
        }

    def rules(self) -> list[dict[str, Any]]:
        """Return what each gate asked: rules in words, for which strategies, and how many it turned away."""
        return self.once("rules", self._rules)

    def _rules(self) -> list[dict[str, Any]]:
        applied = (
            {} if self.funnel is None else dict(zip(self.funnel["gate"], self.funnel["applied"], strict=True))
        )
        found = []
        for gate in GATES:
            asked = self.used[self.used["gate"].eq(gate)] if len(self.used) else self.used
            rows = []
            if gate not in ("one_list", "segment") and len(asked):
                for (detail, is_applied), mine in asked.groupby(["detail", "applied"], sort=False):
                    rows.append(self._rule(gate, str(detail), bool(is_applied), mine))
            key = f"strategy_lists.asks.{gate}"
            found.append(
                {
                    "gate": gate,
                    "label": gate_label(gate, self.lang),
                    "applied": bool(applied.get(gate, False)),
                    "text": self.t(key),
                    "rows": sorted(rows, key=lambda row: -(row["n"] or 0)),
                }
            )
        return found

    def _rule(self, gate: str, detail: str, applied: bool, mine: pd.DataFrame) -> dict[str, Any]:
        n = int(mine["n"].sum())
        hidden = not self.may("analyst") and 0 < n < self.project.small_cell
        return {
            "words": describe_detail(gate, detail, self.lang),
            "strategies": _in_order(mine["strategy_id"]),
            "applied": applied,
            "n": None if hidden else n,
            "hidden": hidden,
        }

    def reasons(self) -> pd.DataFrame:
        """Return the rules that turn away the most, for the chart: ``label``, ``gate``, ``n``, ``shown``."""
        return self.once("reasons", self._reasons)

    def _reasons(self) -> pd.DataFrame:
        names = ["label", "gate", "n", "shown"]
        if self.used.empty:
            return pd.DataFrame(columns=names)
        rules = self.used[self.used["applied"] & self.used["gate"].isin(GATES[1:6])]
        counted = rules.groupby(["gate", "detail"], sort=False)["n"].sum().reset_index()
        fewest = self.project.small_cell
        counted = counted[counted["n"] >= fewest].nlargest(REASONS, "n", keep="all").head(REASONS)
        rows = [
            (
                describe_detail(row["gate"], row["detail"], self.lang),
                gate_label(row["gate"], self.lang),
                int(row["n"]),
                locale.count(row["n"], self.lang),
            )
            for row in counted.to_dict("records")
        ]
        return pd.DataFrame(rows, columns=names)

    def lists(self) -> list[dict[str, Any]]:
        """Return a row a list: customers, control, contacts and what it promises; small ones hidden."""
        return self.once("lists", self._lists)

    def _lists(self) -> list[dict[str, Any]]:
        if self.priced is None or self.priced.empty:
            return []
        valued = value_lists(self.priced, evidence=self.screen.evidence())
        shown = hide_small_cells(
            valued[["strategy_id", "n"]], minimum=self.project.small_cell, by=("strategy_id",), totals=True
        )
        hidden = dict(zip(shown["strategy_id"], shown["hidden"].astype(bool), strict=True))
        names, cards = self.screen.tables.names(), self.screen.cards.set_index("strategy_id")
        largest = float(valued["expected_value"].max())
        rows = []
        for row in valued.sort_values("expected_value", ascending=False, kind="stable").to_dict("records"):
            strategy_id = row["strategy_id"]
            segment = cards["segment"].get(strategy_id, "")
            name, slot = self.screen.tables.segment(str(segment))
            rows.append(
                {
                    **{str(key): value for key, value in row.items()},
                    "name": names.get(strategy_id, strategy_id),
                    "segment": name,
                    "slot": slot,
                    "share": row["n_control"] / row["n"] if row["n"] else None,
                    "bar": max(0.0, row["expected_value"] / largest) if largest > 0 else 0.0,
                    "hidden": bool(hidden.get(strategy_id, False)) and not self.may("analyst"),
                }
            )
        return rows

    def policy_rows(self) -> list[dict[str, Any]]:
        """Return the contact policies in words, with the strategies that follow each."""
        cards = self.screen.cards
        named = cards["contact_policy"] if "contact_policy" in cards else pd.Series("", index=cards.index)
        named = named.where(named.isin(list(self.policies)), "standard")
        return [
            {
                "title": policy.title(self.lang),
                "limits": [limit.describe(self.lang) for limit in policy.limits],
                "strategies": _in_order(cards.loc[named.eq(name).to_numpy(), "strategy_id"]),
            }
            for name, policy in self.policies.items()
            if name == "standard" or named.eq(name).any()
        ]

    # Sentences -------------------------------------------------------------------

    @property
    def findings(self) -> ListsFindings:
        """The sentences made of these figures."""
        return ListsFindings(self)

    def heading(self) -> Heading:
        """Return which gate turns away most, or what is missing."""
        if not self.ready:
            return Heading(self.t("strategy_lists.nothing.title"), self.nothing(), self._buttons())
        return Heading(self.findings.title(), self.findings.subtitle(), self._buttons())

    def _buttons(self) -> tuple[Button, ...]:
        if self.may("analyst") and self.screen.plan is not None and not self.launched:
            return (Button("cut", self.t("strategy_lists.button.cut"), primary=not self.ready),)
        return ()

    def nothing(self) -> str:
        """Say what makes this section, where there is nothing yet."""
        if self.problem:
            return self.problem
        if self.screen.plan is None:
            return self.t("strategy_lists.nothing.plan")
        return self.t("strategy_lists.nothing.cut" if self.may("analyst") else "strategy_lists.nothing.ask")

    def warning(self) -> str:
        """Return which offers are out of date, so that no list is cut for them."""
        if not self.out_of_date:
            return ""
        return self.t("strategy_lists.notice.out_of_date", strategies=", ".join(self.out_of_date))

    def kpis(self) -> list[Kpi]:
        """Return the six figures."""
        return self.findings.kpis() if self.ready else []

    # Working ---------------------------------------------------------------------

    def cut(self) -> None:
        """Cut the lists anew in the background, with the contacts known now; nothing is stored."""

        def work(report: Report) -> Any:
            report(0.1, "strategy_lists.phase.cut")
            selection = self.project.strategy.select(random_state=self.screen.seed)
            report(0.8, "strategy_lists.phase.price")
            from workbench.strategy import price_targets

            strategy = self.project.strategy
            return selection, price_targets(selection.targets, strategy.scores(), strategy.cards())

        self.jobs.start(work, self._cut, "strategy_lists.phase.cut")

    def _cut(self, found: Any) -> None:
        selection, priced = found
        self._kept.clear()
        self.funnel, self.used, self.priced = selection.funnel, selection.used, priced
        self.fresh, self.problem, self.out_of_date = True, "", ()
        # The overview shows the same lists from now on.
        self.screen.show_cut(priced, selection.funnel)
        values = {"n": f"{len(selection.targets):,}"}
        self.screen.banner = Banner("done", "strategy_lists.done.cut", values)
        self.touch()

    def look_up(self, fields: dict[str, str]) -> None:
        """Find in the background at which gate a customer went out; for analysts only.

        Raises
        ------
        ParameterProblem
            If no customer is named.
        """
        if not self.may("analyst"):
            raise NotFound("strategy_lists.error.no_look_up")
        customer = fields.get("customer", "").strip()
        if not customer:
            raise ParameterProblem("strategy_lists.error.no_customer")
        self.jobs.start(
            lambda _: (customer, self.project.strategy.why(customer, self.lang)),
            self._found,
            "strategy_lists.phase.look_up",
        )

    def _found(self, found: tuple[str, pd.DataFrame]) -> None:
        self.asked, self.answer = found
        self.touch()

    def steps(self) -> list[dict[str, Any]]:
        """Return the answer of the look-up: a row a strategy, each gate passed, failed or not reached."""
        if self.answer is None:
            return []
        names = self.screen.tables.names()
        rows = []
        for row in self.answer.to_dict("records"):
            listed = bool(row["arm"])
            at = len(GATES) if listed else GATES.index(row["gate"])
            rows.append(
                {
                    "strategy": row["strategy_id"],
                    "name": names.get(row["strategy_id"], ""),
                    "listed": listed,
                    "reason": row["reason"],
                    "gates": [
                        {
                            "label": gate_label(gate, self.lang),
                            "state": "in" if number < at else "out" if number == at else "later",
                        }
                        for number, gate in enumerate(GATES)
                    ],
                }
            )
        return sorted(rows, key=lambda row: not row["listed"])

    def masked(self) -> str:
        """Return the customer who was looked up, masked."""
        return mask_identifier(self.asked)

    def python(self) -> dict[str, str]:
        """Return the Python that does what each control does."""
        return {"cut": "project.strategy.select()", "look_up": "project.strategy.why(customer_id)"}


def _in_order(strategies: pd.Series) -> str:
    """Return strategies once each, S2 before S10."""
    names = {str(name) for name in strategies if name}
    return ", ".join(sorted(names, key=lambda name: (len(name), name)))


def _fold(lost: list[int], minimum: int) -> list[int]:
    """Return losses of which none is small: a small one counts at the gate after it, or before the last.

    Examples
    --------
    >>> _fold([0, 50, 3, 30, 2], 11)
    [0, 50, 0, 0, 35]
    """
    folded = list(lost)
    for number in range(len(folded) - 1):
        if 0 < folded[number] < minimum:
            folded[number + 1] += folded[number]
            folded[number] = 0
    for number in range(len(folded) - 2, -1, -1):
        if 0 < folded[-1] < minimum:
            folded[-1] += folded[number]
            folded[number] = 0
    return folded


MESSAGE_PREFIXES = ("strategy_lists.asks.",)

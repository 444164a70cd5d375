"""The section on the evaluation: whether the groups can be compared, and what every comparison says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import traitlets

from workbench.errors import NotFound, ParameterProblem
from workbench.review import state_caveat
from workbench.ui.state.parts import Banner, Heading, Kpi
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.evaluation_figures import EvaluationFigures
from workbench.ui.state.sections.evaluation_findings import EvaluationFindings

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.ui.state.jobs import Report

OUTCOMES = ("responded", "amount")
LEVELS = ("lifecycle_stage", "segment", "tier", "region", "strategy")
ALPHAS = (0.01, 0.05, 0.1, 0.2)
"""Error probabilities an analyst may evaluate with."""
MESSAGE_PREFIXES = ("review_evaluation.level.",)


class EvaluationState(SectionState):
    """One strategy's evaluation from all sides, and all strategies' p-values side by side.

    Attributes
    ----------
    chosen : str
        The strategy that is looked at; empty follows the finding.
    outcome : {"responded", "amount"}
        What the effects are measured in.
    level : str
        By which parts the effect is broken down; empty is the first that has several large enough.
    """

    name = "evaluation"
    chosen = traitlets.Unicode("")
    outcome = traitlets.Enum(OUTCOMES, default_value="responded")
    level = traitlets.Enum(("", *LEVELS), default_value="")

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.tables: dict[str, pd.DataFrame] = {}
        self._kept: dict[tuple[Any, ...], Any] = {}
        self.trouble = ""
        self.cut: dict[str, Any] | None = None
        super().__init__(screen, **traits)

    def load(self) -> None:
        """Read the newest evaluation's evidence, or say why there is none."""
        self.tables, self.trouble, self.cut = {}, "", None
        self._kept.clear()
        if self.screen.evaluation is None:
            return
        try:
            self.tables = self.project.review.evidence.tables()
        except NotFound:
            open_now = self.project.cycle.state == "open"
            if open_now and self.may("analyst"):
                self.trouble = self.t("review_evaluation.nothing.again")
            else:
                key = "review_evaluation.nothing.wait" if open_now else "review_evaluation.nothing.closed"
                self.trouble = self.t(key)
        if self.chosen not in self.ids():
            self.chosen = ""

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Compute something once for what is chosen now."""
        cut = None if self.cut is None else self.cut["share"]
        key = (name, self.chosen, self.outcome, self.level, self.lang, cut)
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    # What is shown -----------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """Whether there is evidence to show."""
        return bool(self.tables)

    @property
    def figures(self) -> EvaluationFigures:
        """The rows behind tables and charts."""
        return EvaluationFigures(self)

    @property
    def findings(self) -> EvaluationFindings:
        """The sentences made of them."""
        return EvaluationFindings(self)

    def ids(self) -> list[str]:
        """Return the launched strategies."""
        return [] if self.screen.cards.empty else list(self.screen.cards["strategy_id"])

    def strategy(self) -> str:
        """Return the strategy looked at: the chosen one, else the clearest."""
        if self.chosen:
            return self.chosen
        rows = self.figures.treated("responded")
        known = rows[rows["uplift"].notna()].sort_values("p_holm", kind="stable", na_position="last")
        found = known if len(known) else rows
        return str(found["strategy_id"].iloc[0]) if len(found) else ""

    def strategy_name(self, strategy_id: str, with_id: bool = True) -> str:
        """Return a strategy's name in the reader's language."""
        cards = self.screen.cards
        found = cards.loc[cards["strategy_id"].eq(strategy_id), "name"]
        name = str(found.iloc[0]) if len(found) else ""
        return f"{strategy_id} {name}".strip() if with_id else name or strategy_id

    @property
    def minimum(self) -> int:
        """The smallest count of customers that this reader may see; 0 for all."""
        return 0 if self.may("analyst") else self.project.small_cell

    def alarmed(self) -> list[str]:
        """Return the strategies whose arms are not as they were drawn."""
        ratio = self.screen.evaluation.sample_ratio
        return [str(i) for i in ratio.loc[ratio["alarm"].astype(bool), "strategy_id"]]

    def caveats(self, strategy_id: str) -> list[str]:
        """Return what keeps a strategy's figures from being plain, in sentences."""
        rows = self.tables["caveats"]
        mine = rows[rows["strategy_id"].eq(strategy_id)]
        return [state_caveat(row, self.lang, minimum=self.minimum) for row in _records(mine)]

    def current_level(self) -> str:
        """Return by which parts the effect is broken down now."""
        levels = [name for name, _ in self.levels()]
        if self.level in levels:
            return self.level
        several = [name for name in levels if self.figures.n_firm(name) > 1]
        return (several or levels or [""])[0]

    def levels(self) -> list[tuple[str, str]]:
        """Return the levels that have parts, as (name, shown)."""
        there = set(self.tables["segments"]["level"]) if self.ready else set()
        return [(name, self.t(f"review_evaluation.level.{name}")) for name in LEVELS if name in there]

    # What a press does -------------------------------------------------------------

    def choose(self, strategy_id: str) -> None:
        """Look at a strategy."""
        if strategy_id in self.ids():
            self.chosen, self.cut = strategy_id, None
            self.touch()

    def choose_outcome(self, outcome: str) -> None:
        """Measure in responses or in money."""
        if outcome in OUTCOMES:
            self.outcome, self.cut = outcome, None
            self.touch()

    def choose_level(self, level: str) -> None:
        """Break the effect down by other parts."""
        if level in LEVELS:
            self.level = level
            self.touch()

    def evaluate(self, alpha: str = "") -> None:
        """Evaluate again with an error probability, and recommend; in the background.

        Raises
        ------
        ParameterProblem
            If it is none of those offered.
        """
        wanted = self.screen.evaluation.alpha if not alpha else _number(alpha)
        if alpha and wanted not in ALPHAS:
            raise ParameterProblem("review_room.error.alpha", alpha=alpha)
        review = self.project.review

        def work(report: Report) -> None:
            review.evaluate(wanted)
            report(0.8, "review.phase.recommend")
            review.recommend()

        def done(_: None) -> None:
            self.screen.load()
            version = self.screen.evaluation.version
            self.screen.banner = Banner("done", "review.evaluated", {"version": version})
            self.touch()

        self.jobs.start(work, done, "review.phase.evaluate")

    def winsorise(self, share: str) -> None:
        """Show the amounts once more with the largest of them cut; nothing is stored.

        Raises
        ------
        ParameterProblem
            If the share is no number between 0 and 50.
        """
        wanted = _number(share.strip().removesuffix("%")) / 100
        if not 0 < wanted <= 0.5:
            raise ParameterProblem("review_evaluation.error.share", share=share)
        strategy = self.strategy()
        evidence = self.project.review.evidence

        def done(found: dict[str, Any]) -> None:
            if self.strategy() == strategy:
                self.cut, self.outcome = {"strategy": strategy, **found}, "amount"
                self.touch()

        self.jobs.start(
            lambda _: evidence.winsorised(strategy, wanted), done, "review_evaluation.phase.winsorise"
        )

    def uncut(self) -> None:
        """Show the amounts as they were recorded."""
        self.cut = None
        self.touch()

    # The page ----------------------------------------------------------------------

    def heading(self) -> Heading:
        """Return whether results can be read, and how many hold."""
        if not self.ready:
            if self.screen.evaluation is None:
                return Heading(self.t("review.nothing.title"), self.screen.findings.what_to_do())
            return Heading(self.t("review_evaluation.nothing.title"), self.trouble)
        return Heading(self.findings.title(), self.findings.subtitle())

    def kpis(self) -> list[Kpi]:
        """Return what decides whether the results can be read, and how many hold."""
        return self.findings.kpis() if self.ready else []


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")

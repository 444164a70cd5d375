"""The section on scores: the methods side by side, how firm ranks are, and what would change them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import traitlets

from workbench.strategy import (
    CRITERIA,
    compare_methods,
    find_flips,
    find_weight_changes,
    rank_distribution,
    score_strategies,
)
from workbench.strategy.methods import WEIGHED
from workbench.ui.state.parts import Heading, Kpi
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.scores_findings import ScoresFindings
from workbench.ui.state.sections.scores_tables import ScoresTables

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.project import Plan
    from workbench.strategy import MethodComparison

REACHES: dict[str, float | None] = {"near": 50.0, "wide": 10.0, "any": None}
"""How far sampled weights stray → the concentration that they are drawn with."""


class ScoresState(SectionState):
    """How the strategies rank, at the weights of the screen's sliders.

    The sliders are those of the overview: a what-if that touches nothing stored.

    Attributes
    ----------
    method : str
        By which method the shares of the ranks are shown.
    reach : str
        How far the sampled weights stray: ``near``, ``wide`` or ``any``.
    chosen : int
        Rises when another method or reach is chosen.
    """

    name = "scores"
    method = traitlets.Unicode("weighted_sum")
    reach = traitlets.Unicode("near")
    chosen = traitlets.Int(0)

    def __init__(self, screen: Any, **traits: Any) -> None:
        self._kept: dict[Any, Any] = {}
        self._named: dict[tuple[str, str], Any] = {}
        self.findings = ScoresFindings(self)
        self.tables = ScoresTables(self)
        super().__init__(screen, **traits)

    def load(self) -> None:
        """Forget what was computed of an older plan."""
        self._kept.clear()
        self._named.clear()

    @property
    def plan(self) -> Plan | None:
        """The cycle's plan, where there is one with strategies."""
        plan: Plan | None = self.screen.plan
        return plan if plan is not None and len(plan.criteria) else None

    @property
    def criteria(self) -> pd.DataFrame:
        """What each strategy of the plan promises."""
        plan = self.plan
        assert plan is not None
        return plan.criteria

    @property
    def weights(self) -> dict[str, float]:
        """The weights of the sliders."""
        return dict(self.screen.weights)

    @property
    def planned(self) -> dict[str, float]:
        """The weights of the plan."""
        plan = self.plan
        assert plan is not None
        return plan.weights

    # Figures ---------------------------------------------------------------------

    def _once(self, name: str, weights: dict[str, float], make: Callable[[], Any], *more: Any) -> Any:
        """Compute something once for some weights; those of the last move are kept, and the plan's."""
        key = (name, tuple(weights.get(criterion, 0.0) for criterion in CRITERIA), *more)
        if key not in self._kept:
            if len(self._kept) > 60:
                self._kept.clear()
            self._kept[key] = make()
        return self._kept[key]

    def in_words(self, name: str, make: Callable[[], Any]) -> Any:
        """Compute something once for the screen's language, until the plan is read again."""
        key = (name, self.lang)
        if key not in self._named:
            self._named[key] = make()
        return self._named[key]

    def compared(self, planned: bool = False) -> MethodComparison:
        """Return the methods side by side, at the weights of the sliders or of the plan."""
        weights = self.planned if planned else self.weights
        return self._once("compared", weights, lambda: compare_methods(self.criteria, weights))

    def ranking(self) -> pd.DataFrame:
        """Return the weighted sum with its contributions, best first."""
        weights = self.weights
        # How firm the ranks are is asked of `shares`.
        return self._once("ranking", weights, lambda: score_strategies(self.criteria, weights, draws=1))

    def shares(
        self, method: str | None = None, reach: str | None = None, planned: bool = False
    ) -> pd.DataFrame:
        """Return how often each strategy stands at each rank under sampled weights."""
        weights = self.planned if planned else self.weights
        by, far = method or self.method, reach or self.reach
        return self._once(
            "shares",
            weights,
            lambda: rank_distribution(self.criteria, weights, method=by, concentration=REACHES[far]),
            by,
            far,
        )

    def changes(self, planned: bool = False) -> pd.DataFrame:
        """Return the smallest joint change of weights for each rival, the nearest first."""
        weights = self.planned if planned else self.weights
        return self._once("changes", weights, lambda: find_weight_changes(self.criteria, weights))

    def flips(self) -> pd.DataFrame:
        """Return how far each weight alone must move for another strategy to come first."""
        weights = self.weights
        return self._once("flips", weights, lambda: find_flips(self.criteria, weights))

    # Choosing --------------------------------------------------------------------

    def choose_method(self, value: str) -> None:
        """Show the ranks by another method."""
        if value in WEIGHED and value != self.method:
            self.method = value
            self.chosen += 1

    def choose_reach(self, value: str) -> None:
        """Let the sampled weights stray less or more."""
        if value in REACHES and value != self.reach:
            self.reach = value
            self.chosen += 1

    # Page ------------------------------------------------------------------------

    def nothing(self) -> tuple[str, str]:
        """Say what is missing, and the step that makes it."""
        if self.screen.segmentation is None:
            return self.t("strategy.nothing.segmentation"), self.t("strategy.nothing.segmentation_do")
        return self.t("strategy.nothing.plan"), self.t("strategy.nothing.plan_do")

    def heading(self) -> Heading:
        """Return which strategy comes first by which method, or what is missing."""
        if self.plan is None:
            return Heading(*self.nothing())
        return Heading(self.findings.title(), self.findings.subtitle())

    def kpis(self) -> list[Kpi]:
        """Return how firm the plan's first place is; no slider touches them."""
        return [] if self.plan is None else self.findings.kpis()

    def python(self) -> dict[str, str]:
        """Return the Python that does what each control is set to."""
        weights = ", ".join(f'"{name}": {self.weights[name]:g}' for name in CRITERIA)
        criteria = "project.strategy.plan().criteria"
        far = REACHES[self.reach]
        asked = f'method="{self.method}", concentration={far if far is None else f"{far:g}"}'
        return {
            "compare": f"wb.compare_methods({criteria}, {{{weights}}})",
            "shares": f"wb.rank_distribution({criteria}, {{{weights}}}, {asked})",
            "changes": f"wb.find_weight_changes({criteria}, {{{weights}}})",
            "approve": f"project.strategy.approve({{{weights}}})",
        }

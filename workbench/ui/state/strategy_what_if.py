"""The strategy screen's what-if: sliders that change what is drawn and nothing that is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import traitlets

from workbench.errors import ParameterProblem
from workbench.strategy import CRITERIA, DEFAULT_WEIGHTS, score_strategies, trace_capacity, value_lists
from workbench.ui.state.sections.tabs import SectionedState

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.project import Plan


class StrategyWhatIf(SectionedState):
    """Weights and places on the sliders, and what follows from them.

    Attributes
    ----------
    weights : dict
        Criterion → weight on the sliders, 0 to 1.
    capacity : int or None
        Places on the lists on the slider; None is as many as there are customers.
    moved : int
        Rises when only the what-if has changed.
    """

    weights = traitlets.Dict()
    capacity = traitlets.Int(None, allow_none=True)
    moved = traitlets.Int(0)

    def __init__(self, project: Any, **traits: Any) -> None:
        self.plan: Plan | None = None
        self.priced: pd.DataFrame | None = None
        self.reset_count = 0
        self._starts: dict[str, float] = {}
        self._places: int | None = None
        self._kept: dict[str, Any] = {}
        super().__init__(project, **traits)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Compute something once until the project is read again."""
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]

    def touch(self) -> None:
        """Say that something drawn has changed; the sliders are drawn where they stand."""
        self._put_sliders()
        super().touch()

    def weigh(self, criterion: str, value: str) -> None:
        """Give a criterion another weight; nothing is stored.

        Raises
        ------
        ParameterProblem
            If all weights would be 0.
        """
        try:
            weight = float(value)
        except ValueError:
            return
        # "nan" is a number to float, and nothing to weigh with.
        if criterion not in CRITERIA or weight != weight or self.plan is None:
            return
        weight = min(1.0, max(0.0, weight))
        weights = {**self.weights, criterion: weight}
        if not any(weights.values()):
            raise ParameterProblem("strategy.what_if.no_weight")
        self.weights = weights
        self._move()

    def limit(self, value: str) -> None:
        """Set the places on the lists; nothing is stored."""
        if self.priced is None or not value.isdigit():
            return
        places = min(int(value), len(self.priced))
        self.capacity = None if places == len(self.priced) else places
        self._move()

    def reset(self) -> None:
        """Put the sliders back to the plan."""
        self._reset()
        self.touch()

    def _reset(self) -> None:
        planned = self.plan.weights if self.plan else DEFAULT_WEIGHTS
        self.weights = {name: float(planned.get(name, 0.0)) for name in CRITERIA}
        self.capacity = None
        self.reset_count += 1
        self._put_sliders()
        self._forget_what_if()

    def _forget_what_if(self) -> None:
        for name in ("ranking", "listed"):
            self._kept.pop(name, None)

    def _put_sliders(self) -> None:
        self._starts = dict(self.weights)
        self._places = self.capacity

    def places_start(self) -> int:
        """Return where the slider of places was put last."""
        most = 0 if self.priced is None else len(self.priced)
        return most if self._places is None else min(self._places, most)

    def _move(self) -> None:
        self._forget_what_if()
        self.moved += 1

    def slider_starts(self) -> list[tuple[str, float, float]]:
        """Return criterion, where its slider was put last, and the plan's weight.

        A slider that a person moves is not drawn again, so that it stays in their hand.
        """
        planned = self.plan.weights if self.plan else DEFAULT_WEIGHTS
        return [(name, self._starts[name], planned.get(name, 0.0)) for name in CRITERIA]

    @property
    def is_what_if(self) -> bool:
        """Whether a slider stands elsewhere than the plan."""
        return self.capacity is not None or self.weights_differ

    @property
    def weights_differ(self) -> bool:
        """Whether a weight differs from the plan's."""
        planned = self.plan.weights if self.plan else DEFAULT_WEIGHTS
        return any(abs(self.weights[name] - planned.get(name, 0.0)) > 1e-9 for name in CRITERIA)

    def ranking(self) -> pd.DataFrame:
        """Return the strategies' criteria and scores at the weights of the sliders, best first."""
        return self.once("ranking", self._ranked)

    def _ranked(self) -> pd.DataFrame:
        assert self.plan is not None
        scored = score_strategies(self.plan.criteria, self.weights)
        planned = self.plan.summary.set_index("strategy_id")["rank"]
        ranked = scored.merge(self.plan.criteria, on="strategy_id", how="left")
        return ranked.assign(planned_rank=ranked["strategy_id"].map(planned))

    def listed(self) -> pd.DataFrame:
        """Return what each list promises at the capacity of the slider."""
        assert self.priced is not None
        priced = self.priced
        kept = priced if self.capacity is None else priced.head(self.capacity)
        return self.once("listed", lambda: value_lists(kept, evidence=self.evidence()))

    def evidence(self) -> dict[str, int]:
        """Return how many customers each strategy's model was validated on."""
        models = self.plan.models if self.plan else {}
        return {key: int(model["figures"]["n_validation_"]) for key, model in models.items()}

    def trace(self) -> pd.DataFrame:
        """Return the expected value over the places on the lists."""
        assert self.priced is not None
        priced = self.priced
        return self.once("trace", lambda: trace_capacity(priced))

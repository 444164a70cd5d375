"""The analyst's bench: the card of the insight screen that makes a segmentation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from workbench import charts
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.state.segmenting import K_RANGE, Segmenting
from workbench.ui.vega import VegaView

if TYPE_CHECKING:
    from workbench.ui.screens.insight import InsightScreen


class Bench:
    """A view of `Segmenting`.

    Parameters
    ----------
    screen : InsightScreen
        The screen it stands on.
    """

    def __init__(self, screen: InsightScreen) -> None:
        self.screen = screen
        self.state = Segmenting(screen.state)
        self.k = widgets.IntSlider(min=K_RANGE.start, max=K_RANGE.stop - 1, continuous_update=False)
        self.algorithm = widgets.Dropdown(options=[("", "kmeans")])
        self.head, self.labels = Panel(), Panel()
        self.chart = VegaView()
        state = self.state
        for control, trait in ((self.k, "k"), (self.algorithm, "algorithm")):
            control.observe(self._set(trait), "value")
        screen.on(self.head, "compare", lambda *_: state.compare())
        screen.on(self.head, "fit", lambda *_: state.fit())
        screen.on(self.labels, "labels", self._take_labels)
        screen.on(self.labels, "approve", lambda *_: state.approve())
        controls = widgets.HBox([self.algorithm, self.k])
        controls.add_class("wb-controls")
        self.card = card(self.head, controls, self.chart, self.labels, area="a-wide")

    def _set(self, trait: str) -> Any:
        def changed(change: Any) -> None:
            if not self.screen.painting:
                self.screen.state.guard(setattr, self.state, trait, change["new"])

        return changed

    def _take_labels(self, _: str, fields: dict[str, str]) -> None:
        self.state.rename_all(fields)
        self.screen.state.touch()

    def paint(self) -> None:
        """Fill the card from the state."""
        state, screen = self.state, self.screen
        rows = state.rows()
        screen.fill(
            self.head,
            "insight_bench.html",
            rows=rows,
            busy=screen.state.progress is not None,
            hints=screen.state.hints,
            hint=state.python(),
        )
        self.k.description = screen.state.t("insight.bench.k")
        self.k.value = state.k
        self.algorithm.description = screen.state.t("insight.bench.algorithm_label")
        choices = tuple(state.algorithms())
        if self.algorithm.options != choices:
            self.algorithm.options = choices
        self.algorithm.value = state.algorithm
        self.chart.layout.display = "none" if state.comparison is None else ""
        if state.comparison is not None:
            best = screen.state.votes_of(state.comparison)
            screen.draw(
                self.chart,
                charts.compare_k(
                    state.comparison,
                    best=best,
                    chosen=state.k,
                    lang=screen.state.lang,
                    mode=screen.state.mode,
                    width=120,
                ),
            )
        screen.fill(self.labels, "insight_labels.html", rows=rows)

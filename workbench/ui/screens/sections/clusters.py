"""The view of how a segmentation was made, with the bench for analysts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ipywidgets as widgets

from workbench import charts
from workbench.charts.insight_kchoice import ALL_INDICES
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.clusters import ClustersState
from workbench.ui.vega import VegaView

if TYPE_CHECKING:
    from workbench.ui.screens.bench import Bench

NARROW = 520
"""Pixels under which the indices stand three in a row."""


class ClustersSection(Section):
    """A view of `ClustersState`."""

    grid_class = "wb-grid-clusters"
    state: ClustersState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards of what is stored, and the bench where there is one."""
        self.k_head, self.k = Panel(), VegaView()
        self.k.observe(self._narrowed, "width")
        self.sizes, self.stable_head, self.stable = Panel(), Panel(), VegaView()
        self.treated = Panel()
        self.stored = [
            card(self.k_head, self.k, area="a-cl-k"),
            card(self.sizes, self.stable_head, self.stable, area="a-cl-sizes"),
            card(self.treated, area="a-cl-treated"),
        ]
        self.screen.on(self.screen.title, "clusters-anew", lambda *_: self.state.start_anew())
        self.bench: Bench | None = None
        return self._with_bench()

    def _with_bench(self) -> list[widgets.DOMWidget]:
        """Return the cards; the bench comes with the first cycle."""
        if self.state.bench is None:
            return list(self.stored)
        from workbench.ui.screens.bench import Bench

        self.bench = Bench(self)
        return [*self.bench.cards, *self.stored]

    def paint(self) -> None:
        """Fill the cards from the state."""
        if self.bench is None and self.state.bench is not None:
            self.cards = self._with_bench()
            self.screen.grid.children = tuple(self.cards)
        if self.bench is not None:
            self.bench.paint()
        ready = self.state.segmentation is not None
        for part in self.stored:
            part.layout.display = "" if ready else "none"
        if ready:
            self._paint_indices()
            self._paint_sizes()
            self._paint_treated()

    def _paint_indices(self) -> None:
        state, comparison = self.state, self.state.comparison()
        title, subtitle = state.k_title()
        self.screen.fill(
            self.k_head, "insight_k_head.html", title=title, subtitle=subtitle, missing=comparison is None
        )
        self.k.layout.display = "none" if comparison is None else ""
        if comparison is None:
            return
        columns = 3 if 0 < self.k.width < NARROW else 6
        chosen = len(state.segmentation.segments)
        self.screen.draw(
            self.k,
            lambda: charts.compare_k(
                comparison,
                best=state.votes(),
                chosen=chosen,
                columns=columns,
                indices=ALL_INDICES,
                lang=state.lang,
                mode=self.screen.state.mode,
                width=88,
            ),
            state.segmentation.artefact_id,
            columns,
        )

    def _paint_sizes(self) -> None:
        state, stability = self.state, self.state.stability()
        hints = self.screen.state.hints and state.may("analyst")
        self.screen.fill(
            self.sizes,
            "clusters_sizes.html",
            rows=state.segment_rows(),
            compared=not stability.empty,
            hint="project.insight.stability()" if hints else "",
        )
        self.stable.layout.display = "none" if stability.empty else ""
        if stability.empty:
            self.screen.fill(self.stable_head, "word.html", text="")
            return
        self.screen.fill(
            self.stable_head,
            "chart_head.html",
            title=state.t("insight_clusters.sizes.interval"),
            subtitle=state.t("insight_clusters.sizes.interval_note"),
            legend=(),
        )
        self.screen.draw(
            self.stable,
            lambda: charts.cluster_stability(
                stability,
                k=int(stability["k"].iloc[0]),
                algorithm=str(stability["algorithm"].iloc[0]),
                names=state.names(),
                lang=state.lang,
                mode=self.screen.state.mode,
            ),
            state.segmentation.artefact_id,
        )

    def _paint_treated(self) -> None:
        state = self.state
        left, more = state.left_out()
        self.screen.fill(
            self.treated,
            "clusters_treated.html",
            stored=state.preparation is not None,
            sentences=state.treatment(),
            left=left,
            more=more,
            n_features=state.n_features(),
            hint="project.insight.preparation().excluded"
            if self.screen.state.hints and state.may("analyst")
            else "",
        )

    def _narrowed(self, change: dict) -> None:
        if (0 < change["old"] < NARROW) != (0 < change["new"] < NARROW):
            self.state.touch()

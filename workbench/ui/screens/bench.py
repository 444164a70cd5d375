"""The analyst's bench: the cards of the section of clusters that make a segmentation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from workbench import charts
from workbench.charts.insight_kchoice import ALL_INDICES
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.state.sections.clusters_fit import UNASSIGNED
from workbench.ui.state.sections.clusters_labels import LABEL_LENGTH
from workbench.ui.state.segmenting import K_RANGE, Segmenting
from workbench.ui.vega import VegaView

if TYPE_CHECKING:
    from workbench.ui.screens.sections.clusters import ClustersSection
    from workbench.ui.state.sections.clusters import ClustersState

SETTINGS = ("algorithm", "scaling", "outliers", "min_size")
NARROW = 520
"""Pixels under which the indices stand three in a row."""
MESSAGE_PREFIXES = ("insight_clusters.bench.",)


class Bench:
    """A view of `Segmenting`.

    Parameters
    ----------
    section : ClustersSection
        The section it stands in.
    """

    def __init__(self, section: ClustersSection) -> None:
        self.section, self.screen = section, section.screen
        self.head, self.features, self.labels = Panel(), Panel(), Panel()
        self.chart_head, self.chart = Panel(), VegaView()
        self.chart.observe(self._narrowed, "width")
        self.k = widgets.IntSlider(min=K_RANGE.start, max=K_RANGE.stop - 1, continuous_update=False)
        self.k.observe(self._set("k"), "value")
        self.controls: dict[str, widgets.Dropdown] = {}
        for name in SETTINGS:
            self.controls[name] = widgets.Dropdown(options=[("", None)])
            self.controls[name].observe(self._set(name), "value")
        self._connect()
        row = widgets.HBox([*self.controls.values(), self.k])
        row.add_class("wb-controls")
        self.cards = [
            card(self.features, area="a-cl-choose"),
            card(self.head, row, self.chart_head, self.chart, self.labels, area="a-cl-bench"),
        ]

    @property
    def state(self) -> Segmenting:
        """The sitting; another one after it was started anew."""
        section: ClustersState = self.section.state
        assert section.bench is not None
        return section.bench

    def _connect(self) -> None:
        on = self.screen.on
        on(self.head, "compare", lambda *_: self.state.compare())
        on(self.head, "fit", lambda *_: self.state.fit())
        on(self.head, "several", lambda *_: self._several())
        on(self.head, "from_rules", lambda *_: self._from_rules())
        on(self.features, "use", lambda value, _: self.state.choice.toggle(value))
        on(self.features, "more", lambda value, _: self.state.choice.weigh(value, 1))
        on(self.features, "less", lambda value, _: self.state.choice.weigh(value, -1))
        on(self.features, "all", lambda *_: self._use(on=True))
        on(self.features, "nothing", lambda *_: self._use(on=False))
        on(self.features, "search", lambda value, _: self._search(value))
        on(self.labels, "labels", lambda _, fields: self.state.take_labels(fields))
        on(self.labels, "approve", lambda *_: self.state.approve())
        for cluster in range(UNASSIGNED, K_RANGE.stop):
            for lang in ("en", "zh"):
                self._keep_typing(f"{lang}-{cluster}")

    def _keep_typing(self, name: str) -> None:
        self.screen.on(self.labels, name, lambda value, _: self.state.type_label(name, value))

    def _several(self) -> None:
        self.state.several = not self.state.several
        self.screen.state.touch()

    def _from_rules(self) -> None:
        self.state.from_rules = not self.state.from_rules

    def _use(self, *, on: bool) -> None:
        choice = self.state.choice
        choice.use(choice.found(self.screen.state.lang), on)

    def _search(self, text: str) -> None:
        self.state.choice.search = text[:LABEL_LENGTH]
        self.screen.state.touch()

    def _set(self, trait: str) -> Any:
        def changed(change: Any) -> None:
            if not self.screen.painting and change["new"] is not None:
                self.screen.state.guard(setattr, self.state, trait, change["new"])

        return changed

    def _narrowed(self, change: dict) -> None:
        if (0 < change["old"] < NARROW) != (0 < change["new"] < NARROW):
            self.screen.state.touch()

    def paint(self) -> None:
        """Fill the cards from the state."""
        self._paint_features()
        self._paint_controls()
        self._paint_chart()
        self.screen.fill(self.labels, "clusters_labels.html", rows=self.state.rows(), longest=LABEL_LENGTH)

    def _paint_features(self) -> None:
        choice, section = self.state.choice, self.section.state
        prepared = choice.preparation
        left, more = section.left_out(prepared) if prepared is not None else ([], 0)
        found = choice.found(self.screen.state.lang)
        rows = choice.rows(self.screen.state.lang)
        self.screen.fill(
            self.features,
            "clusters_features.html",
            known=prepared is not None,
            rows=rows,
            more=len(found) - len(rows),
            used=len(choice.used),
            total=len(choice.names),
            search=choice.search,
            left=left,
            left_more=more,
            warnings=[] if prepared is None else prepared.warning_texts(self.screen.state.lang),
            hint=self.state.python_features() if self.screen.state.hints else "",
        )

    def _paint_controls(self) -> None:
        state, t = self.state, self.screen.state.t
        self.screen.fill(
            self.head,
            "clusters_bench.html",
            fitted=bool(state.rows()),
            several=state.several,
            can_seed=state.can_begin_at_rules,
            seeded=state.begins_at_rules,
            busy=self.screen.state.progress is not None,
            hint=state.python() if self.screen.state.hints else "",
        )
        self.k.description = t("insight.bench.k")
        self.k.value = state.k
        dense = state.algorithm == "hdbscan"
        self.k.layout.display = "none" if dense else ""
        self.controls["min_size"].layout.display = "" if dense else "none"
        for name, control in self.controls.items():
            control.description = t(f"insight_clusters.bench.{name}")
            options = tuple(state.choices(name))
            if control.options != options:
                control.options = options
            control.value = getattr(state, name)

    def _paint_chart(self) -> None:
        state, comparison = self.state, self.state.comparison
        self.chart.layout.display = "none" if comparison is None else ""
        recommended = state.recommendation()
        self.screen.fill(
            self.chart_head,
            "clusters_advice.html",
            advice="" if recommended is None else recommended.explanation(self.screen.state.lang),
        )
        if comparison is None or recommended is None:
            return
        columns = 3 if 0 < self.chart.width < NARROW else 6
        self.screen.draw(
            self.chart,
            lambda: charts.compare_k(
                comparison,
                best=dict(recommended.votes),
                chosen=state.k,
                columns=columns,
                indices=ALL_INDICES,
                algorithm=recommended.algorithm,
                lang=self.screen.state.lang,
                mode=self.screen.state.mode,
                width=84,
            ),
            comparison,
            state.k,
            columns,
        )

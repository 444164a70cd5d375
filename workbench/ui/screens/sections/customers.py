"""The view of the section on customers over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import ipywidgets as widgets
import pandas as pd

from workbench import charts
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.customers import CustomersState
from workbench.ui.vega import VegaView

NARROW = 620
"""Pixels under which names stand on the ribbons."""
NARROW_BARS = 360
"""Pixels under which the names of the indices are cut."""
KINDS = ("churn", "win_back")
MESSAGE_PREFIXES = ("review_customers.churn.none_",)


class CustomersSection(Section):
    """A view of `CustomersState`."""

    grid_class = "wb-grid-customers"
    state: CustomersState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the choices, and the cards of the figures."""
        self.pick = Panel()
        for name in ("way", "by", "part", "measure"):
            self.screen.on(self.pick, name, partial(self._choose, name))
        self.pick.add_class("a-cu-pick")
        self.notes = Panel()
        self.notes.add_class("a-cu-notes")
        self.flow_head, self.flow = Panel(), VegaView()
        self.flow.observe(partial(self._narrowed, NARROW), "width")
        self.bridge_head, self.bridge, self.value = Panel(), VegaView(), Panel()
        self.matrix = Panel()
        self.screen.on(self.matrix, "measure", partial(self._choose, "measure"))
        self.churn_head, self.churn = Panel(), VegaView()
        self.back_head, self.back = Panel(), VegaView()
        self.treated = Panel()
        self.psi_head, self.psi = Panel(), VegaView()
        self.psi.observe(partial(self._narrowed, NARROW_BARS), "width")
        self.now_head, self.now = Panel(), VegaView()
        self.parts = [
            card(self.flow_head, self.flow, area="a-cu-flow"),
            card(self.bridge_head, self.bridge, self.value, area="a-cu-bridge"),
            card(self.matrix, area="a-cu-matrix"),
            card(self.churn_head, self.churn, self.back_head, self.back, area="a-cu-churn"),
            card(self.psi_head, self.psi, area="a-cu-psi"),
            card(self.treated, area="a-cu-treated"),
        ]
        self.now_card = card(self.now_head, self.now, area="a-cu-now")
        return [self.pick, self.notes, self.now_card, *self.parts]

    def _choose(self, name: str, value: str, _fields: dict[str, str]) -> None:
        getattr(self.state, f"choose_{name}")(value)

    def _narrowed(self, limit: int, change: dict[str, Any]) -> None:
        if (0 < change["old"] < limit) != (0 < change["new"] < limit):
            self.state.touch()

    def paint(self) -> None:
        """Fill the cards from the state, or show what there is where nothing can be compared."""
        state = self.state
        step = state.step
        ready = step is not None
        for part in (self.notes, *self.parts):
            part.layout.display = "" if ready else "none"
        self.now_card.layout.display = "none" if ready else ""
        self.screen.fill(
            self.pick,
            "customers_pick.html",
            ways=state.ways(),
            way="on" if ready and step is state.steps.get("on") else "back",
            by=state.by,
            parts=state.part_choices() if ready else [],
            part=state.part,
            measure=state.measure,
            hint=state.hint("matrix") if self.screen.state.hints and ready else "",
        )
        if step is None:
            self._paint_now()
            return
        self.screen.fill(
            self.notes,
            "customers_notes.html",
            notes=state.notes(),
            withheld=state.withheld(),
            minimum=state.project.small_cell,
        )
        shown = not state.withheld()
        for part in (self.parts[0], self.parts[2]):
            part.layout.display = "" if shown else "none"
        if shown:
            self._paint_flow()
            self._paint_matrix()
        self._paint_value()
        self._paint_churn()
        self._paint_psi()

    def _draw(self, view: VegaView, make: Callable[[], Any], *inputs: Any) -> None:
        self.screen.draw(view, make, *inputs)

    def _paint_now(self) -> None:
        state = self.state
        rows = state.figures.parts_now()
        self.screen.fill(
            self.now_head,
            "chart_head.html",
            title=state.t(
                "review_customers.now.title_segment"
                if state.by == "segment"
                else "review_customers.now.title_lifecycle_stage"
            ),
            subtitle=state.t("review_customers.now.subtitle", n=f"{int(_whole(state)):,}"),
            legend=(),
        )
        self.now.layout.display = "none" if rows.empty else ""
        if len(rows):
            self.screen.draw(self.now, charts.part_shares(rows, lang=state.lang, mode=self.screen.state.mode))

    def _paint_flow(self) -> None:
        state, mode = self.state, self.screen.state.mode
        title, subtitle = state.findings.flow_title()
        self.screen.fill(self.flow_head, "chart_head.html", title=title, subtitle=subtitle, legend=())
        nodes, ribbons = state.flow()
        inside = 0 < self.flow.width < NARROW
        height = state.flow_height()
        self._draw(
            self.flow,
            lambda: charts.segment_flow(
                nodes, ribbons, inside=inside, lang=state.lang, mode=mode, height=height
            ),
            nodes,
            ribbons,
            inside,
        )

    def _paint_matrix(self) -> None:
        state = self.state
        title, subtitle = state.findings.matrix_title()
        self.screen.fill(
            self.matrix,
            "customers_matrix.html",
            title=title,
            subtitle=subtitle,
            rows=state.figures.matrix_rows(),
            columns=state.figures.matrix_columns(),
            everyone=state.figures.everyone(),
            measure=state.measure,
        )

    def _paint_value(self) -> None:
        state, mode = self.state, self.screen.state.mode
        title, subtitle = state.findings.bridge_title()
        rows = state.figures.bridge()
        self.screen.fill(self.bridge_head, "chart_head.html", title=title, subtitle=subtitle, legend=())
        self.bridge.layout.display = "none" if rows.empty else ""
        if len(rows):
            self._draw(self.bridge, lambda: charts.value_bridge(rows, lang=state.lang, mode=mode), rows)
        hints = self.screen.state.hints
        self.screen.fill(
            self.value,
            "customers_value.html",
            rows=state.figures.value_rows(),
            by=state.by,
            hint=state.hint("value") if hints else "",
        )

    def _paint_churn(self) -> None:
        state, mode = self.state, self.screen.state.mode
        title, subtitle = state.findings.churn_title()
        rates = state.figures.rates()
        hints = self.screen.state.hints
        for kind, head, view in (
            ("churn", self.churn_head, self.churn),
            ("win_back", self.back_head, self.back),
        ):
            rows = state.once(f"rates-{kind}", partial(_of_kind, rates, kind))
            first = kind == "churn"
            self.screen.fill(
                head,
                "customers_churn_head.html",
                title=title if first else state.t("review_customers.churn.win_back"),
                subtitle=subtitle if first else state.t("review_customers.churn.win_back_subtitle"),
                missing="" if len(rows) else state.t(f"review_customers.churn.none_{kind}"),
                hint=state.hint("churn") if hints and first else "",
                first=first,
            )
            view.layout.display = "none" if rows.empty else ""
            if len(rows):
                chart = partial(charts.churn_rates, rows, lang=state.lang, mode=mode)
                self._draw(view, chart, rows)
        self.screen.fill(
            self.treated,
            "customers_treated.html",
            rows=state.figures.treated(),
            cycle=state.step.before if state.step else "",
            kinds=KINDS,
        )

    def _paint_psi(self) -> None:
        state, mode = self.state, self.screen.state.mode
        title, subtitle = state.findings.psi_title()
        rows = state.figures.psi()
        self.screen.fill(self.psi_head, "chart_head.html", title=title, subtitle=subtitle, legend=())
        self.psi.layout.display = "none" if rows.empty else ""
        if len(rows):
            narrow = 0 < self.psi.width < NARROW_BARS
            self._draw(
                self.psi,
                lambda: charts.drift(rows, narrow=narrow, lang=state.lang, mode=mode),
                rows,
                narrow,
            )


def _of_kind(rates: pd.DataFrame, kind: str) -> pd.DataFrame:
    return rates[rates["kind"].eq(kind)].reset_index(drop=True)


def _whole(state: CustomersState) -> int:
    rows = state.shares
    return int(rows.loc[rows["by"].eq(state.by), "n"].sum()) if len(rows) else 0

"""The strategy screen: map, ranking, gates, the what-if, cards, lists and models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ipywidgets as widgets
import pandas as pd

from workbench import charts
from workbench.strategy import CRITERIA
from workbench.ui.panel import Handler, Panel
from workbench.ui.screens.frame import card, show
from workbench.ui.screens.sectioned import SectionedScreen
from workbench.ui.state.strategy import WEIGHT_STEP, StrategyState
from workbench.ui.state.strategy_tables import RANKED
from workbench.ui.state.strategy_voice import tell_front_line
from workbench.ui.vega import VegaView

if TYPE_CHECKING:
    from workbench.project import Project

MESSAGE_PREFIXES = ("strategy.criterion.", "strategy.field.")
_FACTS = (
    ("segment", "segment_name"),
    ("scenario", "scenario_name"),
    ("offer", "offer_name"),
    ("channel", "channel_name"),
    ("dates", "dates"),
    ("owner", "owner"),
)


class StrategyScreen(SectionedScreen):
    """A view of `StrategyState`.

    Parameters
    ----------
    state : StrategyState
        What is shown.
    """

    grid_class = "wb-grid-strategy"
    state: StrategyState

    def build_filters(self) -> Sequence[widgets.DOMWidget]:
        """Return the strip that says when the plan is stale."""
        self.notes = Panel()
        self.on(self.notes, "redo", lambda *_: self.state.approve())
        return [self.notes]

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards: map, ranking, gates, what-if, strategies, card, lists, models."""
        self._drawn_card = ""
        self.map, self.rank_head, self.gates_head = Panel(), Panel(), Panel()
        self.rank, self.gates, self.trace, self.reliability = (VegaView() for _ in range(4))
        self.sliders, self.weight_hint, self.places, self.trace_head = (Panel() for _ in range(4))
        self.channels, self.cards, self.detail = Panel(), Panel(), Panel()
        self.lists, self.model, self.refused = Panel(), Panel(), Panel()
        self._connect_cards()
        cards = [
            card(self.map, area="s-map"),
            card(self.rank_head, self.rank, area="s-rank"),
            card(self.gates_head, self.gates, area="s-gates"),
            card(
                self.sliders,
                self.weight_hint,
                self.places,
                self.trace_head,
                self.trace,
                self.channels,
                area="s-what",
            ),
            card(self.cards, area="s-cards"),
            card(self.detail, area="s-card"),
            card(self.lists, area="s-lists"),
            card(self.model, self.reliability, self.refused, area="s-model"),
        ]
        self.keep_overview(cards)
        self.state.observe(lambda _: self.repaint_what_if(), "moved")
        self.state.observe(lambda _: self.repaint_choice(), "picked")
        return cards

    def _connect_cards(self) -> None:
        state = self.state
        self.on(self.title, "approve", lambda *_: state.approve())
        self.on(self.title, "launch", lambda *_: state.launch())
        self.on(self.map, "cell", lambda value, _: state.choose_cell(value))
        for panel in (self.map, self.cards):
            self.on(panel, "choose", lambda value, _: state.choose(value))
        for name in CRITERIA:
            self.on(self.sliders, f"weight-{name}", self._weigher(name))
        self.on(self.places, "places", lambda value, _: state.limit(value))
        self.on(self.channels, "reset", lambda *_: state.reset())
        self.on(self.channels, "approve", lambda _, fields: state.approve(fields))
        editor = state.editor
        self.on(self.detail, "edit", lambda *_: editor.edit())
        self.on(self.detail, "section", lambda value, _: state.open_section(value))
        self.on(self.detail, "cancel-card", lambda *_: editor.cancel())
        self.on(self.detail, "save-card", lambda _, fields: editor.save(fields))
        self.on(self.detail, "keep", lambda *_: editor.keep_theirs())
        self.on(self.detail, "overwrite", lambda *_: editor.overwrite())
        self.on(self.lists, "seed", lambda value, _: state.set_seed(value))
        self.on(self.lists, "smallest", lambda value, _: state.set_smallest(value))

    def _weigher(self, criterion: str) -> Handler:
        return lambda value, _: self.state.weigh(criterion, value)

    # Painting --------------------------------------------------------------------

    def paint(self) -> None:
        """Fill the cards of the open section, or of the overview, from the state."""
        section = self.put_section()
        if section is not None:
            self.filters.layout.display = "none"
            section.paint()
            return
        state = self.state
        ready = state.segmentation is not None
        self._paint_notes(ready)
        for part in self.overview:
            part.layout.display = "" if ready else "none"
        if not ready:
            return
        has_plan = state.plan is not None
        self.overview[3].layout.display = "" if has_plan else "none"
        self._paint_map()
        self._paint_sliders()
        self._paint_what_if()
        self._paint_cards()
        self._paint_lists()
        self._paint_model()

    def repaint_what_if(self) -> None:
        """Draw again what a slider moves, and nothing else; what it moved is never sent back to it."""
        # Where a section is open, it follows its sliders itself; the overview is drawn when it opens.
        if self.state.current_section is None:
            self.state.guard(self._paint_what_if, True)

    def repaint_choice(self) -> None:
        """Draw again what a chosen cell or card changes, and nothing else."""
        self.state.guard(self._paint_map)
        if self.state.chosen != self._drawn_card:
            self.state.guard(self._paint_cards)
            self.state.guard(self._paint_model)

    def _paint_notes(self, ready: bool) -> None:
        state = self.state
        stale = state.stale_note() if ready else ""
        self.filters.layout.display = "" if stale else "none"
        may_redo = state.may("analyst") and state.may_redo
        self.fill(self.notes, "strategy_notes.html", stale=stale, may_redo=may_redo)

    def _paint_map(self) -> None:
        state = self.state
        title, subtitle = state.findings.map_title()
        stages = state.tables.stages()
        self.fill(
            self.map,
            "strategy_map.html",
            title=title,
            subtitle=subtitle,
            rows=state.tables.map_rows(),
            stages=stages,
            stage_names=dict(stages),
            drill=state.tables.drill(),
            has_value=bool(state.cells().get("value", pd.Series(dtype="float64")).notna().any()),
            warnings=state.flags.warnings(),
            hints=state.hints,
            hint="wb.build_strategy_map(customers, segmentation.membership, project.strategy.cards())",
        )

    def _paint_sliders(self) -> None:
        state = self.state
        if state.plan is None:
            return
        self.fill(
            self.sliders,
            "strategy_sliders.html",
            sliders=[
                {
                    "name": name,
                    "label": state.t(f"strategy.criterion.{name}"),
                    "value": round(start, 4),
                    "shown": f"{start:.2f}",
                    "at": round(start * 100, 2),
                    "plan": round(planned, 4),
                }
                for name, start, planned in state.slider_starts()
            ],
            step=WEIGHT_STEP,
            reset=state.reset_count,
        )
        most = 0 if state.priced is None else len(state.priced)
        start = state.places_start()
        at = round(100 * start / most, 2) if most else 0
        self.fill(self.places, "strategy_places.html", most=most, value=start, at=at, reset=state.reset_count)

    def _paint_what_if(self, only_rows: bool = False) -> None:
        state = self.state
        self._paint_ranking(only_rows)
        self._paint_gates(only_rows)
        if state.plan is None:
            return
        python = state.python()
        note = state.findings.flip()
        self.fill(self.weight_hint, "strategy_hint.html", hints=state.hints, hint=python["weigh"], note=note)
        self._paint_trace(python["limit"], only_rows)
        self.fill(
            self.channels,
            "strategy_channels.html",
            channels=state.tables.channels(),
            what_if=state.is_what_if,
            may_save=state.may("analyst") and state.weights_differ,
            hints=state.hints,
            hint=python["approve"],
        )

    def _paint_ranking(self, only_rows: bool) -> None:
        state = self.state
        missing = state.plan is None
        title, subtitle = ("", "") if missing else state.findings.ranking_title()
        self.fill(
            self.rank_head,
            "strategy_head.html",
            title=title or state.t("strategy.ranking.neutral"),
            subtitle=subtitle,
            missing=missing,
        )
        self.rank.layout.display = "none" if missing else ""
        if missing:
            return
        rows = state.tables.ranking()
        if only_rows:
            self.rank.replace(charts.ranking_rows(rows, state.mode), table="ranking")
        else:
            self.draw(self.rank, charts.ranking(rows, lang=state.lang, mode=state.mode))

    def _paint_gates(self, only_rows: bool) -> None:
        state = self.state
        there = state.priced is not None
        self.overview[2].layout.display = "" if there else "none"
        if not there:
            return
        title, subtitle = state.findings.gates_title()
        self.fill(self.gates_head, "strategy_head.html", title=title, subtitle=subtitle, missing=False)
        rows = state.tables.gates()
        if only_rows:
            self.gates.replace(charts.gate_rows(rows, state.mode), table="gates")
        else:
            # About as tall as the ranking beside it.
            tall = min(56, max(40, 36 * min(len(state.ranking()), RANKED) // max(len(rows), 1)))
            self.draw(self.gates, charts.gates(rows, lang=state.lang, mode=state.mode, row_height=tall))

    def _paint_trace(self, hint: str, only_rows: bool) -> None:
        state = self.state
        if state.priced is None or state.priced.empty:
            self.trace.layout.display = "none"
            return
        self.trace.layout.display = ""
        title, subtitle = state.findings.trace_title()
        self.fill(
            self.trace_head,
            "strategy_trace.html",
            title=title,
            subtitle=subtitle,
            hints=state.hints,
            hint=hint,
        )
        places = len(state.priced) if state.capacity is None else state.capacity
        if only_rows:
            self.trace.replace(charts.place_row(state.trace(), places), table="places")
        else:
            self.draw(self.trace, charts.capacity(state.trace(), places, lang=state.lang, mode=state.mode))

    def _paint_cards(self) -> None:
        state = self.state
        rows = state.tables.card_rows()
        chosen = state.tables.card()
        self._drawn_card = state.chosen
        title = state.t("strategy.cards.neutral")
        if rows:
            segments = len({row["segment"] for row in rows})
            title = state.t("strategy.cards.title", n=len(rows), segments=segments)
        self.fill(self.cards, "strategy_cards.html", title=title, rows=rows)
        self.overview[5].layout.display = "" if chosen else "none"
        facts = [
            (state.t(f"strategy.field.{name}"), chosen[column])
            for name, column in _FACTS
            if chosen and isinstance(chosen.get(column), str) and chosen[column]
        ]
        facts += [state.marks()[chosen["id"]]] if chosen and chosen["id"] in state.marks() else []
        said = tell_front_line(state, chosen["id"]) if chosen else None
        facts += [said] if said else []
        editor = state.editor
        self.fill(
            self.detail,
            "strategy_card.html",
            card=chosen,
            facts=facts,
            changed=chosen is not None and chosen["id"] in state.tables.changed_cards(),
            plan=state.plan.version if state.plan else 0,
            form=editor.form() if editor.open and chosen else None,
            difference=editor.difference,
            may_edit=state.may("analyst"),
            hints=state.hints,
            hint=f"project.strategy.card({state.chosen!r})",
        )

    def _paint_lists(self) -> None:
        state = self.state
        title, subtitle = state.findings.lists_title()
        self.fill(
            self.lists,
            "strategy_lists.html",
            title=title,
            subtitle=subtitle,
            rows=state.tables.list_rows(),
            may_launch=state.may("analyst") and state.plan is not None,
            seed=state.seed,
            smallest=state.smallest,
            hints=state.hints,
            hint=state.python()["launch"],
        )

    def _paint_model(self) -> None:
        state = self.state
        title, subtitle = state.findings.model_title()
        models = state.tables.models()
        self.fill(self.model, "strategy_model.html", title=title, subtitle=subtitle, models=models)
        self.reliability.layout.display = "" if models else "none"
        if models:
            bins = models[0]["model"].reliability_
            self.draw(self.reliability, charts.reliability(bins, lang=state.lang, mode=state.mode))
        self.fill(self.refused, "strategy_refused.html", refused=state.tables.refused())


def strategy(project: Project, **traits: str) -> widgets.VBox:
    """Show the strategy screen: what is done for whom, and why.

    Parameters
    ----------
    project : Project
        As `workbench.open_project` returns it.
    **traits : str
        ``lang``, ``mode`` and ``chosen`` (a strategy) to begin with.

    Returns
    -------
    ipywidgets.VBox
        Display it as the last line of a cell.
    """
    return show(project, StrategyState, StrategyScreen, **traits)

"""The insight screen: the picture, the shares, the stages, and the chosen segment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from workbench import charts
from workbench.ui import request
from workbench.ui.panel import Handler, Panel
from workbench.ui.screens.frame import card, show
from workbench.ui.screens.sectioned import SectionedScreen
from workbench.ui.state.insight import InsightState
from workbench.ui.state.insight_reshaping import MOST_PARTS, PICTURES
from workbench.ui.state.sections.rules_side import edit_as_rule, side_rule
from workbench.ui.vega import LassoView, VegaView

if TYPE_CHECKING:
    from workbench.project import Project

NARROW = 310
"""Pixels under which the five indices don't fit side by side."""
FILTERS = (("region", "region"), ("tier", "tier"), ("lifecycle", "lifecycle_stage"))
MESSAGE_PREFIXES = ("insight.filter.",)


class InsightScreen(SectionedScreen):
    """A view of `InsightState`.

    Parameters
    ----------
    state : InsightState
        What is shown.
    """

    grid_class = "wb-grid-insight"
    state: InsightState

    def build_filters(self) -> Sequence[widgets.DOMWidget]:
        """Return the three filters, the chip of the chosen segment and the Python hint."""
        self.word, self.chips = Panel(), Panel()
        self.chips.add_class("wb-end")
        self.on(self.chips, "select", lambda *_: self.state.clear_choice())
        self.on(self.chips, "hints", lambda *_: setattr(self.state, "hints", not self.state.hints))
        return [self.word, *self.dropdowns(trait for trait, _ in FILTERS), self.chips]

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards: picture, shares, stages, indices, and the side panel."""
        self.map_head, self.map = Panel(), LassoView()
        self.top_share = widgets.IntSlider(value=100, min=1, max=100)
        self.top_note = Panel()
        self.top_row = widgets.HBox([self.top_share, self.top_note])
        self.top_row.add_class("wb-controls")
        self.shares_head, self.shares = Panel(), VegaView(selections=["pick"])
        self.heat = Panel()
        self.k_head, self.k = Panel(), VegaView()
        self.k.observe(self._narrowed, "width")
        self.side_head, self.side_bars, self.side_foot = Panel(), VegaView(), Panel()
        self.side_actions = Panel()
        self.on(self.side_foot, "edit-rule", lambda value, _: edit_as_rule(self.state, value))
        self._connect_choice()
        for panel in (self.heat, self.side_head):
            self.on(panel, "select", lambda value, _: self.state.select(value))
        cards = [
            card(self.map_head, self.map, self.top_row, area="a-map"),
            card(self.shares_head, self.shares, area="a-shares"),
            card(self.heat, area="a-heat"),
            card(self.k_head, self.k, area="a-k"),
            card(self.side_head, self.side_bars, self.side_foot, self.side_actions, area="a-side"),
        ]
        self.keep_overview(cards)
        return cards

    def _connect_choice(self) -> None:
        """Let each chart choose customers, and the side panel's forms change their segment."""
        state = self.state
        self.map.observe(self._drawn_around, "outline")
        self.map.observe(self._picked, "picked")
        self.map.observe(lambda _: self._guarded(state.clear_choice), "cleared")
        self.shares.observe(self._picked_row, "selection")
        self.top_share.observe(self._slid, "value")
        self.on(self.map_head, "lasso", lambda *_: setattr(state, "lasso_on", not state.lasso_on))
        self.on(self.map_head, "redraw", lambda value, _: state.redraw(value))
        self.on(self.heat, "cell", lambda value, _: state.choose_cell(*reversed(value.split(":", 1))))
        actions: dict[str, Handler] = {
            "relabel": lambda _, fields: state.relabel(fields),
            "suggested": lambda *_: state.take_suggestion(),
            "split": lambda _, fields: state.split_segment(fields.get("k", "")),
            "merge": lambda _, fields: state.merge_into(fields.get("into", "")),
            "split_off": lambda _, fields: state.split_off(fields),
            "move": lambda _, fields: state.move_to(fields.get("into", "")),
            "undo": lambda *_: state.undo(),
        }
        for action, handler in actions.items():
            self.on(self.side_actions, action, handler)

    def _guarded(self, handler: Callable[..., None], *values: Any) -> None:
        if not self.painting:
            self.state.guard(handler, *values)

    def _drawn_around(self, change: dict) -> None:
        if change["new"] != self.state.outline:
            self._guarded(self.state.draw_around, change["new"])

    def _picked(self, change: dict) -> None:
        if change["new"]:
            self._guarded(self.state.pick, *(change["new"][name] for name in ("x", "y", "dx", "dy")))

    def _picked_row(self, change: dict) -> None:
        named = change["new"].get("pick", {}).get("segment", [])
        rows = self.state.summary()
        found = rows.loc[rows["shown"].isin(named), "segment"]
        if len(found):
            self._guarded(self.state.select, str(found.iloc[0]))
        elif self.state.selected and not self.state.is_group:
            self._guarded(self.state.clear_choice)

    def _slid(self, change: dict) -> None:
        """Draw the slider's move at once: only the picture's emphasis is sent, and its note."""
        if not self.painting:
            self.state.top_share = change["new"]
            self.map.update(emphasis=self.state.map_emphasis())
            self._paint_top()

    def paint(self) -> None:
        """Fill the cards of the open section, or of the overview, from the state."""
        section = self.put_section()
        if section is None:
            self._paint_overview()
        else:
            self.filters.layout.display = "none"
            section.paint()

    def _paint_overview(self) -> None:
        state = self.state
        ready = state.segmentation is not None
        self.filters.layout.display = "" if ready else "none"
        for part in self.overview[:5]:
            part.layout.display = "" if ready else "none"
        if not ready:
            return
        self._paint_filters()
        self._paint_map()
        self._paint_shares()
        self._paint_heat()
        self._paint_k()
        self._paint_side()

    def _paint_filters(self) -> None:
        state = self.state
        for trait, column in FILTERS:
            control = self.controls[trait]
            options = tuple(state.choices(column))
            control.description = state.t(f"insight.filter.{trait}")
            if control.options != options:
                control.options = options
            control.value = getattr(state, trait)
        self.fill(self.word, "word.html", text=state.t("insight.filter.show"))
        chosen = state.selected and state.t(
            "insight.filter.selected", segment=state.shown_name(state.selected)
        )
        if state.is_group:
            chosen = state.findings.chosen_words()
        hint = state.select_hint()
        self.fill(
            self.chips,
            "insight_chips.html",
            chosen=chosen,
            hint=hint,
            hints=state.hints,
            analyst=state.may("analyst"),
        )

    def _paint_map(self) -> None:
        state = self.state
        title, subtitle = state.findings.map_title()
        points = state.map_points()
        info = (state.segmentation and state.segmentation.embedding_info) or {}
        redraws = state.may("analyst") and not request.is_published()
        self.fill(
            self.map_head,
            "insight_map_head.html",
            title=title,
            subtitle=subtitle,
            missing=points.empty,
            armed=state.lasso_on,
            redraw=PICTURES if redraws else (),
            drawn=info.get("method", ""),
        )
        self.map.layout.display = "none" if points.empty else ""
        self.top_row.layout.display = "none" if points.empty or not state.knows_balances() else ""
        if points.empty:
            return
        labels, segments = state.map_labels(), state.segments()
        self.draw(
            self.map,
            lambda: charts.embedding(points, labels, segments, lang=state.lang, mode=state.mode, height=350),
            labels,
            segments,
        )
        self.map.update(emphasis=points["emphasis"])
        self.map.armed, self.map.lasso_words = state.lasso_on, state.t("insight.map.lasso_words")
        self.map.outline = state.outline
        self.map.can_clear = bool(state.selected or state.is_group)
        self.top_share.description = state.t("insight.map.top")
        self.top_share.value = state.top_share
        self._paint_top()

    def _paint_top(self) -> None:
        self.fill(self.top_note, "word.html", text=self.state.findings.top_note())

    def _paint_shares(self) -> None:
        state = self.state
        title, subtitle = state.findings.shares_title()
        legend = (state.t("insight.shares.legend_customers"), state.t("insight.shares.legend_balances"))
        self.fill(self.shares_head, "chart_head.html", title=title, subtitle=subtitle, legend=legend)
        rows = state.summary()
        if not rows.empty:
            emphasis = state.segment_emphasis()
            shown = rows.drop(columns="segment").rename(columns={"shown": "segment"})
            shown = shown.assign(emphasis=emphasis)
            self.draw(self.shares, lambda: charts.shares(shown, lang=state.lang, mode=state.mode), rows)
            self.shares.update(emphasis=emphasis)
            if not state.selected or state.is_group:
                self.shares.selection = {"pick": {}}

    def _paint_heat(self) -> None:
        state = self.state
        title, subtitle = state.findings.heat_title()
        self.fill(
            self.heat,
            "insight_heat.html",
            title=title,
            subtitle=subtitle,
            rows=state.heat_rows(),
            stages=state.stages_shown(),
            selected=state.selected,
            stage_chosen=state.stage_chosen,
        )

    def _narrowed(self, change: dict) -> None:
        if (0 < change["old"] < NARROW) != (0 < change["new"] < NARROW):
            self.state.touch()

    def _paint_k(self) -> None:
        state = self.state
        assert state.segmentation is not None
        comparison = state.segmentation.comparison
        title, subtitle = state.findings.k_title()
        self.fill(
            self.k_head, "insight_k_head.html", title=title, subtitle=subtitle, missing=comparison is None
        )
        self.k.layout.display = "none" if comparison is None else ""
        if comparison is None:
            return
        best, chosen = state.votes()
        columns = 3 if 0 < self.k.width < NARROW else 5
        self.draw(
            self.k,
            lambda: charts.compare_k(
                comparison, best=best, chosen=chosen, columns=columns, lang=state.lang, mode=state.mode
            ),
            comparison,
            columns,
        )

    def _paint_side(self) -> None:
        state = self.state
        assert state.segmentation is not None
        summary = state.summary()
        mine = summary[summary["segment"] == state.focus]
        rows = state.segmentation.segments.set_index("segment")
        row = mine.iloc[0] if len(mine) else None
        described = "description_zh" if state.lang == "zh_CN" and "description_zh" in rows else "description"
        heading, note = state.findings.differences_title()
        bars, group = state.differences(), state.group()
        shown = not bars.empty and (row is not None or group is not None)
        self.fill(
            self.side_head,
            "insight_side_head.html",
            row=row,
            group=group,
            minimum=state.project.small_cell,
            description=rows.at[state.focus, described] if state.focus in rows.index else "",
            sentence=state.sentence(),
            heading=heading,
            note=note,
            bars=shown,
        )
        self.side_bars.layout.display = "" if shown else "none"
        if shown:
            slot = int(row["slot"]) if row is not None and not state.outline else 0
            self.draw(
                self.side_bars,
                lambda: charts.differences(bars, slot=slot, lang=state.lang, mode=state.mode),
                bars,
                slot,
            )
        self.fill(
            self.side_foot,
            "insight_side_foot.html",
            bars=shown,
            tiers=state.tier_shares(),
            members=state.typical_members(),
            origin=state.origin(),
            as_rule=side_rule(state),
        )
        self._paint_actions()

    def _paint_actions(self) -> None:
        state = self.state
        analyst = state.may("analyst") and not request.is_published()
        group = state.group() if analyst else None
        self.fill(
            self.side_actions,
            "insight_side_actions.html",
            analyst=analyst,
            hints=state.hints,
            undo=state.undo_version,
            group=group is not None and group["n"] > 0,
            label=state.label_in_focus() if analyst and group is None else None,
            suggestion=state.suggestion() if analyst else None,
            others=state.segments().to_dict("records"),
            code=state.reshape_hints() if analyst else {},
            most=MOST_PARTS,
        )


def insight(project: Project, **traits: str) -> widgets.VBox:
    """Show the insight screen: who the customers are.

    Parameters
    ----------
    project : Project
        As `workbench.open_project` returns it.
    **traits : str
        ``lang``, ``mode`` and the filters ``region``, ``tier``, ``lifecycle`` to begin with.

    Returns
    -------
    ipywidgets.VBox
        Display it as the last line of a cell.
    """
    return show(project, InsightState, InsightScreen, **traits)

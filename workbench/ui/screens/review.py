"""The review screen: effects, funnel, plan, days, past campaigns, and the decisions."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from workbench import charts
from workbench.charts.review import funnel_table, uplift_heads, uplift_height, uplift_table
from workbench.charts.review_daily import daily_table
from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card, show
from workbench.ui.screens.sectioned import SectionedScreen
from workbench.ui.state.review import ReviewState
from workbench.ui.state.review_figures import PARTS_SHOWN
from workbench.ui.vega import VegaView

if TYPE_CHECKING:
    import pandas as pd

    from workbench.project import Project

FILTERS = ("segment", "channel", "measure")
NARROW = 520
"""A chart narrower than this many pixels has its words above and not beside."""
MESSAGE_PREFIXES = ("review.filter.", "review.level.")


class ReviewScreen(SectionedScreen):
    """A view of `ReviewState`.

    Parameters
    ----------
    state : ReviewState
        What is shown.
    """

    grid_class = "wb-grid-review"
    state: ReviewState

    def build_filters(self) -> Sequence[widgets.DOMWidget]:
        """Return the filters, and at their right what says whether the result can be read."""
        self.word, self.tags = Panel(), Panel()
        self.tags.add_class("wb-end")
        self.on(self.tags, "hints", lambda *_: setattr(self.state, "hints", not self.state.hints))
        self.notice = Panel()
        self.notice.add_class("wb-whole")
        return [self.word, *self.dropdowns(FILTERS), self.tags, self.notice]

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards: effects, funnel, plan, days, past campaigns, decisions."""
        self._drawings: dict[int, tuple[Hashable, ...]] = {}
        self.uplift_head, self.uplift = Panel(), VegaView()
        self.funnel_head, self.funnel = Panel(), VegaView()
        self.plan = Panel()
        self.daily_head, self.daily = Panel(), VegaView()
        self.past_head, self.past = Panel(), VegaView()
        self.side = Panel()
        state = self.state
        for view in (self.uplift, self.past):
            view.observe(self._resized, "width")
        self.on(self.notice, "evaluate", lambda *_: state.evaluate())
        self.on(self.title, "evaluate", lambda *_: state.evaluate())
        self.on(self.title, "close", lambda *_: state.close_cycle())
        self.on(self.title, "pack", lambda value, _: state.pack.make(value))
        state.observe(self._deliver, "delivered")
        self.on(self.plan, "level", lambda value, _: state.choose_level(value))
        self.on(self.plan, "parts", lambda *_: setattr(state, "all_parts", not state.all_parts))
        self.on(self.daily_head, "track", lambda value, _: setattr(state, "tracked", value))
        self.on(self.side, "more", lambda *_: setattr(state, "all_advice", not state.all_advice))
        self.on(self.side, "accept", lambda value, _: state.accept(value))
        self.on(self.side, "reject", lambda value, fields: state.reject(value, fields.get("reason", "")))
        self.results = [
            card(self.uplift_head, self.uplift, area="a-uplift"),
            card(self.funnel_head, self.funnel, area="a-funnel"),
            card(self.plan, area="a-plan"),
            card(self.daily_head, self.daily, area="a-daily"),
            card(self.side, area="a-advice"),
        ]
        cards = [*self.results, card(self.past_head, self.past, area="a-past")]
        self.keep_overview(cards)
        return cards

    def _deliver(self, change: Any) -> None:
        made = change["new"]
        if made is not None:
            self.title.deliver(made.name, made.media_type, made.content)
            self.state.delivered = None

    def _resized(self, change: Any) -> None:
        # Only from wide to narrow or back is the chart another one.
        if (0 < change["old"] < NARROW) != (0 < change["new"] < NARROW):
            self.state.touch()

    def _narrow(self, view: VegaView) -> bool:
        return 0 < view.width < NARROW

    def paint(self) -> None:
        """Fill the cards of the open section, or of the overview, from the state."""
        section = self.put_section()
        if section is not None:
            self.filters.layout.display = "none"
            section.paint()
            return
        state = self.state
        ready = state.evaluation is not None
        self.filters.layout.display = "" if ready else "none"
        for part in self.results:
            part.layout.display = "" if ready else "none"
        self.notice.layout.display = "" if ready and state.is_stale else "none"
        self._paint_past()
        if not ready:
            return
        self._paint_filters()
        self._paint_uplift()
        self._paint_funnel()
        self._paint_plan()
        self._paint_daily()
        self._paint_side()

    def _paint_filters(self) -> None:
        state = self.state
        for trait, control in self.controls.items():
            options = tuple(state.choices(trait))
            control.description = state.t(f"review.filter.{trait}")
            if control.options != options:
                control.options = options
            control.value = getattr(state, trait)
        self.fill(self.word, "word.html", text=state.t("review.show"))
        self.fill(
            self.tags,
            "review_tags.html",
            tags=state.findings.tags(),
            analyst=state.may("analyst"),
            hints=state.hints,
            hint=state.hint(),
        )
        if state.is_stale and state.evaluation is not None:
            self.fill(
                self.notice,
                "review_notice.html",
                version=state.evaluation.version,
                analyst=state.may("analyst"),
                hints=state.hints,
                busy=state.progress is not None,
            )

    def _paint_uplift(self) -> None:
        state = self.state
        title, subtitle = state.findings.uplift_title()
        self.fill(self.uplift_head, "card_head.html", title=title, subtitle=subtitle, legend=())
        unit = "points" if state.measure == "responded" else "money"
        self._draw_uplift(self.uplift, state.figures.uplift(), unit)

    def _draw_uplift(self, view: VegaView, rows: pd.DataFrame, unit: str, of: str = "strategy") -> None:
        state, narrow = self.state, self._narrow(view)
        # The height is the view's, so that fewer rows are no other drawing.
        height = uplift_height(len(rows), narrow)
        if view.height != height:
            view.height = height
        table, heads = uplift_table(rows, self.state.mode, unit), uplift_heads(unit, state.lang, of)
        self._redraw(
            view,
            [table] if narrow else [table, heads],
            lambda: charts.uplift(
                table, unit=unit, of=of, lang=state.lang, mode=self.state.mode, narrow=narrow
            ),
            narrow,
        )

    def _redraw(
        self, view: VegaView, tables: list[pd.DataFrame], make: Callable[[], Any], *drawing: Hashable
    ) -> None:
        """Draw a chart; where only its rows differ, it isn't even put together again."""
        key = (self.state.mode, self.state.lang, *drawing)
        if self._drawings.get(id(view)) == key:
            for table in tables:
                view.replace(table, table=table.attrs["table"])
            return
        self.draw(view, make())
        self._drawings[id(view)] = key

    def _paint_funnel(self) -> None:
        state = self.state
        title, subtitle = state.findings.funnel_title()
        self.fill(self.funnel_head, "review_funnel_head.html", title=title, subtitle=subtitle)
        steps = funnel_table(state.figures.funnel())
        self._redraw(
            self.funnel, [steps], lambda: charts.funnel(steps, lang=state.lang, mode=self.state.mode)
        )

    def _paint_plan(self) -> None:
        state = self.state
        title, subtitle = state.findings.plan_title()
        self.fill(
            self.plan,
            "review_plan.html",
            title=title,
            subtitle=subtitle,
            table=state.figures.plan_table(),
            level=state.figures.level(),
            levels=[(name, state.t(f"review.level.{name}")) for name in state.levels()],
            limit=PARTS_SHOWN,
            expanded=state.all_parts,
        )

    def _paint_daily(self) -> None:
        state = self.state
        days = state.figures.daily()
        title, subtitle = state.findings.daily_title()
        tracked = state.figures.tracked()
        self.fill(
            self.daily_head,
            "review_daily_head.html",
            title=title,
            subtitle=subtitle,
            missing=days.empty,
            tracked=tracked,
            choices=state.names(),
        )
        self.daily.layout.display = "none" if days.empty else ""
        if not days.empty:
            rows = daily_table(days, state.figures.slots().get(tracked, 0), self.state.mode)
            self._redraw(
                self.daily, [rows], lambda: charts.daily(rows, lang=state.lang, mode=self.state.mode)
            )

    def _paint_past(self) -> None:
        state = self.state
        rows = state.figures.past()
        title, subtitle = state.findings.past_title()
        self.fill(self.past_head, "review_past_head.html", title=title, subtitle=subtitle, missing=rows.empty)
        self.past.layout.display = "none" if rows.empty else ""
        if not rows.empty:
            self._draw_uplift(self.past, rows, "points", "campaign")

    def _paint_side(self) -> None:
        state = self.state
        decisions = state.decisions
        self.fill(
            self.side,
            "review_side.html",
            rows=decisions.shown(),
            more=decisions.more(),
            all_advice=state.all_advice,
            n=decisions.n_all(),
            open=decisions.n_open(),
            opened=state.next_cycle(),
            hints=state.hints,
            cycle_open=state.project.cycle.state == "open" and state.may("analyst"),
        )


def review(project: Project, **traits: str) -> widgets.VBox:
    """Show the review screen: did it work, and what changes.

    Parameters
    ----------
    project : Project
        As `workbench.open_project` returns it.
    **traits : str
        ``lang``, ``mode``, and ``segment``, ``channel``, ``measure`` to begin with.

    Returns
    -------
    ipywidgets.VBox
        Display it as the last line of a cell.
    """
    return show(project, ReviewState, ReviewScreen, **traits)

"""The frame around every screen: top bar, title, filters, key figures, grid, footer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from workbench import locale
from workbench.ui import request
from workbench.ui.panel import Handler, Panel
from workbench.ui.render import render
from workbench.ui.state import ScreenState
from workbench.ui.state.sections.tabs import SectionedState
from workbench.ui.style import css
from workbench.ui.vega import VegaView, unchecked_charts

if TYPE_CHECKING:
    from workbench.project import Project


class Screen:
    """A view of one stage's state.

    A stage's screen says what stands in the grid and how it is drawn from the state:
    it overrides `build`, which returns the cards once, and `paint`, which fills them
    whenever the state's ``revision`` has risen.

    Parameters
    ----------
    state : ScreenState
        What is shown.

    Attributes
    ----------
    widget : ipywidgets.VBox
        The whole screen.
    """

    grid_class = ""

    def __init__(self, state: ScreenState) -> None:
        self.state = state
        self._painted: dict[int, str] = {}
        self._drawn: dict[int, tuple[Any, ...]] = {}
        self._holding = 0
        self.top, self.message, self.title, self.tabs = Panel(), Panel(), Panel(), Panel()
        self.message.add_class("wb-message")
        self.remarks, self.figures, self.foot = Panel(), Panel(), Panel()
        self._connect()
        self.filters = _box(self.build_filters(), "wb-filters")
        self.grid = _box(self.build(), "wb-grid", self.grid_class)
        main = [
            self.message,
            self.title,
            self.remarks,
            self.tabs,
            self.filters,
            self.figures,
            self.grid,
            self.foot,
        ]
        children: list[widgets.DOMWidget] = [self.top, _box(main, "wb-main", vertical=True)]
        if not request.is_published():
            children.insert(0, Panel(f"<style>{css()}</style>"))
        self.widget = _box(children, "wb", "wb-screen", vertical=True)
        state.observe(lambda _: self.refresh(), "revision")
        self.refresh()

    # What a stage's screen fills in ----------------------------------------------

    def build_filters(self) -> Sequence[widgets.DOMWidget]:
        """Return the controls of the filter row."""
        return ()

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards of the grid."""
        raise NotImplementedError

    def paint(self) -> None:
        """Fill the cards from the state."""
        raise NotImplementedError

    # What all screens share ------------------------------------------------------

    @property
    def painting(self) -> bool:
        """Whether a control's value is being set by the screen itself and not by a user."""
        return self._holding > 0

    def refresh(self) -> None:
        """Draw what has changed. Faults become the banner, the rest is drawn all the same."""
        if self._holding:
            return
        self._holding += 1
        try:
            self.state.guard(self.paint)
            self.state.guard(self._paint_frame)
            self._paint_message()
        finally:
            self._holding -= 1

    def fill(self, panel: Panel, template: str, /, **values: Any) -> None:
        """Draw a template into a panel; nothing is sent when it comes out the same."""
        html = render(template, self.state.lang, **values)
        if self._painted.get(id(panel)) != html:
            self._painted[id(panel)] = html
            panel.html = html

    def dropdowns(self, traits: Iterable[str]) -> list[widgets.Dropdown]:
        """Return a dropdown for each trait; a choice sets the trait under the guard.

        They stand in ``controls`` by the trait's name.
        """
        self.controls: dict[str, widgets.Dropdown] = {}
        for trait in traits:
            control = widgets.Dropdown(options=[("", "")])
            control.observe(partial(self._chosen, trait), "value")
            self.controls[trait] = control
        return list(self.controls.values())

    def _chosen(self, trait: str, change: Any) -> None:
        if not self.painting:
            self.state.guard(setattr, self.state, trait, change["new"] or "")

    def draw(self, view: VegaView, chart: Any, *inputs: Any) -> None:
        """Draw a chart in the screen's mode; where only rows differ, only those are sent.

        Parameters
        ----------
        view : VegaView
            Where.
        chart : altair chart or callable
            The chart, or a function without parameters that makes it.
        *inputs : Any
            What the chart is made from, beside language and mode. When nothing of it is
            new the chart is not made again; a table counts as new when it is another
            object.
        """
        made_from = (self.state.lang, self.state.mode, *inputs)
        if inputs and _same(self._drawn.get(id(view)), made_from):
            return
        self._drawn[id(view)] = made_from
        with unchecked_charts():
            view.show(chart() if callable(chart) else chart, mode=self.state.mode)

    def on(self, panel: Panel, action: str, handler: Handler) -> None:
        """Run ``handler(value, fields)`` under the guard when an action is reported."""
        panel.on(action, lambda value, fields: self.state.guard(handler, value, fields))

    def _connect(self) -> None:
        state = self.state
        self.on(self.top, "lang", lambda value, _: state.choose_language(value))
        self.on(self.top, "mode", lambda value, _: state.choose_mode(value))
        self.on(self.top, "cycle", lambda value, _: state.choose_cycle(value))
        self.on(self.message, "cancel", lambda *_: state.jobs.cancel())
        self.on(self.message, "dismiss", lambda *_: setattr(state, "banner", None))
        self.on(self.title, "comments", lambda *_: self._toggle("comments_open"))
        self.on(self.remarks, "comments", lambda *_: self._toggle("comments_open"))
        self.on(self.remarks, "comment", lambda _, fields: state.comment(fields.get("text", "")))
        self.on(self.foot, "lineage", lambda *_: self._toggle("lineage_open"))

    def _toggle(self, trait: str) -> None:
        setattr(self.state, trait, not getattr(self.state, trait))

    def _paint_frame(self) -> None:
        state = self.state
        cycle = state.project.cycle.cycle_id
        self.fill(
            self.top,
            "top.html",
            project=state.project.name,
            cycle=cycle,
            cycles=state.cycle_names(),
            stages=state.stages(),
            mode=state.mode,
            role=state.project.role,
        )
        heading = state.heading()
        self.fill(self.title, "title.html", heading=heading)
        self.fill(self.tabs, "sections.html", tabs=state.sections(), label=state.t("shell.sections"))
        self.fill(
            self.remarks, "comments.html", comments=state.comments(), may_comment=state.may("contributor")
        )
        self.fill(self.figures, "kpis.html", kpis=state.kpis())
        facts, sha256 = state.footer()
        self.fill(self.foot, "footer.html", facts=facts, sha256=sha256, lineage=state.lineage())
        self._address(cycle, heading.title)

    def _address(self, cycle: str, title: str) -> None:
        chinese = self.state.lang == "zh_CN"
        page: dict[str, Any] = {"theme": self.state.mode}
        if request.is_published():
            page["lang"] = "zh" if chinese else "en"
            page["title"] = f"{title} · {self.state.t('shell.name')}"
            page["query"] = {"lang": page["lang"], "theme": self.state.mode, "cycle": cycle}
            open_now = [tab["name"] for tab in self.state.sections() if tab["current"]]
            if open_now:
                page["query"]["section"] = open_now[0]
        if self.top.page != page:
            self.top.page = page

    def _paint_message(self) -> None:
        state = self.state
        banner, progress = state.banner, state.progress
        shown_banner = banner and {
            "kind": banner.kind,
            "sign": banner.sign,
            "text": state.t(banner.key, **banner.values),
            "action": "",
        }
        shown_progress = progress and {
            "fraction": progress.fraction,
            "phase": state.t(progress.phase),
            "left": ""
            if progress.seconds_left is None
            else state.t("shell.seconds_left", seconds=locale.count(max(1, round(progress.seconds_left)))),
        }
        self.fill(self.message, "banner.html", banner=shown_banner, progress=shown_progress)


def _same(before: tuple[Any, ...] | None, now: tuple[Any, ...]) -> bool:
    if before is None or len(before) != len(now):
        return False
    simple = (str, int, float, bool, tuple, type(None))
    return all(
        old is new or (isinstance(old, simple) and isinstance(new, simple) and old == new)
        for old, new in zip(before, now, strict=True)
    )


def card(*children: widgets.DOMWidget, area: str = "") -> widgets.VBox:
    """Return a card; ``area`` is its class for the grid's placement."""
    return _box(children, "wb-card", area, vertical=True)


def show(
    project: Project,
    make_state: Callable[..., ScreenState],
    make_screen: Callable[[Any], Screen],
    **traits: Any,
) -> widgets.VBox:
    """Return a stage's screen for a project, as the page's address asks for it.

    A preheated kernel has built everything by the time its page is opened; only what
    the address asks for differently is drawn again.
    """
    state = make_state(project, **traits)
    screen = make_screen(state)
    asked = request.wanted()
    if asked.get("cycle") and asked["cycle"] in state.cycle_names():
        state.guard(state.choose_cycle, asked["cycle"])
    for trait in ("lang", "mode"):
        if trait in asked:
            setattr(state, trait, asked[trait])
    if isinstance(state, SectionedState) and "section" in asked:
        state.guard(state.open_section, asked["section"])
    screen.widget.workbench_screen = screen  # keeps the view alive with its widget, and in reach
    return screen.widget


def _box(
    children: Sequence[widgets.DOMWidget], *classes: str, vertical: bool = False
) -> widgets.VBox | widgets.HBox:
    box = (widgets.VBox if vertical else widgets.HBox)(list(children))
    for name in classes:
        for part in name.split():
            box.add_class(part)
    return box

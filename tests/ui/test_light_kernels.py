"""A viewer's kernel stays light: whatever they open, it loads no engine and no machine learning.

One process, run as this file itself: it opens each stage's overview and every section, all of
them first as states (which draw nothing), then as widgets, and says after each what was loaded.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

STAGES = ("insight", "strategy", "execution", "review")
HEAVY = ("duckdb", "ibis", "sklearn", "umap", "numba", "scipy.optimize", "statsmodels", "splink")
HEAVY += ("xlsxwriter",)
DRAWING = ("altair", "ipywidgets", "anywidget")
"""What a state does without, and its view is made of."""


def read_map(state: Any) -> None:
    state.weigh("cost", "0.9")
    assert state.plan is not None


def read_value(section: Any) -> None:
    section.grid_rows(), section.deciles(), section.segments(), section.calibration(), section.bounds()
    section.findings.checks(), section.findings.parameters(), section.findings.grid_title()


def read_links(section: Any) -> None:
    assert section.ready


def read_objectives(section: Any) -> None:
    section.rows(), section.chart(), section.detail(), section.unserving()


def read_cards(section: Any) -> None:
    section.rows(), section.chart_rows(), section.scripts(), section.findings.chart_title()


def read_models(section: Any) -> None:
    section.reliability(), section.gains(), section.lift(), section.drivers(), section.drift_rows()
    section.refused(), section.findings.figures(), section.findings.warnings()


def read_scores(section: Any) -> None:
    section.screen.weigh("cost", "0.4")
    section.tables.bumps(), section.tables.agreement(), section.tables.shares()
    section.tables.contributions(), section.tables.flips(), section.tables.rivals()
    section.findings.bump_title(), section.findings.shares_title(), section.findings.table_title()
    section.findings.change(), section.python()


def read_capacity(section: Any) -> None:
    section.move("agent_minutes", "3")
    section.move("budget", "900")
    section.curve("agent_minutes"), section.strategies(), section.findings.limits()


def read_launch(section: Any) -> None:
    section.list_rows(), section.history(), section.figures.rows(), section.figures.drawn()


def read_corporate(section: Any) -> None:
    section.map_rows(), section.potential(), section.findings.map_title(), section.findings.potential_title()
    section.book.title(), section.book.facts(), section.book.chain()
    section.book.tiers(), section.book.rule()
    section.path.title(), section.path.steps(), section.path.checks()
    section.path.chart(), section.path.rate_rows()


def draw_around(screen: Any) -> None:
    screen.map.outline = [[-9, -9], [0, -9], [0, 9], [-9, 9]]
    assert screen.state.is_group
    assert not screen.state.differences().empty


def slide(screen: Any) -> None:
    screen.sliders.press("weight-cost", "0.9")


def follow(screen: Any) -> None:
    screen.state.strategy = screen.state.progress_rows["strategy_id"].iloc[0]


def measure(screen: Any) -> None:
    screen.state.measure = "amount"


def shows_matrix(screen: Any) -> None:
    assert screen._sections["portrait"].matrix.html


def shows_table(screen: Any) -> None:
    assert "<table" in screen._sections["versions"].matrix.html


READ: dict[str, Callable[[Any], None]] = {
    "strategy": read_map,
    "value": read_value,
    "links": read_links,
    "objectives": read_objectives,
    "cards": read_cards,
    "models": read_models,
    "scores": read_scores,
    "capacity": read_capacity,
    "launch": read_launch,
    "corporate": read_corporate,
}
"""What else is read of a stage's overview, or of a section, without a view."""
PRESSED: dict[str, Callable[[Any], None]] = {
    "insight": draw_around,
    "strategy": slide,
    "execution": follow,
    "review": measure,
    "portrait": shows_matrix,
    "versions": shows_table,
}
"""What is done or looked at in the view of an overview, or of a section."""
SIX = {"value", "cards", "models", "scores", "capacity", "launch", "corporate"}
"""Sections that have six figures."""


class Watch:
    """Says what has been loaded, and while what was open."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.found: list[str] = []

    def look(self, where: str, names: tuple[str, ...]) -> None:
        new = sorted(name for name in names if name in sys.modules and name not in self.known)
        self.known |= set(new)
        if new:
            self.found.append(f"{where}: {', '.join(new)}")


def read_states(make: Callable[[str], Any], stage: str, watch: Watch, modelled: str) -> Any:
    """Read the overview and every section without a view; return the state."""
    state = make("")
    assert state.banner is None, state.banner
    READ.get(stage, lambda _: None)(state)
    watch.look(f"{stage}, state", HEAVY + DRAWING)
    for name in getattr(state, "homes", {}):
        shown = make(modelled) if name == "models" else state
        shown.open_section(name)
        assert shown.banner is None, (name, shown.banner)
        assert shown.heading().title, name
        assert len(shown.kpis()) == 6 or name not in SIX, name
        READ.get(name, lambda _: None)(shown.current_section)
        watch.look(f"{stage}, {name}, state", HEAVY + DRAWING)
    return state


def open_views(screen: Any, stage: str, watch: Watch) -> None:
    """Open the overview and every section as a reader's page does."""
    PRESSED.get(stage, lambda _: None)(screen)
    assert screen.state.banner is None, screen.state.banner
    watch.look(f"{stage}, view", HEAVY)
    for name in getattr(screen.state, "homes", {}):
        screen.tabs.press("section", name)
        assert screen.state.banner is None, (name, screen.state.banner)
        assert name in screen._sections, name
        PRESSED.get(name, lambda _: None)(screen)
        watch.look(f"{stage}, {name}, view", HEAVY)


def main(folder: str, modelled: str) -> None:
    """Write what a viewer's kernel has loaded that it should not, a line a place."""
    from importlib import import_module

    import workbench as wb

    watch = Watch()
    states = {}
    for stage in STAGES:
        make_state = getattr(import_module(f"workbench.ui.state.{stage}"), f"{stage.title()}State")

        def make(other: str, make_state: Callable[..., Any] = make_state) -> Any:
            return make_state(wb.open_project(other or folder, role="viewer"))

        states[stage] = read_states(make, stage, watch, modelled)
    # The views show the states that were read: reading them again would load nothing new.
    for stage, state in states.items():
        if getattr(state, "homes", None):
            state.open_section("overview")
        view = getattr(import_module(f"workbench.ui.screens.{stage}"), f"{stage.title()}Screen")
        open_views(view(state), stage, watch)
    sys.stdout.write("\n".join([*watch.found, "done"]))


def test_a_viewer_of_any_stage_loads_nothing_heavy(walked_folder, modelled_folder):
    done = subprocess.run(
        [sys.executable, "-W", "error", __file__, str(walked_folder), str(modelled_folder)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env={**os.environ, "WORKBENCH_PUBLISHED": "1", "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "done"


if __name__ == "__main__":
    main(*sys.argv[1:3])

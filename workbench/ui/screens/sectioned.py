"""A screen of several pages: its overview's cards, and those of the sections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.ui.screens.frame import Screen
from workbench.ui.screens.sections import section_class

if TYPE_CHECKING:
    import ipywidgets as widgets

    from workbench.ui.screens.sections.base import Section
    from workbench.ui.state.sections.tabs import SectionedState


class SectionedScreen(Screen):
    """A view of a state with sections; a stage's own screen builds on it.

    A stage's screen calls `keep_overview` at the end of its `build`, and paints its
    overview when `put_section` says that no section is open.
    """

    state: SectionedState

    def keep_overview(self, cards: Sequence[widgets.DOMWidget]) -> None:
        """Remember the overview's cards, and let tabs and buttons open sections."""
        self.overview = tuple(cards)
        self._sections: dict[str, Section] = {}
        for panel in (self.tabs, self.title):
            self.on(panel, "section", lambda value, _: self.state.open_section(value))

    def put_section(self) -> Section | None:
        """Put the open section's cards into the grid; build its view when it is first opened."""
        kept = self.state.current_section
        found = None
        if kept is not None:
            name = self.state.section
            if name not in self._sections:
                self._sections[name] = section_class(name, self.state.homes)(self, kept)
            found = self._sections[name]
        cards = self.overview if found is None else tuple(found.cards)
        if self.grid.children != cards:
            for known in (self.grid_class, *(kept.grid_class for kept in self._sections.values())):
                for part in known.split():
                    self.grid.remove_class(part)
            self.grid.children = cards
            grid_class = self.grid_class if found is None else found.grid_class
            for part in grid_class.split():
                self.grid.add_class(part)
        return found

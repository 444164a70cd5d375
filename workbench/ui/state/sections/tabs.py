"""A screen of several pages: an overview, and sections that are read when opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import traitlets

from workbench.ui.state.base import ScreenState
from workbench.ui.state.sections import state_class
from workbench.ui.state.sections.base import SectionState

OVERVIEW = "overview"


class SectionedState(ScreenState):
    """A screen's state with sections; a stage's own state builds on it.

    Attributes
    ----------
    section : str
        The open section: ``overview``, or a name of `homes`.
    """

    homes: Mapping[str, str] = {}
    """Section → its state's class, in the order of the tabs."""
    section = traitlets.Unicode(OVERVIEW)

    def __init__(self, project: Any, **traits: Any) -> None:
        self._sections: dict[str, SectionState] = {}
        self._read: set[str] = set()
        super().__init__(project, **traits)

    def sections(self) -> list[dict[str, Any]]:
        """Return the tabs: the overview, then the sections."""
        if not self.homes:
            return []
        return [
            {"name": name, "label": self.t(f"{self.stage}.section.{name}"), "current": name == self.section}
            for name in (OVERVIEW, *self.homes)
        ]

    def open_section(self, name: str) -> None:
        """Open the overview or a section; what it shows is read now."""
        if name in (OVERVIEW, *self.homes):
            if name != self.section:
                # What was said of one page is not said of the next.
                self.banner = None
            self.section = name
            self.touch()

    @property
    def current_section(self) -> SectionState | None:
        """The open section's state, or None while the overview is open."""
        if self.section not in self.homes:
            return None
        if self.section not in self._sections:
            self._sections[self.section] = state_class(self.section, self.homes)(self)
        found = self._sections[self.section]
        if self.section not in self._read:
            self._read.add(self.section)
            found.load()
        return found

    def read_sections_again(self) -> None:
        """Let the open section read now, and the others when they are opened again."""
        self._read.clear()
        self.current_section  # noqa: B018

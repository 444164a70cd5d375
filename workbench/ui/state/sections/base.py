"""What every section's state has: its screen, its project, its own finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

if TYPE_CHECKING:
    from workbench.project import Project
    from workbench.ui.state.jobs import Jobs
    from workbench.ui.state.parts import Heading, Kpi


class SectionState(traitlets.HasTraits):
    """The state of one section; a section's own state builds on it.

    Parameters
    ----------
    screen : ScreenState
        The screen that the section is a page of.

    Attributes
    ----------
    name : str
        The section's name: of its module, its messages (``insight_<name>``) and its draft.
    """

    name = ""

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.screen = screen
        super().__init__(**traits)

    # What a section fills in -----------------------------------------------------

    def load(self) -> None:
        """Read what the section shows; called when it is opened and when the screen has read anew."""

    def heading(self) -> Heading:
        """Return the section's finding, its basis and its buttons."""
        raise NotImplementedError

    def kpis(self) -> list[Kpi]:
        """Return at most six figures; none leaves the strip out."""
        return []

    # What all sections share -----------------------------------------------------

    @property
    def project(self) -> Project:
        """The project at the cycle shown."""
        return self.screen.project

    @property
    def jobs(self) -> Jobs:
        """The screen's background jobs."""
        return self.screen.jobs

    @property
    def lang(self) -> str:
        """The screen's language."""
        return self.screen.lang

    def t(self, key: str, /, **values: Any) -> str:
        """Return a message in the screen's language."""
        return self.screen.t(key, **values)

    def may(self, role: str) -> bool:
        """Say whether this process's role reaches another."""
        return self.screen.may(role)

    def touch(self) -> None:
        """Say that something drawn has changed."""
        self.screen.touch()

    # Drafts ----------------------------------------------------------------------

    def keep_draft(self, content: dict[str, Any]) -> None:
        """Keep unfinished work, so that a kernel's death loses nothing."""
        self.project.store.drafts.save(self._draft, content, self.project.need_cycle().cycle_id)

    def draft(self) -> dict[str, Any] | None:
        """Return what was kept by `keep_draft`, or None."""
        cycle = self.project.cycle.cycle_id
        return self.project.store.drafts.load(self._draft, cycle) if cycle else None

    def discard_draft(self) -> None:
        """Forget the draft, because it was finished or given up."""
        self.project.store.drafts.discard(self._draft, self.project.need_cycle().cycle_id)

    @property
    def _draft(self) -> str:
        return f"{self.screen.stage}.{self.name}"

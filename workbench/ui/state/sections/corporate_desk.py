"""What the forms of playbooks and journeys share: open or not, what was typed, a conflict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.ui.state.parts import Banner
from workbench.ui.state.sections.corporate_forms import difference_rows

if TYPE_CHECKING:
    from workbench.errors import Conflict
    from workbench.ui.state.sections.corporate import CorporateState


class Desk:
    """A form of the section on companies.

    Parameters
    ----------
    section : CorporateState
        The section that shows it.

    Attributes
    ----------
    open : bool
        Whether the form is shown.
    typed : dict or None
        What was typed and could not be saved.
    difference : list of tuple
        After a conflict: the field, the value here, and the stored one.
    """

    def __init__(self, section: CorporateState) -> None:
        self._section = section
        self.open = False
        self.typed: dict[str, str] | None = None
        self.difference: list[tuple[str, str, str]] = []

    def close(self) -> None:
        """Put the form away."""
        self.open, self.typed, self.difference = False, None, []

    def show_conflict(self, conflict: Conflict) -> None:
        """Show what somebody else has stored meanwhile beside what was typed."""
        self.difference = difference_rows(conflict.difference, self._section)
        self._section.screen.banner = Banner("error", conflict.key, conflict.values)
        self._section.touch()

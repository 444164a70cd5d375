"""What every section's view has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ipywidgets as widgets

    from workbench.ui.screens.frame import Screen
    from workbench.ui.state.sections import SectionState


class Section:
    """A view of one section's state, built when the section is first opened.

    Parameters
    ----------
    screen : Screen
        The screen that draws: its ``fill``, ``draw`` and ``on`` are a section's too.
    state : SectionState
        What is shown.

    Attributes
    ----------
    cards : list of ipywidgets.DOMWidget
        What stands in the grid.
    """

    grid_class = ""
    """Class of the grid while the section is open; its areas stand in the section's stylesheet."""

    def __init__(self, screen: Screen, state: Any) -> None:
        self.screen = screen
        self.state: SectionState = state
        self.cards: list[widgets.DOMWidget] = list(self.build())

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the cards, once."""
        raise NotImplementedError

    def paint(self) -> None:
        """Fill the cards from the state, whenever something has changed."""
        raise NotImplementedError

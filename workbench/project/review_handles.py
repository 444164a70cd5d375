"""Parts of a cycle's review that hang on ``project.review`` and are read when first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.project.board import Board
    from workbench.project.handle import Project
    from workbench.project.hypotheses import Hypotheses
    from workbench.project.movement import Movement


class ReviewHandles:
    """What `Review` brings beside the evaluation."""

    _project: Project

    @cached_property
    def board(self) -> Board:
        """The strategy management board: figures against plan, alerts, action items."""
        from workbench.project.board import Board

        return Board(self._project)

    @cached_property
    def movement(self) -> Movement:
        """Customers over time: who moved, joined, left, was lost and won back."""
        from workbench.project.movement import Movement

        return Movement(self._project)

    @cached_property
    def hypotheses(self) -> Hypotheses:
        """What was believed beforehand, and what the data say of it."""
        from workbench.project.hypotheses import Hypotheses

        return Hypotheses(self._project)

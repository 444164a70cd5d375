"""The brainstorm board in the browser: its widget, what it may report, and its words."""

from workbench.ui.board.board import Board
from workbench.ui.board.messages import checked_message
from workbench.ui.board.wording import words

__all__ = ["Board", "checked_message", "words"]

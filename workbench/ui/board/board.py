"""The brainstorm board: a room's state in, checked reports of its people out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any

import anywidget
import traitlets

from workbench.ui.board.messages import checked_message, plain

Handler = Callable[[dict[str, Any]], None]
_FILES = resources.files("workbench.ui.board")


class Board(anywidget.AnyWidget):
    """Show a brainstorm room, and report what its people do.

    The page keeps what is not confirmed yet (moves with their keys, the draft) on the
    device, so that a lost connection or a reload loses nothing. What arrives from a page
    is untrusted: malformed reports are dropped, the rest is for the store to allow. The
    traits are shown, never read back: a page can set them.

    Parameters
    ----------
    view : dict, optional
        The whole state: mode ("part" or "lead"), joined, words, lang, theme, error, code,
        sides, room, me, n_people, n_ideas, ideas, groups, last_move.
    page : dict, optional
        Of the page around it: lang, theme, title, query.

    Examples
    --------
    >>> board = Board()
    >>> board.on("draft", lambda report: print(report["text"]))
    >>> board.hear({"do": "draft", "text": "call before it matures"})
    call before it matures
    """

    _esm = _FILES.joinpath("board.js").read_text(encoding="utf-8")
    _css = _FILES.joinpath("board.css").read_text(encoding="utf-8")

    view = traitlets.Dict().tag(sync=True)
    page = traitlets.Dict().tag(sync=True)

    def __init__(self, view: Mapping[str, Any] | None = None, **traits: Any) -> None:
        super().__init__(view=dict(view or {}), **traits)
        self._handlers: dict[str, Handler] = {}
        self.on_msg(self._receive)

    def on(self, action: str, handler: Handler) -> None:
        """Call ``handler(report)`` when the page reports an action.

        Parameters
        ----------
        action : {"hello", "join", "move", "draft", "lang", "theme", "leave", "pick"}
            Which reports.
        handler : callable
            Gets the checked report: ``do`` and the action's fields.
        """
        self._handlers[action] = handler

    def hear(self, report: Mapping[str, Any]) -> None:
        """Do what a report of the page does; for tests and for code."""
        self._receive(self, dict(report))

    def joined(self, token: str, code: str) -> None:
        """Give the device the token by which it comes back to the room."""
        self.send({"say": "joined", "token": token, "code": code})

    def unknown(self) -> None:
        """Say that the token is nobody's: the device forgets it, and keeps what was not sent."""
        self.send({"say": "unknown"})

    def done(self, key: str, content: Mapping[str, Any]) -> None:
        """Confirm a move by its key, with what the store made of it."""
        self.send({"say": "done", "key": key, "content": plain(content)})

    def refused(self, key: str, message: str) -> None:
        """Take a move back, and say why in a sentence."""
        self.send({"say": "refused", "key": key, "message": message})

    def failed(self, message: str) -> None:
        """Say in a sentence what went wrong, of nothing in particular."""
        self.send({"say": "error", "message": message})

    def _receive(self, _: Any, content: Any, __: Any = None) -> None:
        report = checked_message(content)
        handler = self._handlers.get(report["do"]) if report else None
        if handler is not None and report is not None:
            handler(report)

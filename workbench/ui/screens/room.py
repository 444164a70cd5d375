"""The participants' page of a brainstorm room: one board over one state, looked at anew every second."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import ipywidgets as widgets

from workbench.ui import request
from workbench.ui.board import Board, words
from workbench.ui.panel import Panel
from workbench.ui.state.room import Reply, RoomPage
from workbench.ui.style import css

LOOK_EVERY = 1.0
"""Seconds between two looks at the store: what others do is there within three."""


class RoomScreen:
    """A view of `RoomPage`.

    Parameters
    ----------
    state : RoomPage
        What is shown.

    Attributes
    ----------
    widget : ipywidgets.VBox
        The whole page.
    board : Board
        What is in it.
    """

    def __init__(self, state: RoomPage) -> None:
        self.state = state
        self.board = Board(self._whole())
        self.board.page = state.place()
        self._shown = _compared(self.board.view)
        self._looking: asyncio.Task[None] | None = None
        self.board.on("hello", self._hello)
        self.board.on("join", self._join)
        self.board.on("move", self._move)
        self.board.on("draft", lambda report: self._answer(state.draft(report["text"])))
        self.board.on("leave", lambda _: self._do(state.leave))
        self.board.on("lang", lambda report: self._do(state.choose_language, report["value"]))
        self.board.on("theme", lambda report: self._do(state.choose_mode, report["value"]))
        children: list[widgets.DOMWidget] = [self.board]
        if not request.is_published():
            children.insert(0, Panel(f"<style>{css()}</style>"))
        self.widget = widgets.VBox(children)
        for name in ("wb", "wb-screen", "wb-room"):
            self.widget.add_class(name)

    def look(self) -> None:
        """Look at the store, and show what is new."""
        self.state.poll()
        self.show()

    def show(self) -> None:
        """Send the state to the page if there is anything new in it."""
        view = self._whole()
        compared = _compared(view)
        if compared != self._shown:
            self._shown = compared
            self.board.view = view
        page = self.state.place()
        if page != self.board.page:
            self.board.page = page

    def keep_looking(self) -> None:
        """Look every second, as long as this kernel lives; without a running loop, never."""
        try:
            self._looking = asyncio.get_running_loop().create_task(self._look_on())
        except RuntimeError:
            return

    async def _look_on(self) -> None:
        while self.board.comm is not None:
            await asyncio.sleep(LOOK_EVERY)
            self.look()

    def _whole(self) -> dict[str, Any]:
        return self.state.view() | {"words": words(self.state.lang)}

    def _do(self, act: Any, *values: Any) -> None:
        act(*values)
        self.show()

    def _hello(self, report: dict[str, Any]) -> None:
        # Said again after a lost connection: what was sent meanwhile may not have arrived.
        self._shown = {}
        self._answer(self.state.hello(report["token"]))

    def _join(self, report: dict[str, Any]) -> None:
        reply = self.state.join(report["code"], report["name"], report["side"])
        # What was refused stands in the form; the page waits for a new state to say so.
        self._shown = {}
        self._answer(Reply("nothing") if reply.kind == "refused" else reply)

    def _move(self, report: dict[str, Any]) -> None:
        reply = self.state.move(report["key"], report["action"], report["content"])
        self._answer(reply, report["key"])

    def _answer(self, reply: Reply, key: str = "") -> None:
        """Say what became of a report, then show what stands: a state that comes later has it."""
        if reply.kind == "joined":
            self.board.joined(reply.token, reply.code)
        elif reply.kind == "unknown":
            self.board.unknown()
        elif reply.kind == "done":
            self.board.done(key, reply.content)
        elif reply.kind == "refused" and key:
            self.board.refused(key, reply.message)
        elif reply.message:
            self.board.failed(reply.message)
        self.show()


def _compared(view: dict[str, Any]) -> dict[str, Any]:
    """Return what makes a state a new one: not the seconds that pass, nor what one types oneself."""
    room = {name: value for name, value in view["room"].items() if name != "seconds_left"}
    me = {name: value for name, value in view["me"].items() if name != "draft"}
    return {name: value for name, value in view.items() if name not in ("words", "heard")} | {
        "room": room,
        "me": me,
    }


def room(
    folder: str | os.PathLike[str] | None = None, lang: str = "en", mode: str = "light", code: str = ""
) -> widgets.VBox:
    """Show the page of a brainstorm room's participants: join, write, group, vote.

    It reads and writes as a participant, also for an analyst who tries it.

    Parameters
    ----------
    folder : path, optional
        The project's folder; by default as `workbench.open_project` finds it.
    lang : str, default="en"
        ``"en"`` or ``"zh_CN"``.
    mode : str, default="light"
        ``"light"`` or ``"dark"``.
    code : str, default=""
        A room's code to begin with.

    Returns
    -------
    ipywidgets.VBox
        Display it as the last line of a cell.
    """
    state = RoomPage(folder, lang, mode, code)
    screen = RoomScreen(state)
    asked = request.wanted()
    state.lang = asked.get("lang", state.lang)
    state.choose_mode(asked.get("mode", state.mode))
    state.code = request.wanted_code() or state.code
    screen.show()
    screen.keep_looking()
    screen.widget.workbench_screen = screen  # keeps the view alive with its widget, and in reach
    return screen.widget

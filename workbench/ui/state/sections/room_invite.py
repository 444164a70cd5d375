"""How people get into a room: its code, the page's address, and both as a QR code."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from workbench.ui.state.sections.room import RoomState

_ONLY_HERE = ("127.0.0.1", "localhost", "::1")


class RoomInvite:
    """The invitation to the room that is shown.

    Parameters
    ----------
    state : RoomState
        The section.
    """

    def __init__(self, state: RoomState) -> None:
        self._state = state

    def code(self) -> str:
        """Return the room's code as it is read out: two groups of three digits."""
        digits = str(self._state.room["code"]) if self._state.room else ""
        return f"{digits[:3]} {digits[3:]}"

    def page(self) -> dict[str, Any] | None:
        """Return where people join, or None while the participants' page is not up."""
        from workbench.project.room_page import find_page, join_address

        state = self._state
        found = find_page(state.project.folder)
        if found is None or state.room is None:
            return None
        address = join_address(found, str(state.room["code"]), state.lang)
        host = urlsplit(address).hostname or ""
        return {"address": address, "qr": qr_code(address), "only_here": host in _ONLY_HERE}

    def start(self) -> None:
        """Start the participants' page."""
        from workbench.project.room_page import start_page

        state, folder = self._state, self._state.project.folder
        state.project.store.rooms.require("analyst")
        state.jobs.start(
            lambda _: start_page(folder),
            lambda _: state.leading.say("insight_brainstorm.done.page"),
            "insight_brainstorm.phase.page",
        )


@cache
def qr_code(address: str) -> str:
    """Return an address as a QR code: a picture's address of its own, black on white in any theme.

    Examples
    --------
    >>> qr_code("http://127.0.0.1:8867/?code=048213")[:19]
    'data:image/svg+xml;'
    """
    import segno

    return str(segno.make(address, error="m").svg_data_uri(scale=4, border=4, dark="#000", light="#fff"))

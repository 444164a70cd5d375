"""The participants' page as the publishing side knows it: its address, its token, its life.

The page itself is found, started and stopped by `workbench.project.room_page`, which a
screen may use too.
"""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psutil

from workbench.project.room_page import find_page, join_address, start_page, stop_page
from workbench.publish.notebooks import ROOM

participants_page = find_page
address_for = join_address
start_participants_page = start_page
stop_participants_page = stop_page

_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 (compared with, not listened at)


def token_file(project: Path) -> Path:
    """Return the file that keeps the page's token, so that a code on the wall stays good.

    Examples
    --------
    >>> token_file(Path("my_bank")).as_posix()
    'my_bank/.work/participants_token'
    """
    return project / ".work" / "participants_token"


def base_path(public_address: str) -> str:
    """Return the path that the page lives under, as its public address says.

    Examples
    --------
    >>> base_path("https://127.0.0.1/rooms"), base_path("")
    ('/rooms/', '/')
    """
    path = urlsplit(public_address).path.strip("/")
    return f"/{path}/" if path else "/"


def room_address(public_address: str, host: str, port: int, token: str) -> str:
    """Return the address that phones open.

    Parameters
    ----------
    public_address : str
        Where a proxy stands in front; empty without one.
    host : str
        What the process listens at; where that is every network, this machine's own
        address in its first one is given.
    port : int
        Its port.
    token : str
        What the page asks for.

    Examples
    --------
    >>> room_address("https://127.0.0.1/rooms/", "127.0.0.1", 8867, "x")
    'https://127.0.0.1/rooms/voila/render/room.ipynb?token=x'
    >>> room_address("", "127.0.0.1", 8867, "x")
    'http://127.0.0.1:8867/voila/render/room.ipynb?token=x'
    """
    seen = _own_address() if host in _EVERYWHERE else host
    root = public_address.rstrip("/") or f"http://{seen}:{port}"
    return f"{root}/voila/render/{ROOM}?{urlencode({'token': token})}"


def _own_address() -> str:
    """Return this machine's address in its first network, as its own cards say it."""
    for cards in psutil.net_if_addrs().values():
        for card in cards:
            if card.family == socket.AF_INET and not card.address.startswith("127."):
                return card.address
    return "127.0.0.1"

"""Ports on 127.0.0.1: is one free, and which is the next that is."""

from __future__ import annotations

import os
import socket

from workbench.errors import MachineProblem


def is_port_free(port: int) -> bool:
    """Say whether a server could listen on a port of 127.0.0.1.

    Parameters
    ----------
    port : int
        1 to 65535.

    Returns
    -------
    bool

    Examples
    --------
    >>> import socket
    >>> taken = socket.create_server(("127.0.0.1", 0))
    >>> is_port_free(taken.getsockname()[1])
    False
    >>> taken.close()
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        if os.name != "nt":
            # A port whose last server has just stopped is free; on Windows the option means something else.
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def next_free_port(port: int, avoid: tuple[int, ...] = ()) -> int:
    """Return the first free port after one.

    Parameters
    ----------
    port : int
        Where to start; itself not tried.
    avoid : tuple of int, default=()
        Ports that are about to be used.

    Returns
    -------
    int

    Raises
    ------
    MachineProblem
        If the next hundred are all taken.

    Examples
    --------
    >>> next_free_port(20000) > 20000
    True
    """
    for candidate in range(port + 1, min(port + 101, 65536)):
        if candidate not in avoid and is_port_free(candidate):
            return candidate
    raise MachineProblem("machine.port.none_free", first=port + 1, last=port + 100)


def check_port(port: int, option: str, avoid: tuple[int, ...] = ()) -> None:
    """Refuse a port that is taken, with the next free one in the sentence.

    Parameters
    ----------
    port : int
        The port that was asked for.
    option : str
        The option that chooses it, for example ``"--port"``.
    avoid : tuple of int, default=()
        Ports that are about to be used by something else.

    Raises
    ------
    MachineProblem
        If the port is not between 1 and 65535, or is taken.
    """
    if not 1 <= port <= 65535:
        raise MachineProblem("machine.port.not_a_port", port=port, option=option)
    if port in avoid or not is_port_free(port):
        raise MachineProblem(
            "machine.port.taken", port=port, option=option, free=next_free_port(port, avoid=avoid)
        )

"""`workbench room`: the participants' page of brainstorm rooms, until Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench import locale
from workbench.cli.guard import log_folder
from workbench.cli.servers import Stopped, is_alive, last_line, signals_ignored, signals_stop
from workbench.errors import MachineProblem, NotFound
from workbench.project.room_page import check_page, find_page, stop_page

LOCAL = "127.0.0.1"
_HERE = (LOCAL, "localhost", "::1")


def serve_room(
    folder: Path, *, host: str, port: int | None, public_address: str, lang: str, tell: Callable[[str], Any]
) -> None:
    """Serve a project's participants' page, say where it is, and stop it at the end.

    Parameters
    ----------
    folder : pathlib.Path
        The project's folder.
    host : str
        What to listen at.
    port : int or None
        0 takes a free one; None the usual one, or a free one where that is taken.
    public_address : str
        What phones open where a proxy stands in front; empty without one.
    lang : {"en", "zh_CN"}
        Language of what is told.
    tell : callable
        Told each sentence.

    Raises
    ------
    NotFound
        If there is no project.
    ParameterProblem
        If the port or the public address is none.
    MachineProblem
        If the page can't be served, or its process ends by itself.
    """

    def say(key: str, **values: Any) -> None:
        tell(locale.text(key, lang, **values))

    if not (folder / "project.toml").is_file():
        raise NotFound("cli.error.no_project", folder=folder)
    wanted = check_page(port, public_address)
    found = find_page(folder)
    if found is not None and host == LOCAL and port is None and not public_address:
        # A facilitator's screen has started it.
        say("cli.room.there", address=found)
        return
    if found is not None:
        stop_page(folder)
        say("cli.room.instead", address=found)
    from workbench.publish import Dashboards

    log = log_folder(folder) / "participants.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    page = Dashboards(
        folder, role="participant", host=host, port=wanted, log=log, public_address=public_address
    )
    with signals_stop():
        try:
            say("cli.room.starting")
            page.start()
            say("cli.room.address", address=find_page(folder) or page.address())
            if host not in _HERE:
                say("cli.room.open")
            say("cli.room.hint")
            while is_alive(page.pid):
                time.sleep(0.5)
            name = "workbench.publish"
            raise MachineProblem("cli.error.server_ended", name=name, log=log, last=last_line(log))
        except (KeyboardInterrupt, Stopped):
            say("cli.up.stopping")
        finally:
            with signals_ignored():
                page.stop()
        say("cli.up.stopped")

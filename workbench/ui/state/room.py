"""What the participants' page of a brainstorm room does: join, write, group, vote, and see the others."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from workbench import locale
from workbench.errors import MachineProblem, NotAllowed, ParameterProblem, WorkbenchError
from workbench.project.config import find_project, read_settings
from workbench.store import open_store
from workbench.store.room_acts import HEAD_OFFICE
from workbench.theme import MODES, Mode
from workbench.ui.state.guard import guarded, log_to
from workbench.ui.state.parts import Banner

HERE_EVERY = 20.0
"""Seconds between two notes to the store that somebody still looks."""


@dataclass(frozen=True)
class Reply:
    """What became of a report of the page.

    Parameters
    ----------
    kind : {"done", "refused", "unknown", "joined", "failed", "nothing"}
        ``done`` and ``refused`` are of a move; ``unknown``: the token is nobody's;
        ``joined``: the page has a place in the room; ``failed``: a sentence of nothing in
        particular.
    message : str
        The sentence, for what went wrong.
    content : dict
        What the store made of a move.
    token, code : str
        Of who joined.
    """

    kind: str
    message: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)
    token: str = ""
    code: str = ""


class RoomPage:
    """One person's page: it reads and writes as a participant, whoever runs it.

    Parameters
    ----------
    folder : path, optional
        The project's folder; by default as `workbench.open_project` finds it.
    lang : str, default="en"
        ``"en"`` or ``"zh_CN"``.
    mode : {"light", "dark"}, default="light"
        The colours.
    code : str, default=""
        A room's code that the page's address asked for.
    clock : callable, optional
        Returns this moment in UTC, without a zone.

    Attributes
    ----------
    heard : int
        Reports of the page that have been dealt with.
    banner : Banner or None
        What went wrong with the last report.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str] | None = None,
        lang: str = "en",
        mode: str = "light",
        code: str = "",
        *,
        clock: Callable[[], dt.datetime] | None = None,
    ) -> None:
        home = find_project(folder)
        settings = read_settings(home)
        store = open_store(home, url=settings.database, role="participant", clock=clock)
        self._acts, self._clock = store.room_acts, store.database.clock
        self.lang, self.mode, self.code = locale.normal_language(lang), cast("Mode", mode), code
        self.heard = 0
        self.banner: Banner | None = None
        self._token = ""
        self._board: dict[str, Any] | None = None
        self._trouble = ""
        self._last_here = 0.0
        log_to(home)

    # What the page reports -----------------------------------------------------------

    def hello(self, token: str) -> Reply:
        """Take up a place in a room again, with the token that joining gave.

        An address that asks for another room than the token's leads to that room's door.
        """
        self.heard += 1
        if not token:
            return Reply("nothing")
        reply = self._try(lambda: self._take_up(token))
        return Reply("unknown") if reply.kind == "refused" and self._is_nobodys() else reply

    def join(self, code: str, name: str, side: str = HEAD_OFFICE) -> Reply:
        """Join a room; with the token of an earlier joining nobody is counted twice.

        Parameters
        ----------
        code : str
            Its six digits.
        name : str
            How the others know the person.
        side : str, default="head_office"
            ``head_office`` or a branch's name.
        """
        self.heard += 1
        self.code = "".join(code.split())[:12]
        return self._try(lambda: self._join(code, name, side))

    def move(self, key: str, action: str, content: Mapping[str, Any]) -> Reply:
        """Make a move under the key that the page made up for it; sent again it happens once."""
        self.heard += 1
        reply = self._try(lambda: self._move(key, action, content))
        if reply.kind == "refused" and self._is_nobodys():
            self._forget()
            return Reply("unknown")
        return reply

    def draft(self, text: str) -> Reply:
        """Keep what is being typed, whatever the stage and the clock say."""
        self.heard += 1
        if not self._token:
            return Reply("nothing")
        return self._try(lambda: self._keep(text))

    def leave(self) -> None:
        """Forget the place in the room; the person stays in it for the others."""
        self.heard += 1
        self._forget()
        self.code = ""
        self.banner = None

    def choose_language(self, value: str) -> None:
        """Change the language of the page."""
        self.heard += 1
        self.lang = locale.normal_language(value)

    def choose_mode(self, value: str) -> None:
        """Change between light and dark."""
        self.heard += 1
        if value in MODES:
            self.mode = value

    # What the store says -------------------------------------------------------------

    @property
    def joined(self) -> bool:
        """Whether the page has a place in a room."""
        return self._board is not None

    def poll(self) -> None:
        """Read the room again if there is anything new, and say now and then that somebody looks."""
        if not self._token:
            return
        try:
            if self._acts.last_move(self._token) != (self._board or {}).get("last_move"):
                self._read()
            if time.monotonic() - self._last_here > HERE_EVERY:
                self._last_here = time.monotonic()
                self._acts.be_here(self._token)
                # Who came and went without a move is counted anew.
                self._read()
            self._trouble = ""
        except NotAllowed:
            # The project was restored from an older copy: the place is gone.
            self._forget()
        except WorkbenchError as problem:
            self._trouble = problem.message(self.lang)

    def view(self) -> dict[str, Any]:
        """Return everything that the page shows, but the words of the board."""
        board, error = self._board, self._trouble
        if self.banner is not None and not self.joined:
            error = self.t(self.banner.key, **self.banner.values)
        shown: dict[str, Any] = {
            "mode": "part",
            "joined": board is not None,
            "lang": self.lang,
            "theme": self.mode,
            "error": error,
            "code": self.code,
            "sides": [],
            "room": {},
            "me": {},
            "n_people": 0,
            "n_ideas": 0,
            "ideas": [],
            "groups": [],
            "last_move": 0,
            "heard": self.heard,
        }
        if board is None:
            return shown
        shown |= {name: board[name] for name in ("n_ideas", "ideas", "groups", "last_move")}
        shown["n_people"] = board["n_here"]
        room, profile = board["room"], board["room"]["profile"]
        shown["room"] = {
            "code": room["code"],
            "question": room["question"],
            "stage": room["stage"],
            "votes_each": room["votes_each"],
            "seconds_left": self._seconds_left(),
            "seconds_all": room["seconds"],
            "segment": room["segment"],
            "segment_zh": profile.get("segment_zh", ""),
            "slot": profile.get("slot", 0),
            "profile": profile,
        }
        shown["me"] = {name: board["me"][name] for name in ("name", "side", "draft", "votes")}
        return shown

    def place(self) -> dict[str, Any]:
        """Return what the page around the board takes over: language, colours, title, address."""
        lang = "zh" if self.lang == "zh_CN" else "en"
        title = self.t("room_page.name")
        query = {"lang": lang, "theme": self.mode}
        if self._board is not None:
            query["code"] = self._board["room"]["code"]
            title = self.t("room_page.title", code=query["code"])
        return {
            "lang": "zh-CN" if lang == "zh" else "en",
            "theme": self.mode,
            "title": f"{title} · {self.t('shell.name')}",
            "query": query,
        }

    def t(self, key: str, /, **values: Any) -> str:
        """Return a message in the page's language."""
        return locale.text(key, self.lang, **values)

    # Inside --------------------------------------------------------------------------

    def _try(self, act: Callable[[], Reply]) -> Reply:
        """Run an act under the guard: whatever goes wrong is a sentence, and the page lives on."""
        self.banner = None
        found: list[Reply] = []
        trouble: list[MachineProblem] = []

        def run() -> None:
            try:
                found.append(act())
            except MachineProblem as problem:
                # Nothing was decided: the page sends it again under its key.
                trouble.append(problem)

        with guarded(cast("Any", self)):
            run()
        if trouble:
            return Reply("failed", trouble[0].message(self.lang))
        if self.banner is not None:
            return Reply("refused", self.t(self.banner.key, **self.banner.values))
        return found[0]

    def _is_nobodys(self) -> bool:
        nobody = self.banner is not None and self.banner.key == "rooms.error.token"
        if nobody:
            self.banner = None
        return nobody

    def _take_up(self, token: str) -> Reply:
        board = self._acts.board(token)
        if self.code and self.code != board["room"]["code"]:
            # Known to the store, not shown: joining there gives a place of its own.
            return Reply("nothing")
        self._token, self._board = token, board
        self._last_here = 0.0
        return self._joined()

    def _join(self, code: str, name: str, side: str) -> Reply:
        for value, key in (
            (code, "room_page.error.no_code"),
            (name, "room_page.error.no_name"),
            (side, "room_page.error.no_side"),
        ):
            if not value.strip():
                raise ParameterProblem(key)
        found = self._acts.join(code, name, side, self._token or None)
        self._token = found["token"]
        self._last_here = time.monotonic()
        self._read()
        return self._joined()

    def _joined(self) -> Reply:
        assert self._board is not None
        self.code = self._board["room"]["code"]
        return Reply("joined", token=self._token, code=self.code)

    def _move(self, key: str, action: str, content: Mapping[str, Any]) -> Reply:
        if not self._token:
            raise ParameterProblem("room_page.error.not_joined")
        done = self._acts.act(self._token, key, action, content)
        self._read()
        return Reply("done", content=done["content"])

    def _keep(self, text: str) -> Reply:
        self._acts.keep_draft(self._token, text)
        self._last_here = time.monotonic()
        if self._board is not None:
            self._board["me"]["draft"] = text
        return Reply("nothing")

    def _read(self) -> None:
        self._board = self._acts.board(self._token)

    def _forget(self) -> None:
        self._token, self._board, self._trouble = "", None, ""

    def _seconds_left(self) -> int | None:
        assert self._board is not None
        ends_at = self._board["room"]["ends_at"]
        return None if ends_at is None else max(0, round((ends_at - self._clock()).total_seconds()))

"""Making action items of comments, ending them, and what to do when somebody was faster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.errors import Conflict, NotFound, ParameterProblem
from workbench.ui.state.parts import Banner

if TYPE_CHECKING:
    from workbench.ui.state.sections.board import BoardState

FIELDS = ("text", "owner", "due_on", "state", "note")
NEW = "new"
LONGEST_TEXT = 1_000
_ENDS = ("done", "dropped", "open")
MESSAGE_PREFIXES = ("review_board.field.", "review_board.state.")


class ActionForm:
    """The form of one action item, new or stored.

    Parameters
    ----------
    state : BoardState
        The section that shows it.

    Attributes
    ----------
    open : str
        The action item that is edited, ``"new"``, or empty.
    comment_id : int or None
        The comment that a new one is made of.
    typed : dict or None
        What was typed and not stored.
    difference : list of tuple
        After a conflict: the field, the value here, and the stored one.
    """

    def __init__(self, state: BoardState) -> None:
        self._state = state
        self.open = ""
        self.comment_id: int | None = None
        self.typed: dict[str, str] | None = None
        self.difference: list[tuple[str, str, str]] = []

    def reopen(self) -> None:
        """Open the form again where unfinished work was kept."""
        state = self._state
        if self.open or not state.may("contributor"):
            return
        kept = state.draft()
        known = {NEW, *(str(number) for number in state.items["action_id"])} if len(state.items) else {NEW}
        if kept and str(kept.get("open")) in known:
            self.open = str(kept["open"])
            self.comment_id = kept.get("comment_id")
            self.typed = {str(name): str(value) for name, value in kept.get("fields", {}).items()}

    def begin(self, comment: str = "") -> None:
        """Show an empty form, or one with the text of a comment."""
        state = self._state
        if not state.may("contributor"):
            return
        self.close()
        self.open = NEW
        known = set(state.comments["comment_id"]) if len(state.comments) else set()
        if comment.isdigit() and int(comment) in known:
            self.comment_id = int(comment)
        state.touch()

    def edit(self, action: str) -> None:
        """Show the form of an action item."""
        self.close()
        if self._state.may("contributor") and self._row(action) is not None:
            self.open = action
        self._state.touch()

    def close(self) -> None:
        """Put the form away."""
        self.open, self.comment_id, self.typed, self.difference = "", None, None, []

    def cancel(self) -> None:
        """Put the form away; what was typed is dropped."""
        self.close()
        self._state.discard_draft()
        self._state.touch()

    def _row(self, action: str) -> dict[str, Any] | None:
        rows = self._state.items
        found = rows[rows["action_id"].astype("str").eq(action)] if len(rows) else rows
        if found.empty:
            return None
        return {str(name): value for name, value in found.iloc[0].items()}

    def _need(self, action: str) -> dict[str, Any]:
        row = self._row(action)
        if row is None:
            raise NotFound("review_board.error.no_action", action=action or "–")
        return row

    # Storing -----------------------------------------------------------------------

    def save(self, fields: dict[str, str]) -> None:
        """Store the form, unless somebody changed the action item since it was opened.

        Raises
        ------
        ParameterProblem
            If something is missing, or the day can't be read.
        """
        state, board = self._state, self._state.project.review.board
        if not self.open:
            return
        self.typed = {name: fields.get(name, "")[: LONGEST_TEXT + 1] for name in (*FIELDS, "row_version")}
        state.keep_draft({"open": self.open, "comment_id": self.comment_id, "fields": self.typed})
        if len(self.typed["text"]) > LONGEST_TEXT:
            raise ParameterProblem(
                "review_board.error.too_long", n=len(fields.get("text", "")), longest=LONGEST_TEXT
            )
        if self.open == NEW:
            if not self.typed["text"].strip():
                raise ParameterProblem("review_board.error.incomplete")
            board.act_on(self.comment_id, self.typed["owner"], self.typed["due_on"], self.typed["text"])
            self._done("review_board.done.added")
            return
        row = self._need(self.open)
        version = self.typed["row_version"]
        changes = {name: self.typed[name] for name in FIELDS if name in fields}
        self._store(changes, int(version) if version.isdigit() else int(row["row_version"]))

    def overwrite(self) -> None:
        """Store what was typed over what somebody else wrote, having seen both."""
        if self.typed is None or self.open in ("", NEW):
            return
        self._state.read_items()
        row = self._need(self.open)
        self.save({**self.typed, "row_version": str(row["row_version"])})

    def keep_theirs(self) -> None:
        """Drop what was typed and show what is stored."""
        self.close()
        self._state.discard_draft()
        self._state.read_items()
        self._state.touch()

    def end(self, action: str, ended: str) -> None:
        """Say that an action item is done, dropped, or open again."""
        state = self._state
        if ended not in _ENDS:
            return
        row = self._need(action)
        try:
            state.project.review.board.change_action(int(action), {"state": ended}, int(row["row_version"]))
        finally:
            # Whatever came of it: shown is what is stored.
            state.read_items()
            state.touch()
        state.screen.banner = Banner("done", "review_board.done.saved", {})

    def _store(self, changes: dict[str, Any], version: int) -> None:
        state = self._state
        try:
            state.project.review.board.change_action(int(self.open), changes, version)
        except Conflict as conflict:
            self.difference = [
                (state.t(f"review_board.field.{name}"), self._shown(name, yours), self._shown(name, theirs))
                for name, (yours, theirs) in conflict.difference.items()
                if name in FIELDS
            ]
            state.read_items()
            state.screen.banner = Banner("error", conflict.key, conflict.values)
            state.touch()
            return
        self._done("review_board.done.saved")

    def _done(self, key: str) -> None:
        state = self._state
        self.close()
        state.discard_draft()
        state.read_items()
        state.screen.banner = Banner("done", key, {})
        state.touch()

    def _shown(self, name: str, value: Any) -> str:
        if name == "state":
            return self._state.t(f"review_board.state.{value}")
        return str(value)[:200] if value not in (None, "") else locale.count(None)

    # Filling the form --------------------------------------------------------------

    def values(self) -> dict[str, Any]:
        """Return the form as a browser takes it: what was typed, else what is stored."""
        state = self._state
        filled: dict[str, Any] = dict.fromkeys(FIELDS, "")
        version = 0
        if self.open == NEW:
            rows = state.comments
            if self.comment_id is not None and len(rows):
                found = rows.loc[rows["comment_id"].eq(self.comment_id), "text"]
                filled["text"] = str(found.iloc[0])[:LONGEST_TEXT] if len(found) else ""
            day = pd.Timestamp(state.project.execution.day()) + pd.Timedelta(days=14)
            filled |= {"due_on": day.date().isoformat(), "state": "open"}
        else:
            row = self._row(self.open) or {}
            filled |= {name: row.get(name, "") for name in FIELDS}
            filled["due_on"] = "" if not row else row["due_on"].isoformat()
            version = int(row.get("row_version", 0))
        if self.typed is not None:
            filled |= {name: self.typed[name] for name in FIELDS if self.typed.get(name)}
            kept = self.typed.get("row_version", "")
            version = int(kept) if kept.isdigit() else version
        return {
            **filled,
            "row_version": version,
            "states": [(each, state.t(f"review_board.state.{each}")) for each in ("open", "done", "dropped")],
            "hint": self._hint(),
        }

    def _hint(self) -> str:
        if self.open != NEW:
            return f"project.review.board.change_action({self.open}, {{…}}, row_version)"
        return f"project.review.board.act_on({self.comment_id}, owner, due_on, text)"

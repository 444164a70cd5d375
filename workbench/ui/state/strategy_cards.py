"""Changing a strategy's card: its checks, and what to do when somebody was faster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import Conflict, NotFound
from workbench.tables import LIFECYCLE_STAGES
from workbench.ui.state.card_fields import (
    ALL,
    AMOUNTS,
    CHANNELS,
    DATES,
    SHARES,
    TEXTS,
    field_label,
    fill_fields,
    read_fields,
    same_value,
    shown_value,
)
from workbench.ui.state.parts import Banner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.ui.state.strategy import StrategyState


class StrategyCards:
    """The form of the chosen card.

    Parameters
    ----------
    state : StrategyState
        The screen that shows it.

    Attributes
    ----------
    open : bool
        Whether the overview's form is shown.
    mine : dict or None
        What was to be saved when somebody else had changed the card first.
    theirs : dict
        Then: the card as they stored it.
    removed : bool
        Then: whether they removed it.
    """

    def __init__(self, state: StrategyState) -> None:
        self._state = state
        self._opened: dict[str, Any] = {}
        self.close()

    def edit(self) -> None:
        """Show the form."""
        state = self._state
        self.open = state.may("analyst") and bool(state.chosen)
        self._opened = dict(state.project.strategy.card(state.chosen)) if self.open else {}
        state.touch()

    def close(self) -> None:
        """Put the form away; what was typed is dropped."""
        self.open, self.removed = False, False
        self.mine: dict[str, Any] | None = None
        self.theirs: dict[str, Any] = {}
        self._base: dict[str, Any] = {}
        self._opened = {}
        self._differing: list[str] = []

    def cancel(self) -> None:
        """Put the form away and draw again."""
        self.close()
        self._state.touch()

    def save(self, fields: Mapping[str, str], base: Mapping[str, Any] | None = None) -> None:
        """Store the form, unless somebody changed the card since it was opened.

        Parameters
        ----------
        fields : mapping of str to str
            What was typed; fields that are absent keep the card's values.
        base : mapping, optional
            The card as the form was filled with it, so that a conflict tells what was
            changed here from what was changed there.

        Raises
        ------
        ParameterProblem
            If a field can't be read.
        """
        state = self._state
        try:
            card = state.project.strategy.card(base["strategy_id"] if base else state.chosen)
        except NotFound:
            if base is None:
                raise
            card = dict(base)
        read, problems = read_fields(fields, base or card, state.lang)
        for problem in problems.values():
            raise problem
        version = fields.get("row_version", "")
        self._base = dict(base or {})
        if base is None and str(self._opened.get("row_version")) == version:
            self._base = self._opened
        changed = {**(base or card), **read}
        self._store(changed, int(version) if version.isdigit() else int(card["row_version"]))

    # Two edits of one card -------------------------------------------------------

    @property
    def difference(self) -> list[tuple[str, str, str]]:
        """The fields in which two edits differ: label, the value here, and the stored one."""
        return [(row["label"], row["mine"], row["theirs"]) for row in self.differences()]

    def differences(self) -> list[dict[str, Any]]:
        """Return the fields in which two edits differ, each with the side that would be kept.

        What was not changed here is theirs until somebody chooses otherwise.
        """
        if self.mine is None:
            return []
        lang, mine, theirs = self._state.lang, self.mine, self.theirs
        return [
            {
                "name": name,
                "label": field_label(name, lang),
                "mine": shown_value(name, mine.get(name), lang),
                "theirs": shown_value(name, theirs.get(name), lang),
                "is_mine": not (self._base and same_value(name, mine.get(name), self._base.get(name))),
            }
            for name in self._differing
        ]

    def merge(self, fields: Mapping[str, str]) -> None:
        """Store their card with those fields of mine that were chosen (``side-<field>``: mine)."""
        if self.mine is None or self.removed:
            return
        stored = self._state.project.strategy.card(str(self.mine["strategy_id"]))
        chosen = {n: self.mine[n] for n in self._differing if fields.get(f"side-{n}") == "mine"}
        if "channels" in chosen:
            chosen["channel"] = chosen["channels"].split(",")[0]
        # What was seen is what is stored: a third edit in between is a conflict again.
        self._store({**stored, **chosen}, int(self.theirs["row_version"]))

    def overwrite(self) -> None:
        """Store what was typed over what somebody else wrote, having seen both."""
        if self.mine is None:
            return
        try:
            stored = self._state.project.strategy.card(str(self.mine["strategy_id"]))
        except NotFound:
            self._store(self.mine, None)
        else:
            self._store(self.mine, int(stored["row_version"]))

    def keep_theirs(self) -> None:
        """Drop what was typed and show the stored card."""
        self.close()
        self._state.load()
        self._state.touch()

    def _store(self, card: dict[str, Any], version: int | None) -> None:
        state = self._state
        try:
            state.project.strategy.save_card(card, version)
        except Conflict as conflict:
            self._lost(card, conflict)
            return
        state.load()
        state.banner = Banner("done", "strategy.done.card", {"strategy": card["strategy_id"]})
        state.touch()

    def _lost(self, card: dict[str, Any], conflict: Conflict) -> None:
        state = self._state
        self.mine, self.removed = card, False
        try:
            self.theirs = state.project.strategy.card(str(card["strategy_id"]))
        except NotFound:
            self.theirs, self.removed = {}, True
        theirs = self.theirs
        names = [] if self.removed else [n for n in ALL if not same_value(n, card.get(n), theirs.get(n))]
        # The first channel is the main one: told once.
        self._differing = [n for n in names if n != "channel" or "channels" not in names]
        state.banner = Banner("error", conflict.key, conflict.values)
        state.touch()

    # Filling the form ------------------------------------------------------------

    def form(self) -> dict[str, Any]:
        """Return the form's values as a browser takes them: what was typed, after a conflict."""
        card = self.mine or self._state.project.strategy.card(self._state.chosen)
        known = fill_fields(card)
        filled: dict[str, Any] = {n: known[n] for n in (*TEXTS, *AMOUNTS, *SHARES, *DATES)}
        chosen = {part.strip() for part in known["lifecycle_stages"].split(",") if part.strip()}
        filled["stages"] = [
            (stage, self._state.word("stage", stage), not chosen or stage in chosen)
            for stage in LIFECYCLE_STAGES
        ]
        filled["channels"] = [
            (c, self._state.word("channel", c)) for c in dict.fromkeys((*CHANNELS, str(card["channel"])))
        ]
        filled["row_version"] = int(card["row_version"])
        return filled

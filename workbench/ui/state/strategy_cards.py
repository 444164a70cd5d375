"""Changing a strategy's card: a form, its checks, and what to do when somebody was faster."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.errors import Conflict, ParameterProblem
from workbench.tables import LIFECYCLE_STAGES
from workbench.ui.state.parts import Banner

if TYPE_CHECKING:
    from workbench.ui.state.strategy import StrategyState

TEXTS = {"name": 80, "objective": 400, "offer": 60, "channel": 40, "script": 1_000, "owner": 80}
NEEDED = ("name", "objective", "offer", "channel")
AMOUNTS = ("value_per_response", "cost_per_contact", "minutes_per_contact")
SHARES = ("expected_response", "control_share")
DATES = ("starts_on", "ends_on")
CHANNELS = ("phone", "sms", "app", "branch", "email")
OPTIONAL = ("minutes_per_contact", "expected_response", "starts_on", "ends_on")
MESSAGE_PREFIXES = ("strategy.field.",)


class StrategyCards:
    """The form of the chosen card.

    Parameters
    ----------
    state : StrategyState
        The screen that shows it.

    Attributes
    ----------
    open : bool
        Whether the form is shown.
    mine : dict or None
        What was to be saved when somebody else had changed the card first.
    difference : list of tuple
        Then: the field, the value here, and the stored one.
    """

    def __init__(self, state: StrategyState) -> None:
        self._state = state
        self.open = False
        self.mine: dict[str, Any] | None = None
        self.difference: list[tuple[str, str, str]] = []

    def edit(self) -> None:
        """Show the form."""
        self.open = self._state.may("analyst") and bool(self._state.chosen)
        self._state.touch()

    def close(self) -> None:
        """Put the form away; what was typed is dropped."""
        self.open, self.mine, self.difference = False, None, []

    def cancel(self) -> None:
        """Put the form away and draw again."""
        self.close()
        self._state.touch()

    def save(self, fields: dict[str, str]) -> None:
        """Store the form, unless somebody changed the card since it was opened.

        Raises
        ------
        ParameterProblem
            If a field can't be read.
        """
        state = self._state
        card = state.project.strategy.card(state.chosen)
        version = fields.get("row_version", "")
        changed = {**card, **self._read(fields)}
        self._store(changed, int(version) if version.isdigit() else int(card["row_version"]))

    def overwrite(self) -> None:
        """Store what was typed over what somebody else wrote, having seen both."""
        if self.mine is not None:
            stored = self._state.project.strategy.card(str(self.mine["strategy_id"]))
            self._store(self.mine, int(stored["row_version"]))

    def keep_theirs(self) -> None:
        """Drop what was typed and show the stored card."""
        self._state.load()
        self._state.touch()

    def _store(self, card: dict[str, Any], version: int) -> None:
        state = self._state
        try:
            state.project.strategy.save_card(card, version)
        except Conflict as conflict:
            self.mine = card
            self.difference = [
                (state.t(f"strategy.field.{name}"), self._shown(name, yours), self._shown(name, theirs))
                for name, (yours, theirs) in conflict.difference.items()
                if name in (*TEXTS, *AMOUNTS, *SHARES, *DATES, "lifecycle_stages")
            ]
            state.banner = Banner("error", conflict.key, conflict.values)
            state.touch()
            return
        state.load()
        state.banner = Banner("done", "strategy.done.card", {"strategy": card["strategy_id"]})
        state.touch()

    # Reading the form ------------------------------------------------------------

    def _read(self, fields: dict[str, str]) -> dict[str, Any]:
        read: dict[str, Any] = {}
        for name, longest in TEXTS.items():
            text = fields.get(name, "").strip()
            if len(text) > longest or (name in NEEDED and not text):
                raise ParameterProblem("strategy.card.bad_text", field=self._label(name), longest=longest)
            read[name] = text
        for name in AMOUNTS:
            read[name] = self._number(name, fields.get(name, ""), 1.0)
        for name in SHARES:
            read[name] = self._number(name, fields.get(name, ""), 100.0)
        for name in DATES:
            read[name] = self._date(name, fields.get(name, ""))
        if (
            read["starts_on"] is not None
            and read["ends_on"] is not None
            and read["ends_on"] < read["starts_on"]
        ):
            raise ParameterProblem("strategy.card.bad_order")
        stages = [stage for stage in LIFECYCLE_STAGES if fields.get(f"stage-{stage}")]
        read["lifecycle_stages"] = "" if len(stages) == len(LIFECYCLE_STAGES) else ",".join(stages)
        return read

    def _number(self, name: str, text: str, whole: float) -> float:
        if not text.strip() and name in OPTIONAL:
            return float("nan")
        try:
            value = float(text.replace(",", "")) / whole
        except ValueError:
            value = float("nan")
        most = (1.0 if name == "expected_response" else 0.95) if name in SHARES else 1e9
        if not 0 <= value <= most:
            raise ParameterProblem("strategy.card.bad_number", field=self._label(name), value=text)
        return value

    def _date(self, name: str, text: str) -> pd.Timestamp | None:
        if not text.strip():
            return None
        try:
            return pd.Timestamp(dt.date.fromisoformat(text.strip()))
        except ValueError as problem:
            raise ParameterProblem("strategy.card.bad_date", field=self._label(name), value=text) from problem

    def _label(self, name: str) -> str:
        return self._state.t(f"strategy.field.{name}")

    def _shown(self, name: str, value: Any) -> str:
        if value is None or value != value or value == "":
            return locale.percent(None)
        if name in SHARES:
            return locale.percent(value)
        if name in DATES:
            return locale.date(value if isinstance(value, str) else pd.Timestamp(value), self._state.lang)
        return f"{value:g}" if isinstance(value, float) else str(value)

    # Filling the form ------------------------------------------------------------

    def form(self) -> dict[str, Any]:
        """Return the form's values as a browser takes them: what was typed, after a conflict."""
        card = self.mine or self._state.project.strategy.card(self._state.chosen)
        filled: dict[str, Any] = {name: card.get(name) or "" for name in TEXTS}
        for name in AMOUNTS:
            filled[name] = _plain(card.get(name), 1.0)
        for name in SHARES:
            filled[name] = _plain(card.get(name), 100.0)
        for name in DATES:
            value = card.get(name)
            filled[name] = "" if value is None or pd.isna(value) else pd.Timestamp(value).date().isoformat()
        chosen = {part.strip() for part in str(card.get("lifecycle_stages") or "").split(",") if part.strip()}
        filled["stages"] = [
            (stage, self._state.word("stage", stage), not chosen or stage in chosen)
            for stage in LIFECYCLE_STAGES
        ]
        filled["channels"] = [
            (c, self._state.word("channel", c)) for c in dict.fromkeys((*CHANNELS, str(card["channel"])))
        ]
        filled["row_version"] = int(card["row_version"])
        return filled


def _plain(value: Any, whole: float) -> str:
    """Return a number as a field shows it, without digits that binary adds."""
    if value is None or value != value:
        return ""
    return f"{float(value) * whole:.6f}".rstrip("0").rstrip(".")

"""What came of a call: chosen, typed, kept, and recorded once."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.errors import ParameterProblem, WorkbenchError
from workbench.execution.cells import read_amounts
from workbench.ui.state.parts import Banner

if TYPE_CHECKING:
    from workbench.execution import Disposition
    from workbench.project.desk import Lease
    from workbench.ui.state.sections.desk import DeskState

ANSWERS = {"": None, "yes": True, "no": False}
FIELDS = ("code", "said", "amount", "note", "call_at", "booked")
LONGEST = 1000
RESERVED = frozenset("ngmsyx")
"""Letters that press something else: next, give back, said, record, yes, no."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class DeskRecord:
    """The form beside a call.

    Parameters
    ----------
    state : DeskState
        The desk.

    Attributes
    ----------
    typed : dict of str to str
        What stands in the form: ``code``, ``said`` (yes, no or empty), ``amount``, ``note``,
        ``call_at`` (this machine's time) and ``booked``.
    """

    def __init__(self, state: DeskState) -> None:
        self._state = state
        self.typed: dict[str, str] = {}
        self._key = ""

    def begin(self, kept: dict[str, Any]) -> None:
        """Begin with what was kept of a half-filled form."""
        self.typed = {name: str(kept[name]) for name in FIELDS if kept.get(name)}
        self._key = secrets.token_hex(16)

    # Filling ---------------------------------------------------------------------

    def choose(self, code: str) -> None:
        """Choose how the call ended; an unknown code changes nothing."""
        codes = self._state.codes()
        if code and (code not in codes or codes[code].retired):
            return
        self.typed["code"] = code
        if code and (codes[code].stops or code == "refused"):
            self.typed["said"] = "no"
        elif not code or not codes[code].reached or codes[code].next != "done":
            self.typed.pop("said", None)
        self._changed()

    def take_from_script(self, code: str, said: str) -> None:
        """Fill in what the script's end says."""
        self.typed |= {"code": code, "said": said}

    def say(self, said: str) -> None:
        """Choose whether the customer said yes; the same again is not known."""
        if said in ANSWERS:
            self.typed["said"] = "" if said == self.typed.get("said") else said
            self._changed()

    def type(self, name: str, value: str) -> None:
        """Keep what is being typed."""
        if name in ("amount", "note", "call_at", "booked") and self._state.lease is not None:
            self.typed[name] = value[:LONGEST]
            self._state.work_on()
            self._state.keep()

    def _changed(self) -> None:
        if self._state.lease is not None:
            self._state.work_on()
            self._state.keep()
        self._state.touch()

    # Recording -------------------------------------------------------------------

    def save(self, number: str, fields: dict[str, str]) -> None:
        """Record what came of the customer at hand, and go on to the next.

        A press that comes twice, or late, finds another customer at hand and does nothing.

        Parameters
        ----------
        number : str
            The lease that the page showed.
        fields : dict
            amount, note, call_at, booked: as they stood in the form.
        """
        state = self._state
        lease, desk = state.lease, state.project.execution.desk
        if lease is None or str(lease.lease_id) != number:
            return
        for name in ("amount", "note", "call_at", "booked"):
            if name in fields:
                self.typed[name] = fields[name][:LONGEST]
        state.keep()
        code = self.typed.get("code", "")
        if not code:
            raise ParameterProblem("execution_desk_page.error.no_code")
        self._refuse_unsaid()
        try:
            self._write(lease, code)
        except WorkbenchError:
            if lease.lease_id not in {each.lease_id for each in desk.mine(state.agent)}:
                # Another page, or whoever took the customer since, has ended it.
                state.let_go()
                state.settle()
            raise
        label = state.project.execution.dispositions.labels(state.lang)[code]
        done = Banner("done", "execution_desk_page.recorded", {"customer": lease.masked_id, "code": label})
        state.screen.results_moved = True
        state.let_go()
        if state.lease is None:
            state.take_next()
        else:
            state.settle()
        state.screen.banner = done

    def _write(self, lease: Lease, code: str) -> None:
        state = self._state
        responded = ANSWERS.get(self.typed.get("said", ""))
        state.project.execution.desk.record(
            lease,
            code,
            key=self._key,
            responded=responded,
            amount=self._amount(responded),
            note=self.typed.get("note", "").strip() if self.keeps_note else "",
            call_at=self._call_at(),
            booked=self._booked(responded),
            agent=state.agent,
            script_version=state.call.version,
            moves=state.call.ended(code),
        )

    def _refuse_unsaid(self) -> None:
        run, missing = self._state.call.run, self._state.call.missing()
        codes = self._state.codes()
        code = codes[self.typed["code"]]
        if run is not None and missing and code.reached and not code.stops:
            raise ParameterProblem("execution_coach.error.unsaid", step=run.at.step_id, sentence=missing[0])

    def _amount(self, responded: bool | None) -> float | None:
        written = self.typed.get("amount", "").strip()
        if not written or not responded:
            return None
        amount = read_amounts(pd.Series([written], dtype="str")).iloc[0]
        if pd.isna(amount):
            raise ParameterProblem("execution.error.amount", value=written)
        return float(amount)

    def _call_at(self) -> dt.datetime | None:
        written = self.typed.get("call_at", "").strip()
        if not written or not self.calls_again:
            return None
        try:
            here = dt.datetime.fromisoformat(written)
        except ValueError as problem:
            raise ParameterProblem("execution_desk_page.error.time", value=written[:40]) from problem
        moment = here.astimezone(dt.UTC).replace(tzinfo=None)
        if moment < self._state.project.store.database.clock():
            raise ParameterProblem("execution_desk_page.error.past", value=written[:40].replace("T", " "))
        return moment

    def _booked(self, responded: bool | None) -> float | None:
        quota = self._state.beside.quota()
        if quota is None or not responded:
            return None
        written = self.typed.get("booked", "").strip() or ("1" if quota["measure"] == "units" else "")
        written = written or self.typed.get("amount", "").strip()
        amount = read_amounts(pd.Series([written], dtype="str")).iloc[0]
        if pd.isna(amount) or amount <= 0:
            raise ParameterProblem("execution_desk_page.error.booked", value=written or "-")
        return float(amount)

    # Shown -----------------------------------------------------------------------

    @property
    def calls_again(self) -> bool:
        """Whether the code chosen asks for another call."""
        codes = self._state.codes()
        code = self.typed.get("code", "")
        return code in codes and codes[code].next == "callback"

    @property
    def keeps_note(self) -> bool:
        """Whether a note is kept: with an answer, or for the next call."""
        return bool(self.typed.get("said")) or self.calls_again

    def codes(self) -> list[dict[str, Any]]:
        """Return the codes that may be recorded, each with a letter that presses it."""
        codes, taken, found = self._state.codes(), set(RESERVED), []
        for code, entry in codes.items():
            if entry.retired:
                continue
            free = (letter for letter in f"{code}{_LETTERS}" if letter.isalpha() and letter not in taken)
            key = next(free, "")
            taken.add(key)
            found.append(
                {
                    "code": code,
                    "label": entry.labels[self._state.lang],
                    "key": key,
                    "chosen": code == self.typed.get("code"),
                    "stops": entry.stops,
                }
            )
        return found

    def blocked(self) -> str:
        """Return why nothing can be recorded yet; empty where it can."""
        state = self._state
        codes = state.codes()
        code = codes.get(self.typed.get("code", ""))
        if code is None:
            return state.t("execution_desk_page.record.choose")
        missing = state.call.missing()
        if missing and code.reached and not code.stops:
            return state.t("execution_desk_page.record.unsaid", sentence=missing[0])
        return ""

    def shown(self) -> dict[str, Any]:
        """Return the form as it is drawn."""
        said = self.typed.get("said", "")
        quota = self._state.beside.quota()
        codes = self._state.codes()
        code = codes.get(self.typed.get("code", ""))
        return {
            **{name: self.typed.get(name, "") for name in FIELDS},
            "codes": self.codes(),
            "asks_yes": self._asks(code),
            "is_yes": said == "yes",
            "keeps_note": self.keeps_note,
            "again": self.calls_again,
            "days": code.days if code is not None else 0,
            "stops": code is not None and code.stops,
            "quota": quota if said == "yes" else None,
            "blocked": self.blocked(),
            "longest": LONGEST,
        }

    @staticmethod
    def _asks(code: Disposition | None) -> bool:
        """Say whether a yes is possible with a code."""
        if code is None or code.stops or code.code == "refused":
            return False
        return code.reached and code.next == "done"

    def hint(self) -> str:
        """Return the Python that records the same."""
        code, said = self.typed.get("code") or "reached", self.typed.get("said", "")
        more = "" if not said else f", responded={ANSWERS[said]}"
        return f'project.execution.desk.record(lease, "{code}", key="…"{more})'


def quota_words(left: float, measure: str, lang: str) -> str:
    """Return what is left of a quota: pieces, or money.

    Examples
    --------
    >>> quota_words(12.0, "units", "en"), quota_words(20000.0, "CNY", "en")
    ('12', '¥20.0k')
    """
    return f"{int(left):,}" if measure == "units" else locale.money(left, lang)

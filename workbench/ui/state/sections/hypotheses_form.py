"""Writing a hypothesis down, or changing it before its data are in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import Conflict, ParameterProblem
from workbench.store.hypotheses import FIELDS, LONGEST
from workbench.tables.hypotheses import DIRECTIONS, MEASURES, RATES
from workbench.ui.state.parts import Banner

if TYPE_CHECKING:
    from workbench.ui.state.sections.hypotheses import HypothesesState

MESSAGE_PREFIXES = (
    "review_hypotheses.measure.",
    "review_hypotheses.direction.",
    "review_hypotheses.field.",
)
NEW = "new"


class HypothesisForm:
    """The form of one hypothesis, new or chosen.

    Parameters
    ----------
    state : HypothesesState
        The section that shows it.

    Attributes
    ----------
    open : str
        The id that is edited, ``"new"``, or empty.
    typed : dict or None
        What was typed and not stored: after a mistake, a conflict or a kernel's death.
    difference : list of tuple
        After a conflict: the field, the value here, and the stored one.
    """

    def __init__(self, state: HypothesesState) -> None:
        self._state = state
        self.open = ""
        self.typed: dict[str, str] | None = None
        self.difference: list[tuple[str, str, str]] = []

    def reopen(self) -> None:
        """Open the form again where unfinished work was kept."""
        if self.open or not self._state.may("analyst"):
            return
        kept = self._state.draft()
        if not kept:
            return
        mine = self._state.frame
        known = mine.loc[mine["cycle_id"].eq(self._state.project.cycle.cycle_id), "hypothesis_id"]
        if kept.get("hypothesis_id") in {NEW, *known}:
            self.open = str(kept["hypothesis_id"])
            self.typed = {str(name): str(value) for name, value in kept.get("fields", {}).items()}

    def add(self) -> None:
        """Show an empty form."""
        self._show(NEW)

    def edit(self) -> None:
        """Show the form of the chosen hypothesis."""
        found = self._state.detail()
        if found is not None and found["editable"]:
            self._show(str(found["id"]))

    def _show(self, hypothesis_id: str) -> None:
        self.close()
        self.open = hypothesis_id if self._state.may("analyst") else ""
        self._state.touch()

    def close(self) -> None:
        """Put the form away."""
        self.open, self.typed, self.difference = "", None, []

    def cancel(self) -> None:
        """Put the form away; what was typed is dropped."""
        self.close()
        self._state.discard_draft()
        self._state.touch()

    def save(self, fields: dict[str, str]) -> None:
        """Store the form, unless somebody changed the hypothesis since it was opened.

        Raises
        ------
        ParameterProblem
            If a field can't be read, no data could decide it, or its data are in.
        """
        state = self._state
        if not self.open:
            return
        self.typed = dict(fields)
        state.keep_draft({"hypothesis_id": self.open, "fields": self.typed})
        row = self._read(fields)
        hypotheses = state.project.review.hypotheses
        name = self.open
        if name == NEW:
            name = hypotheses.add(**row)
        else:
            version = fields.get("row_version", "")
            try:
                hypotheses.save(name, row, int(version) if version.isdigit() else 0)
            except Conflict as conflict:
                self.difference = [
                    (state.t(f"review_hypotheses.field.{field}"), str(yours)[:300], str(theirs)[:300])
                    for field, (yours, theirs) in conflict.difference.items()
                ]
                state.screen.banner = Banner("error", conflict.key, conflict.values)
                state.touch()
                return
        self.close()
        state.discard_draft()
        state.load()
        state.chosen = f"{state.project.cycle.cycle_id} {name}"
        exploratory = hypotheses.one(name)["exploratory"]
        key = "review_hypotheses.done.late" if exploratory else "review_hypotheses.done.saved"
        state.screen.banner = Banner("warn" if exploratory else "done", key, {"hypothesis": name})
        if state.project.review.artefact() is not None:
            state.refresh()
        state.touch()

    def overwrite(self) -> None:
        """Store what was typed over what somebody else wrote, having seen both."""
        if self.typed is not None and self.open not in ("", NEW):
            stored = self._state.project.review.hypotheses.one(self.open)
            self.difference = []
            self.save({**self.typed, "row_version": str(stored["row_version"])})

    def keep_theirs(self) -> None:
        """Drop what was typed and show the stored hypothesis."""
        self.close()
        self._state.discard_draft()
        self._state.load()
        self._state.touch()

    def withdraw(self, reason: str) -> None:
        """Take the chosen hypothesis back, before its data are in.

        Raises
        ------
        ParameterProblem
            If there is no reason, or its data are in.
        """
        state = self._state
        found = state.detail()
        if found is None or not found["editable"]:
            return
        state.project.review.hypotheses.withdraw(str(found["id"]), reason)
        self.close()
        state.discard_draft()
        state.load()
        state.screen.banner = Banner("done", "review_hypotheses.done.withdrawn", {"hypothesis": found["id"]})
        state.touch()

    # Reading and filling ---------------------------------------------------------

    def _read(self, fields: dict[str, str]) -> dict[str, Any]:
        text = fields.get("threshold", "").strip().replace(",", "").replace("，", "").replace("−", "-")
        try:
            threshold = float(text.rstrip("%") or 0)
        except ValueError as problem:
            raise ParameterProblem("review_hypotheses.form.bad_threshold", value=text[:40]) from problem
        outcome = fields.get("outcome", "")
        # People write 2 for two points, and for 2%.
        threshold = round(threshold / 100, 10) if outcome in RATES else threshold
        return {
            "sentence": fields.get("sentence", ""),
            "outcome": outcome,
            "segment": fields.get("segment", ""),
            "direction": fields.get("direction", ""),
            "threshold": threshold,
            "strategy_id": fields.get("strategy_id", ""),
        }

    def values(self) -> dict[str, Any]:
        """Return the form as a browser takes it: what was typed, else what is stored."""
        state = self._state
        hypotheses = state.project.review.hypotheses
        filled: dict[str, Any] = {"outcome": MEASURES[0], "direction": DIRECTIONS[0], "threshold": "0"}
        version = 0
        if self.open != NEW:
            stored = hypotheses.one(self.open)
            filled = {name: stored[name] for name in FIELDS}
            shown = stored["threshold"] * (100 if stored["outcome"] in RATES else 1)
            filled["threshold"] = f"{shown:g}"
            version = int(stored["row_version"])
        if self.typed is not None:
            filled |= {name: self.typed[name] for name in FIELDS if name in self.typed}
            kept = self.typed.get("row_version", "")
            version = int(kept) if kept.isdigit() else version
        return {
            **dict.fromkeys(FIELDS, ""),
            **filled,
            "row_version": version,
            "longest": LONGEST,
            "outcomes": [(name, state.t(f"review_hypotheses.measure.{name}")) for name in MEASURES],
            "directions": [(name, state.t(f"review_hypotheses.direction.{name}")) for name in DIRECTIONS],
            "segments": [(name, state.screen.shown_segment(name)) for name in hypotheses.segments()],
            "strategies": [(name, state.strategy_name(name)) for name in hypotheses.strategies()],
        }

    def python(self) -> str:
        """Return the Python that does the same."""
        if self.open == NEW:
            return 'project.review.hypotheses.add("…", outcome="uplift", direction="up", strategy_id="S1")'
        return f"project.review.hypotheses.save({self.open!r}, {{…}}, expected_version=…)"

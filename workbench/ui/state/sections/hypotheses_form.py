"""Writing a hypothesis down, or changing it before its data are in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import Conflict, ParameterProblem
from workbench.store.hypotheses import FIELDS, LONGEST
from workbench.tables.hypotheses import DIRECTIONS, MEASURES, RATES
from workbench.ui.state.parts import Banner
from workbench.ui.state.sections.record_form import NEW, RecordForm

if TYPE_CHECKING:
    from workbench.ui.state.sections.hypotheses import HypothesesState

MESSAGE_PREFIXES = (
    "review_hypotheses.measure.",
    "review_hypotheses.direction.",
    "review_hypotheses.field.",
)


class HypothesisForm(RecordForm):
    """The form of one hypothesis, new or chosen."""

    id_name = "hypothesis_id"
    _state: HypothesesState

    def known(self) -> list[str]:
        """Return the cycle's own hypotheses."""
        mine = self._state.frame
        here = mine["cycle_id"].eq(self._state.project.cycle.cycle_id)
        return [str(name) for name in mine.loc[here, "hypothesis_id"]]

    def stored(self, row_id: str) -> dict[str, Any]:
        """Return a stored hypothesis."""
        return dict(self._state.project.review.hypotheses.one(row_id))

    def edit(self) -> None:
        """Show the form of the chosen hypothesis."""
        found = self._state.detail()
        if found is not None and found["editable"]:
            self.show(str(found["id"]))

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
        self.keep_typed(fields)
        row = read_hypothesis(fields)
        hypotheses = state.project.review.hypotheses
        name = self.open
        if name == NEW:
            name = hypotheses.add(**row)
        else:
            version = fields.get("row_version", "")
            try:
                hypotheses.save(name, row, int(version) if version.isdigit() else 0)
            except Conflict as conflict:
                rows = [
                    (state.t(f"review_hypotheses.field.{field}"), str(yours)[:300], str(theirs)[:300])
                    for field, (yours, theirs) in conflict.difference.items()
                ]
                self.show_conflict(conflict, rows)
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

    # Filling the form ---------------------------------------------------------

    def values(self) -> dict[str, Any]:
        """Return the form as a browser takes it: what was typed, else what is stored."""
        state = self._state
        hypotheses = state.project.review.hypotheses
        filled: dict[str, Any] = {"outcome": MEASURES[0], "direction": DIRECTIONS[0], "threshold": "0"}
        version = 0
        if self.open != NEW:
            stored = self.stored(self.open)
            filled = {name: stored[name] for name in FIELDS}
            shown = stored["threshold"] * (100 if stored["outcome"] in RATES else 1)
            filled["threshold"] = f"{shown:g}"
            version = int(stored["row_version"])
        filled, version = self.fill(FIELDS, filled, version)
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


def read_hypothesis(fields: dict[str, str]) -> dict[str, Any]:
    """Return a hypothesis as it was typed into a form: sentence, outcome, segment, direction, threshold.

    Raises
    ------
    ParameterProblem
        If the threshold is not a number.
    """
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

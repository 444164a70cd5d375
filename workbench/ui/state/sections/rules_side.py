"""The overview's block "As a rule": the chosen segment told as a rule."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workbench.insight import Rule
from workbench.ui import request

if TYPE_CHECKING:
    from workbench.ui.state.insight import InsightState


def side_rule(state: InsightState) -> dict[str, Any] | None:
    """Return the focused segment's stored rule: formula, sentence, held-out figures; None without."""
    segmentation = state.segmentation
    if segmentation is None:
        return None
    clusters = segmentation.segments.set_index("segment")["cluster"]
    if state.focus not in clusters.index:
        return None
    kept = state.__dict__.get("_segment_rules")
    if kept is None or kept[0] is not segmentation:
        kept = state.__dict__["_segment_rules"] = (segmentation, state.project.insight.rules.segment_rules())
    table = kept[1]
    mine = table[table["cluster"] == clusters[state.focus]]
    if mine.empty:
        return None
    row = mine.iloc[0]
    return {
        "segment": state.focus,
        "formula": row["formula"],
        "sentence": Rule.from_dict(json.loads(row["rule_json"])).describe(state.lang),
        "precision": row["precision"],
        "coverage": row["coverage"],
        "n": int(row["n_held_out"]),
        "editable": state.may("analyst") and not request.is_published() and "rules" in state.homes,
    }


def edit_as_rule(state: InsightState, segment: str) -> None:
    """Open the section of rules with a segment's rule added to the draft."""
    from workbench.ui.state.sections.rules import RulesState

    state.open_section("rules")
    section = state.current_section
    if isinstance(section, RulesState):
        section.edit_segment(segment)

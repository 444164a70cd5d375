"""The rules as a table in words, and what each says of the chosen strategy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workbench import locale
from workbench.review.rule_words import (
    name_figure,
    name_threshold,
    state_condition,
    trace_rules,
    write_figure,
    write_threshold,
)
from workbench.ui.state.review_decisions import ReviewDecisions

if TYPE_CHECKING:
    from workbench.review.rules import Rule
    from workbench.ui.state.sections.advice import AdviceState

MESSAGE_PREFIXES = ("review_advice.does.", "review_advice.does_field.", "review_advice.prior_from.")
_UNSAID = ("script", "channels")


class AdviceRules:
    """The rules of one state of the section, in the reader's words.

    Parameters
    ----------
    section : AdviceState
        Whose rules are shown.
    """

    def __init__(self, section: AdviceState) -> None:
        self._section = section

    def fired(self) -> dict[str, int]:
        """Return the position of the rule that fired, by strategy_id."""
        section = self._section
        return {name: section.rules.position(figures) for name, figures in section.figures.items()}

    def rows(self) -> list[dict[str, Any]]:
        """Return one row a rule: conditions and change in words, and the strategies it fired for."""
        section = self._section
        fired, slots = self.fired(), section.screen.figures.slots() if len(section.screen.cards) else {}
        names = section.names()
        rows = []
        for position, rule in enumerate(section.rules.rules):
            mine = [name for name, at in fired.items() if at == position]
            rows.append(
                {
                    "position": position + 1,
                    "id": rule.id,
                    "tag": section.action(rule.action),
                    "conditions": [
                        state_condition(each, section.rules.thresholds, section.lang)
                        for each in rule.conditions
                    ],
                    "does": self.does(rule),
                    "strategies": [
                        {
                            "id": name,
                            "name": names.get(name, ""),
                            "slot": slots.get(name, 0),
                            "chosen": name == section.chosen,
                        }
                        for name in mine
                    ],
                }
            )
        return rows

    def does(self, rule: Rule) -> str:
        """Return what a rule would change, before its figures are known."""
        section = self._section
        parts = []
        for name, value in rule.change.items():
            if name in _UNSAID or value is False:
                continue
            if isinstance(value, dict) and "field" in value:
                key = f"review_advice.does_field.{name}"
                known = key in locale.keys(section.lang)
                parts.append(section.t(key) if known else name_figure(value["field"], section.lang))
                continue
            if isinstance(value, dict):
                value = section.rules.thresholds[value["threshold"]]
            parts.append(section.t(f"review_advice.does.{name}", value=self._plain(name, value)))
        return section.t("review_advice.does.joint").join(parts) or section.t("review_room.change.nothing")

    def _plain(self, name: str, value: Any) -> str:
        if name == "control_share":
            return locale.percent(value)
        if isinstance(value, (bool, str)):
            return str(value)
        return f"{value:.10g}"

    def thresholds(self) -> list[dict[str, str]]:
        """Return the thresholds in words, with their values."""
        section = self._section
        return [
            {
                "name": name,
                "label": name_threshold(name, section.lang),
                "shown": write_threshold(name, value, section.lang),
            }
            for name, value in section.rules.thresholds.items()
        ]

    # The chosen strategy -------------------------------------------------------------------

    def detail(self) -> dict[str, Any] | None:
        """Return the chosen strategy: its rule, every rule tried before it, figures, decision."""
        section = self._section
        name = section.chosen
        if name not in section.figures:
            return None
        row, shown = section.row(name), section.shown(name)
        status = str(row.get("status", "open"))
        decisions = ReviewDecisions(section.screen)
        tried = self._tried(name, shown)
        is_open = status == "open"
        stored = "recommendation_id" in row
        return {
            "id": name,
            "name": section.names().get(name, ""),
            "slot": section.screen.figures.slots().get(name, 0),
            "tag": section.action(str(row["action"])),
            "reason": section.reason(name),
            "rule": row["rule"],
            "tried": tried[:-1],
            "fired": tried[-1],
            "evidence": decisions.evidence(row),
            "rate": None if row["action"] == "stop" else self._rate(name, shown),
            "changes": section.differences.of(name),
            "caveats": section.caveats(name),
            "recommendation": row.get("recommendation_id", ""),
            "rules": json.loads(row["evidence"]).get("rules", "")[:8],
            "status": status,
            "decided": "" if is_open else decisions.decided(row),
            "why": "" if is_open else (row.get("decision_reason") or ""),
            "may_decide": section.is_desk and stored and is_open and section.project.cycle.state != "closed",
            "may_reopen": section.is_desk and not is_open and self._may_reopen(),
        }

    def _may_reopen(self) -> bool:
        section = self._section
        if section.project.cycle.state == "closed":
            return False
        after = section.screen.next_cycle()
        return after is None or section.project.at(after[0]).strategy.lists().empty

    def _tried(self, name: str, shown: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the rules tried for a strategy, each with its conditions and figures."""
        section = self._section
        traced = trace_rules(section.rules, section.figures[name])
        found = []
        for position in sorted(set(traced["position"])):
            part = traced[traced["position"].eq(position)]
            rule = section.rules.rules[position]
            lines = []
            for one in part.to_dict("records"):
                if one["condition"] < 0:
                    continue
                condition = rule.conditions[one["condition"]]
                value = write_figure(one["field"], one["value"], section.lang)
                if one["value"] is not None and one["field"] not in shown:
                    value = section.t("review.hidden")
                lines.append(
                    {
                        "said": state_condition(condition, section.rules.thresholds, section.lang),
                        "value": value,
                        "against": self._against(condition, one["against"], shown),
                        "holds": bool(one["holds"]),
                    }
                )
            found.append({"id": rule.id, "tag": section.action(rule.action), "lines": lines})
        return found

    def _against(self, condition: Any, against: Any, shown: dict[str, Any]) -> str:
        """Return the other figure where two are compared; thresholds are in the sentence."""
        if condition.source != "field_of":
            return ""
        other = str(condition.operand)
        if against is not None and other not in shown:
            return self._section.t("review.hidden")
        return write_figure(other, against, self._section.lang)

    def _rate(self, name: str, shown: dict[str, Any]) -> dict[str, str] | None:
        """Return what the responses make of the planned rate; None where it may not be seen."""
        section = self._section
        known = [shown.get(each) for each in ("posterior_mean", "posterior_low", "posterior_high")]
        if any(each is None or each != each for each in known):
            return None
        weight = section.rules.thresholds.get("prior_weight", 0.0)
        source = str(section.figures[name].get("prior_from", "planned"))
        planned = shown.get("planned_rate")
        low, high = (locale.percent(each) for each in known[1:])
        return {
            "planned": locale.percent(planned),
            "learned": locale.percent(known[0]),
            "said": section.t(
                f"review_advice.prior_from.{source}",
                planned=locale.percent(planned),
                weight=locale.count(weight, section.lang),
                n=locale.count(shown.get("n"), section.lang),
                learned=locale.percent(known[0]),
                low=low,
                high=high,
            ),
        }

"""What acceptance changes on the next cycle's cards, and what came onto this cycle's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.review.recommendation_words import name_words
from workbench.tables import LIFECYCLE_STAGES
from workbench.ui.state.review_marks import write_change

if TYPE_CHECKING:
    from workbench.ui.state.sections.advice import AdviceState

MESSAGE_PREFIXES = ("review_advice.field.", "review_advice.scored.", "review.status.")


class AdviceChanges:
    """Fields of cards before and after, in the reader's words.

    Parameters
    ----------
    section : AdviceState
        Whose recommendations are accepted, or could be.
    """

    def __init__(self, section: AdviceState) -> None:
        self._section = section
        self._cards: pd.DataFrame | None = None
        self._kept: dict[bool, tuple[pd.DataFrame, str, list[dict[str, Any]]]] = {}

    def forget(self) -> None:
        """Read the cards again when they are next needed."""
        self._cards, self._kept = None, {}

    def of(self, strategy_id: str) -> list[dict[str, Any]]:
        """Return what acceptance of one recommendation changes."""
        return [row for row in self.rows() if row["id"] == strategy_id]

    def rows(self) -> list[dict[str, Any]]:
        """Return every change that acceptance makes, or made."""
        return self._told(self._section.changed)

    def carried(self) -> list[dict[str, Any]]:
        """Return what came onto this cycle's cards from the review before."""
        return self._told(self._section.carried, came=True)

    def _told(self, frame: pd.DataFrame, came: bool = False) -> list[dict[str, Any]]:
        kept = self._kept.get(came)
        if kept is None or kept[0] is not frame or kept[1] != self._section.lang:
            self._kept[came] = kept = (frame, self._section.lang, self._tell(frame, came))
        return kept[2]

    def _tell(self, frame: pd.DataFrame, came: bool) -> list[dict[str, Any]]:
        section = self._section
        if frame.empty:
            return []
        names, found = section.names(), []
        rows = frame.to_dict("records")
        priors = {(row["strategy_id"], row["field"]): row["after"] for row in rows}
        for row in rows:
            name, field = str(row["strategy_id"]), str(row["field"])
            together = field == "prior_a" and (name, "expected_response") in priors
            hidden = self._is_hidden(name, field, came)
            if field == "prior_b" or together or (hidden and field == "prior_a"):
                continue
            before, after = self._write(field, row["before"]), self._write(field, row["after"])
            if hidden:
                after = section.t("review.hidden")
            if field == "prior_a":
                before, after = "–", _beta(row["after"], priors.get((name, "prior_b")))
            if field == "strategy_id":
                before = names.get(name, name)
                after = section.t("review_advice.changes.ends")
            about = self._cells(row)
            if (
                field == "expected_response"
                and (name, "prior_a") in priors
                and not self._is_hidden(name, "prior_a", came)
            ):
                prior = _beta(priors[name, "prior_a"], priors.get((name, "prior_b")))
                about = section.t("review_advice.changes.prior", prior=prior)
            status = str(row.get("status", ""))
            found.append(
                {
                    "id": name,
                    "name": names.get(name, ""),
                    "field": section.t(f"review_advice.field.{field}"),
                    "before": before,
                    "after": after,
                    "cells": about,
                    "tag": section.action(str(row["action"])),
                    "rule": row["rule"],
                    "status": status,
                    "status_word": section.t(f"review.status.{status}")
                    if status in ("accepted", "rejected")
                    else "",
                    "holds": bool(row.get("holds", True)),
                }
            )
        return found

    def _is_hidden(self, strategy_id: str, field: str, came: bool) -> bool:
        """Say whether a learned rate would tell how few responded."""
        section = self._section
        if section.is_desk or field not in ("expected_response", "prior_a"):
            return False
        if came:
            # What the card plans is read in Strategy too; its prior would give the counts away.
            return field == "prior_a"
        return strategy_id in section.figures and "posterior_mean" not in section.shown(strategy_id)

    def _write(self, field: str, value: Any) -> str:
        return write_change(field, value, self._section.lang) if field != "strategy_id" else str(value or "")

    def _cells(self, row: dict[Any, Any]) -> str:
        """Return which cells of the strategy map lose the strategy."""
        section = self._section
        field = str(row["field"])
        if field not in ("strategy_id", "lifecycle_stages") or row["after"] == row["strategy_id"]:
            return ""
        cards = section.project.strategy.cards() if self._cards is None else self._cards
        self._cards = cards
        mine = cards[cards["strategy_id"].eq(row["strategy_id"])]
        before = row["before"] if field == "lifecycle_stages" else None
        if field == "strategy_id":
            if mine.empty:
                return ""
            before = mine["lifecycle_stages"].iloc[0]
        there = str(before).split(",") if before else list(LIFECYCLE_STAGES)
        left = str(row["after"]).split(",") if field == "lifecycle_stages" and row["after"] else []
        lost = [stage.strip() for stage in there if stage.strip() not in {each.strip() for each in left}]
        if not lost:
            return ""
        stages = name_words("lifecycle_stages", ",".join(lost), section.lang)
        return section.t("review_advice.changes.cells", stages=stages)

    def scored(self) -> list[dict[str, str]]:
        """Return what the strategies of this cycle's plan are scored by, counted."""
        section = self._section
        found = []
        for by in ("model", "review", "plan"):
            ids = [name for name, how in section.scored.items() if how == by]
            if ids:
                found.append({"by": section.t(f"review_advice.scored.{by}"), "ids": ", ".join(ids)})
        return found


def _beta(a: Any, b: Any) -> str:
    if a is None or b is None or a != a or b != b:
        return locale.count(None)
    return f"Beta({a:,.0f}, {b:,.0f})"

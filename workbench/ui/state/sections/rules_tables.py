"""The tables of the rules' section: pairs of rules, and rules against clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.insight.rules.patterns import NO_CLUSTER
from workbench.insight.rules.publication import REST

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.insight import RuleEvaluation
    from workbench.project.rulebook import StoredEvaluation
    from workbench.project.segmentation import Segmentation

MATRIX_RULES = 12
"""Rules that the tables of pairs and of clusters show; more would not be read."""


class RulesTables:
    """What `RulesState` draws as tables."""

    # What `RulesState` brings.
    kept: StoredEvaluation | None
    segmentation: Segmentation | None
    lang: str
    coverage_of: Callable[..., pd.DataFrame]
    slot: Callable[[str], int]
    t: Callable[..., str]
    rule_name: Callable[[str], str]

    @property
    def hides(self) -> bool:
        """Whether small numbers are hidden."""
        raise NotImplementedError

    @property
    def evaluation(self) -> RuleEvaluation | None:
        """What is shown."""
        raise NotImplementedError

    def overlap_rows(self) -> tuple[list[str], list[dict[str, Any]]]:
        """Return the rules of the overlap table, and its rows with a cell for each rule."""
        found = self.evaluation
        if found is None or len(found.rules) < 2:
            return [], []
        names = [rule.name for rule in found.rules][:MATRIX_RULES]
        pairs = self.kept.published["overlap"] if self.hides and self.kept else found.overlap
        sizes = self.coverage_of(found)["n_matched"]
        known: dict[tuple[str, str], dict[str, Any]] = {}
        for row in pairs.to_dict("records"):
            hidden = bool(pd.isna(row["n"]))
            shade = 0 if hidden or pd.isna(row["share"]) else _shade(float(row["share"]))
            cell = {
                "n": None if hidden else int(row["n"]),
                "hidden": hidden,
                "shade": shade,
                "conflict": row["conflict"],
            }
            known[row["rule"], row["other"]] = known[row["other"], row["rule"]] = cell
        rows = []
        for name in names:
            cells = []
            for other in names:
                own = sizes.get(name)
                diagonal = {"n": None if pd.isna(own) else int(own), "hidden": bool(pd.isna(own))}
                cells.append(
                    {**diagonal, "shade": 0, "conflict": False, "own": True}
                    if name == other
                    else {**known[name, other], "own": False}
                )
            rows.append({"name": self.rule_name(name), "cells": cells})
        return [self.rule_name(name) for name in names], rows

    def conflict_rows(self, most: int = 5) -> list[dict[str, Any]]:
        """Return the pairs of rules that claim the same customers for different segments."""
        found = self.evaluation
        if found is None:
            return []
        pairs = self.kept.published["overlap"] if self.hides and self.kept else found.overlap
        rows = pairs[pairs["conflict"] & pairs["n"].notna() & (pairs["n"] > 0).fillna(False)]
        rows = rows.sort_values("n", ascending=False, kind="stable").head(most)
        return [
            {
                "winner": self.rule_name(str(row.rule)),
                "other": self.rule_name(str(row.other)),
                "n": int(str(row.n)),
                "share": float(str(row.share)),
            }
            for row in rows.itertuples()
        ]

    def crosstab_rows(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return the clusters of the cross-tab, and its rows: rules, none, total."""
        found = self.evaluation
        kept = self.__dict__.get("_drawn_crosstab")
        if kept is None or kept[0] is not found or kept[1] != self.lang:
            kept = self.__dict__["_drawn_crosstab"] = (found, self.lang, self._crosstab(found))
        return kept[2]

    def _crosstab(self, found: RuleEvaluation | None) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        if found is None or self.segmentation is None or len(found.rules) > MATRIX_RULES:
            return [], []
        if self.hides and self.kept is not None:
            table, labels = self.kept.published["crosstab"], self.kept.clusters
        else:
            table, labels = _with_totals(found.crosstab), self._labels()
        numbers = [int(one) for one in table["cluster"].dropna().unique() if int(one) != NO_CLUSTER]
        if not numbers:
            return [], []
        names = {row.segment: row for row in self.segmentation.segments.itertuples()}
        columns = []
        for number in numbers:
            label = labels.get(number, str(number))
            row = names.get(label)
            chinese = getattr(row, "segment_zh", "") if self.lang == "zh_CN" and row is not None else ""
            columns.append({"name": chinese or label, "slot": self.slot(label), "cluster": number})
        cells = {
            (_key(row.rule), _number(row.cluster)): None if row.hidden else int(str(row.n))
            for row in table.itertuples()
        }
        order = [*dict.fromkeys(_key(rule) for rule in table["rule"])]
        rows = [self._crosstab_row(rule, numbers, cells) for rule in order]
        return columns, rows

    def _crosstab_row(
        self, rule: str | None, numbers: list[int], cells: dict[tuple[str | None, int | None], int | None]
    ) -> dict[str, Any]:
        titles = {
            None: "insight_rules.cross.all",
            "": "insight_rules.cross.none",
            REST: "insight_rules.cross.rest",
        }
        total = cells.get((rule, None))
        found = []
        for number in numbers:
            n = cells.get((rule, number))
            shade = _shade(n / total) if n and total and rule is not None else 0
            found.append({"n": n, "hidden": n is None, "shade": shade})
        name = self.t(titles[rule]) if rule in titles else self.rule_name(str(rule))
        return {"name": name, "cells": found, "total": total, "last": rule is None, "none": rule == ""}

    def _labels(self) -> dict[int, str]:
        assert self.segmentation is not None
        rows = self.segmentation.segments
        return dict(zip(rows["cluster"].astype(int), rows["segment"], strict=True))


def _with_totals(crosstab: pd.DataFrame) -> pd.DataFrame:
    """Return the cross-tab with totals, as `published_crosstab` has them, nothing hidden."""
    rows = crosstab.groupby("rule", sort=False)[["n"]].sum().reset_index()
    columns = crosstab.groupby("cluster", sort=False)[["n"]].sum().reset_index()
    whole = pd.DataFrame({"n": [crosstab["n"].sum()]})
    return pd.concat([crosstab, rows, columns, whole], ignore_index=True).assign(hidden=False)


def _shade(share: float) -> int:
    """Return the step of the sequential scale, 1 to 6; 0 for nothing."""
    if share <= 0:
        return 0
    for step, limit in enumerate((0.03, 0.1, 0.2, 0.35, 0.55), 1):
        if share < limit:
            return step
    return 6


def _key(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)

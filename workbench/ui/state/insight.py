"""What the insight screen does: who the customers are, by segment and stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import traitlets

from workbench import locale
from workbench.errors import NotFound
from workbench.insight import count_by_lifecycle, hide_small_cells, summarise_segments
from workbench.tables import LIFECYCLE_STAGES, TIERS
from workbench.ui import request
from workbench.ui.state.base import NOTEBOOKS
from workbench.ui.state.insight_findings import InsightFindings
from workbench.ui.state.insight_reshaping import Reshaping
from workbench.ui.state.parts import Button, Heading, Kpi
from workbench.ui.state.sections import INSIGHT
from workbench.ui.state.sections.tabs import SectionedState

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.project.migration import VersionComparison
    from workbench.project.segmentation import Segmentation

WANTED = ("customer_id", "region", "tier", "lifecycle_stage", "balance_total", "age", "tenure")
MEMBER = ["customer_id", "cluster", "segment"]
WEAK_STAGES = ("decline", "dormant", "lost")
MESSAGE_PREFIXES = ("insight.lifecycle.", "insight.tier.", "insight.section.")


class InsightState(SectionedState, Reshaping):
    """The insight screen: filters, a chosen segment, and the figures of both.

    Attributes
    ----------
    region, tier, lifecycle : str
        Filters; empty shows all.
    selected : str
        The chosen segment's name as approved; empty before a choice.
    stage_chosen : str
        With `selected`, the chosen cell of the lifecycle table.
    outline : list of [float, float]
        What was drawn around in the picture; those inside are the chosen group.
    lasso_on : bool
        Whether a finger on the picture draws instead of scrolling.
    top_share : int
        Percent of customers, by balances, who stand out in the picture; 100 is everyone.
    """

    stage = "insight"
    homes = INSIGHT
    region = traitlets.Unicode("")
    tier = traitlets.Unicode("")
    lifecycle = traitlets.Unicode("")
    selected: Any = traitlets.Unicode("")
    stage_chosen: Any = traitlets.Unicode("")
    outline: Any = traitlets.List()
    lasso_on = traitlets.Bool(False)
    top_share: Any = traitlets.Int(100, min=1, max=100)

    def __init__(self, project: Any, **traits: Any) -> None:
        self.segmentation: Segmentation | None = None
        self.previous: Segmentation | None = None
        self.customers = pd.DataFrame()
        self._kept: dict[str, Any] = {}
        super().__init__(project, **traits)
        self.observe(self._changed, ["region", "tier", "lifecycle"])
        self.observe(lambda _: self.touch(), ["selected", "lasso_on"])

    @traitlets.observe("lang")
    def _said_anew(self, _: Any) -> None:
        # Declared on the class, so that it runs before anything is drawn in the new language.
        self._kept.clear()

    def _changed(self, _: Any) -> None:
        self._kept.clear()
        self.touch()

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        """Compute a table once for the filters in force."""
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]

    # Reading ---------------------------------------------------------------------

    def load(self) -> None:
        """Read the cycle's segmentation and portrait, and what the open section shows."""
        self._kept.clear()
        self.segmentation = self.previous = None
        self.customers = pd.DataFrame()
        try:
            self._load_segmentation()
        finally:
            self.read_sections_again()

    def _load_segmentation(self) -> None:
        try:
            self.segmentation = self.project.insight.segmentation()
        except NotFound:
            return
        portrait = self.project.customers(columns=list(WANTED))
        self.customers = portrait.merge(self.segmentation.membership, on="customer_id", how="inner")
        if self.selected not in set(self.segmentation.segments["segment"]):
            self.selected = ""
        self.previous = self._previous_segmentation(self.segmentation.version)

    def _previous_segmentation(self, version: int) -> Segmentation | None:
        versions = self.project.insight.versions()
        older = versions[versions["version"] < version]
        if older.empty:
            return None
        return self.project.insight.segmentation(int(older["version"].max()))

    # Filters and selection -------------------------------------------------------

    def choices(self, column: str) -> list[tuple[str, str]]:
        """Return the choices of a filter as (shown, value), "all" first."""
        if column not in self.customers:
            return [(self.t("insight.all"), "")]
        present = set(self.customers[column].dropna().unique())
        if column == "lifecycle_stage":
            found = [(self.t(f"insight.lifecycle.{v}"), v) for v in LIFECYCLE_STAGES if v in present]
        elif column == "tier":
            found = [(self.t(f"insight.tier.{v}"), v) for v in TIERS if v in present]
        else:
            found = [(v, v) for v in sorted(present)]
        return [(self.t("insight.all_n", n=len(found)), ""), *found]

    def shown(self) -> pd.DataFrame:
        """Return the customers that the filters leave."""
        return self._once("shown", self._filtered)

    def _filtered(self) -> pd.DataFrame:
        rows = self.customers
        filters = {"region": self.region, "tier": self.tier, "lifecycle_stage": self.lifecycle}
        for column, value in filters.items():
            if value and column in rows:
                rows = rows[rows[column] == value]
        return rows

    def select(self, segment: str = "") -> None:
        """Choose a segment, or none."""
        known = set() if self.segmentation is None else set(self.segmentation.segments["segment"])
        again = segment == self.selected and not self.is_group
        self._choose(segment if segment in known and not again else "")

    @property
    def focus(self) -> str:
        """The segment the side panel shows: the chosen one, else the one of the finding."""
        if self.selected:
            return self.selected
        summary = self.summary()
        return "" if summary.empty else str(summary.iloc[0]["segment"])

    # Figures ---------------------------------------------------------------------

    def segments(self) -> pd.DataFrame:
        """Return the segments with the name that this language shows, as column ``shown``."""
        return self._once("segments", self._named)

    def _named(self) -> pd.DataFrame:
        assert self.segmentation is not None
        rows = self.segmentation.segments.copy()
        rows["shown"] = rows["segment"]
        if self.lang == "zh_CN" and "segment_zh" in rows:
            rows["shown"] = rows["segment_zh"].where(rows["segment_zh"].fillna("") != "", rows["segment"])
        return rows

    def shown_name(self, segment: str) -> str:
        """Return a segment's name in the screen's language."""
        rows = self.segments().set_index("segment")
        return str(rows.at[segment, "shown"]) if segment in rows.index else segment

    def summary(self) -> pd.DataFrame:
        """Return one row a segment of the customers shown, the largest share of balances first."""
        return self._once("summary", self._summarised)

    def _summarised(self) -> pd.DataFrame:
        rows = self.shown()
        if rows.empty:
            return pd.DataFrame(columns=["segment"])
        summary = summarise_segments(rows, rows[MEMBER])
        # A segment that the filters leave too few of is left out: its figures are persons.
        summary = summary[summary["n"] >= self.project.small_cell]
        extra = self.segments()[["segment", "shown", "slot"]]
        by = "share_balance" if summary["share_balance"].notna().any() else "share_customers"
        return summary.merge(extra, on="segment").sort_values(by, ascending=False, ignore_index=True)

    def lifecycle_table(self) -> pd.DataFrame:
        """Return segment × lifecycle stage with small cells hidden, for the heat table.

        Returns
        -------
        pandas.DataFrame
            Columns ``segment``, ``lifecycle_stage``, ``n`` (missing where hidden) and
            ``hidden``; totals have no segment, or no stage.
        """
        return self._once("lifecycle", self._lifecycle)

    def _lifecycle(self) -> pd.DataFrame:
        return self._counted(self.shown())

    def _counted(self, rows: pd.DataFrame) -> pd.DataFrame:
        if rows.empty or "lifecycle_stage" not in rows or rows["lifecycle_stage"].isna().all():
            return pd.DataFrame(columns=["segment", "lifecycle_stage", "n", "hidden"])
        counts = count_by_lifecycle(rows, rows[MEMBER])
        return hide_small_cells(counts, minimum=self.project.small_cell, totals=True)

    def heat_rows(self) -> list[dict[str, Any]]:
        """Return the heat table's rows: swatch, name, shaded cells, total."""
        table = self.heat_table()
        if table.empty:
            return []
        stages = self.stages_shown()
        ends = (table["segment"].fillna(""), table["lifecycle_stage"].fillna(""))
        cells = dict(zip(zip(*ends, strict=True), zip(table["n"], table["hidden"], strict=True), strict=True))
        rows = []
        for row, dim in zip(self.summary().itertuples(), self.segment_emphasis(), strict=True):
            total = _cell(cells.get((row.segment, "")))
            found = [_cell(cells.get((row.segment, stage))) for stage in stages]
            for cell in found:
                cell["shade"] = _shade(cell["n"] / (total["n"] or row.n))
            rows.append(
                {
                    "name": row.shown,
                    "segment": row.segment,
                    "slot": row.slot,
                    "cells": [{**cell, "stage": stage} for cell, stage in zip(found, stages, strict=True)],
                    "total": total,
                    "dim": dim < 0.5,
                }
            )
        return rows

    def heat_table(self) -> pd.DataFrame:
        """Return the lifecycle table of everyone shown; for an analyst, of those drawn around.

        On published screens it stays that of everyone: two tables that differ by a few
        customers would tell of these.
        """
        if not self.outline or self.careful:
            return self.lifecycle_table()
        return self._once("group lifecycle", self._group_lifecycle)

    def _group_lifecycle(self) -> pd.DataFrame:
        rows = self.shown()
        return self._counted(rows[rows["customer_id"].isin(set(self.group_ids()))])

    def stages_shown(self) -> list[str]:
        """Return the lifecycle stages of the heat table, in their order."""
        present = set(self.lifecycle_table()["lifecycle_stage"].dropna())
        return [stage for stage in (*LIFECYCLE_STAGES, "unknown") if stage in present]

    def votes(self) -> tuple[dict[str, int], int]:
        """Return the k that each index prefers, and the k in use."""
        assert self.segmentation is not None
        comparison = self.segmentation.comparison
        votes = {} if comparison is None else self._once("votes", lambda: self.votes_of(comparison))
        return votes, len(self.segmentation.segments)

    @staticmethod
    def votes_of(comparison: pd.DataFrame) -> dict[str, int]:
        """Return the k that each index of a comparison prefers."""
        from workbench.insight import recommend_k

        return dict(recommend_k(comparison).votes)

    def changed_share(self) -> float | None:
        """Return the share of customers in both segmentations whose segment is another one."""
        compared = self.compared()
        if compared is None or not compared.migration.n_both:
            return None
        return compared.migration.share_changed

    def compared(self) -> VersionComparison | None:
        """Return this segmentation beside the version before, or None for a first one."""
        if self.segmentation is None or self.previous is None:
            return None
        return self.project.insight.compare(self.segmentation.version, self.previous.version)

    # Sentences -------------------------------------------------------------------

    @property
    def findings(self) -> InsightFindings:
        """The sentences made of these figures."""
        return InsightFindings(self)

    def heading(self) -> Heading:
        """Return the open section's finding, or the one about the focused segment."""
        if self.current_section is not None:
            return self.current_section.heading()
        comments = Button("comments", self.t("insight.button.comments", n=self.comment_count()))
        if self.segmentation is None:
            return Heading(self.t("insight.nothing.title"), self.t("insight.nothing.subtitle"), (comments,))
        parts = [
            self.t("insight.subtitle.version", version=self.segmentation.version),
            self.t("insight.subtitle.segments", n=len(self.segmentation.segments)),
            self.t("insight.subtitle.scope", n=f"{len(self.shown()):,}"),
            locale.date(self.project.cycle.snapshot_date, self.lang),
        ]
        return Heading(
            self.findings.title(), " · ".join(parts), (*self.findings.buttons(), comments, *self._redo())
        )

    def _redo(self) -> tuple[Button, ...]:
        """Return the button to the strategy page while its plan uses an older version."""
        if self.segmentation is None or not self._once("plan is stale", self._plan_is_stale):
            return ()
        href = request.stage_address(NOTEBOOKS["strategy"], self.lang, self.mode, self.project.cycle.cycle_id)
        label = self.t("insight.button.redo", version=self.segmentation.version)
        return (Button("redo", label, primary=True, href=href),)

    def _plan_is_stale(self) -> bool:
        status = self.project.status().set_index("stage").loc["strategy"]
        return bool(status["detail_key"] == "project.status.stale_segmentation")

    def figures_before(self) -> tuple[str, dict[str, Any]] | None:
        """Return the cycle before, and its n, balances and weak share, where they were stored."""
        before = self.project.cycle.opened_from
        found = self.project.store.artefacts.latest("segmentation", before) if before else None
        if found is None or not found.summary.get("figures"):
            return None
        return str(before), {"n": found.summary["n"], **found.summary["figures"]}

    def kpis(self) -> list[Kpi]:
        """Return the open section's figures, or the six of the overview."""
        if self.current_section is not None:
            return self.current_section.kpis()
        if self.segmentation is None:
            return []
        return self.findings.kpis()

    def origin(self) -> str:
        """Return where this cycle came from, or nothing for a first one."""
        before = self.project.cycle.opened_from
        if not before:
            return ""
        decided = self.project.at(before).review.recommendations()
        return self.t("insight.origin", cycle=before, n=int((decided["status"] == "accepted").sum()))


def _cell(found: tuple[Any, Any] | None) -> dict[str, Any]:
    """Return what one cell of the heat table shows, from its count and whether it is hidden."""
    if found is None:
        return {"hidden": False, "n": 0}
    n, hidden = found
    return {"hidden": bool(hidden), "n": 0 if hidden else int(n)}


def _shade(share: float) -> int:
    """Return the step of the sequential scale, 1 to 6, for a share of the row."""
    for step, limit in enumerate((0.03, 0.1, 0.2, 0.35, 0.55), 1):
        if share < limit:
            return step
    return 6

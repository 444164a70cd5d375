"""What the insight screen does: who the customers are, by segment and stage."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import traitlets

from workbench import locale
from workbench.errors import NotFound
from workbench.insight import count_by_lifecycle, feature_label, hide_small_cells, summarise_segments
from workbench.tables import EMBEDDING, LIFECYCLE_STAGES, TIERS, mask_identifier
from workbench.ui.state.insight_findings import InsightFindings
from workbench.ui.state.insight_map import label_places
from workbench.ui.state.parts import Button, Heading, Kpi
from workbench.ui.state.sections import INSIGHT
from workbench.ui.state.sections.tabs import SectionedState

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.project.segmentation import Segmentation

WANTED = ("customer_id", "region", "tier", "lifecycle_stage", "balance_total", "age", "tenure")
MEMBER = ["customer_id", "cluster", "segment"]
MAP_POINTS = 20_000
TOP_FEATURES = 6
WEAK_STAGES = ("decline", "dormant", "lost")
MESSAGE_PREFIXES = ("insight.lifecycle.", "insight.tier.", "insight.section.")


class InsightState(SectionedState):
    """The insight screen: filters, a chosen segment, and the figures of both.

    Attributes
    ----------
    region, tier, lifecycle : str
        Filters; empty shows all.
    selected : str
        The chosen segment's name as approved; empty before a choice.
    """

    stage = "insight"
    homes = INSIGHT
    region = traitlets.Unicode("")
    tier = traitlets.Unicode("")
    lifecycle = traitlets.Unicode("")
    selected = traitlets.Unicode("")

    def __init__(self, project: Any, **traits: Any) -> None:
        self.segmentation: Segmentation | None = None
        self.previous: Segmentation | None = None
        self.customers = pd.DataFrame()
        self._kept: dict[str, Any] = {}
        super().__init__(project, **traits)
        self.observe(self._changed, ["region", "tier", "lifecycle", "lang"])
        self.observe(lambda _: self.touch(), ["selected"])

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
        self.selected = segment if segment in known and segment != self.selected else ""

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
        rows = self.shown()
        if rows.empty or "lifecycle_stage" not in rows or rows["lifecycle_stage"].isna().all():
            return pd.DataFrame(columns=["segment", "lifecycle_stage", "n", "hidden"])
        counts = count_by_lifecycle(rows, rows[MEMBER])
        return hide_small_cells(counts, minimum=self.project.small_cell, totals=True)

    def heat_rows(self) -> list[dict[str, Any]]:
        """Return the heat table's rows: swatch, name, shaded cells, total."""
        table = self.lifecycle_table()
        if table.empty:
            return []
        stages = self.stages_shown()
        rows = []
        for row in self.summary().itertuples():
            mine = table[table["segment"] == row.segment].set_index("lifecycle_stage")
            total = _cell(mine[mine.index.isna()])
            found = [_cell(mine[mine.index == stage]) for stage in stages]
            for cell in found:
                cell["shade"] = _shade(cell["n"] / row.n)
            rows.append(
                {"name": row.shown, "segment": row.segment, "slot": row.slot, "cells": found, "total": total}
            )
        return rows

    def stages_shown(self) -> list[str]:
        """Return the lifecycle stages of the heat table, in their order."""
        present = set(self.lifecycle_table()["lifecycle_stage"].dropna())
        return [stage for stage in (*LIFECYCLE_STAGES, "unknown") if stage in present]

    def map_points(self) -> pd.DataFrame:
        """Return the picture's points: ``x``, ``y``, ``segment``, ``emphasis``."""
        rows = self._once("points", self._placed)
        chosen = rows["segment"].eq(self.selected) if self.selected else True
        emphasis = (rows["kept"] & chosen).map({True: 0.62, False: 0.08})
        return rows[["x", "y", "segment"]].assign(emphasis=emphasis.astype("float64"))

    def _placed(self) -> pd.DataFrame:
        assert self.segmentation is not None
        points = self.segmentation.embedding
        if points is None:
            return EMBEDDING.empty().assign(segment=pd.Series(dtype="str"), kept=pd.Series(dtype="bool"))
        if len(points) > MAP_POINTS:
            points = points.sample(MAP_POINTS, random_state=0)
        rows = points.merge(self.customers[["customer_id", "segment"]], on="customer_id")
        return rows.assign(kept=rows["customer_id"].isin(self.shown()["customer_id"]))

    def map_labels(self) -> pd.DataFrame:
        """Return where each segment's name stands in the picture, and what it says."""
        return self._once("labels", self._labels)

    def _labels(self) -> pd.DataFrame:
        middle = label_places(self.map_points())
        summary = self.summary()
        if summary.empty:
            return middle.assign(label=[], note=[]).iloc[:0]
        rows = middle.merge(summary[["segment", "shown", "n", "share_customers"]], on="segment")
        number = partial(locale.count, lang=self.lang)
        rows["label"] = rows["shown"]
        rows["note"] = [
            f"{number(n)} · {locale.percent(share, places=0)}"
            for n, share in zip(rows["n"], rows["share_customers"], strict=True)
        ]
        return rows[["x", "y", "segment", "label", "note"]]

    def differences(self) -> pd.DataFrame:
        """Return what sets the focused segment apart: ``label``, ``difference``, ``shown``."""
        assert self.segmentation is not None
        segments = self.segmentation.segments.set_index("segment")
        if self.focus not in segments.index:
            return pd.DataFrame(columns=["label", "difference", "shown"])
        profile = self.segmentation.profile
        mine = profile[profile["cluster"] == segments.at[self.focus, "cluster"]]
        top = mine.reindex(mine["difference"].abs().sort_values(ascending=False).index).head(TOP_FEATURES)
        top = top.sort_values("difference", ascending=False)
        return pd.DataFrame(
            {
                "label": [_capital(feature_label(name, self.lang)) for name in top["feature"]],
                "difference": top["difference"].to_numpy(),
                "shown": [locale.signed(value) for value in top["difference"]],
                "p_value": top["p_value"].to_numpy(),
            }
        )

    def tier_shares(self) -> list[dict[str, Any]]:
        """Return the focused segment's value tiers, the highest first; empty if unknown or too few."""
        rows = self.shown()
        mine = rows[rows["segment"] == self.focus]
        if "tier" not in mine or mine["tier"].isna().all() or len(mine) == 0:
            return []
        counts = mine["tier"].value_counts()
        if ((counts > 0) & (counts < self.project.small_cell)).any():
            return []
        return [
            {"name": self.t(f"insight.tier.{tier}"), "share": counts[tier] / counts.sum(), "tier": tier}
            for tier in reversed(TIERS)
            if tier in counts
        ]

    def typical_members(self, n: int = 3) -> list[dict[str, Any]]:
        """Return masked customers of the focused segment nearest its medians; for analysts only."""
        if not self.may("analyst"):
            return []
        rows = self.shown()
        mine = rows[rows["segment"] == self.focus]
        numbers = mine[[c for c in ("age", "tenure", "balance_total") if c in mine]].astype(float)
        if numbers.empty or len(mine) < self.project.small_cell:
            return []
        spread = numbers.std().replace(0, 1)
        far = ((numbers - numbers.median()) / spread).abs().sum(axis=1)
        picked = mine.loc[far.sort_values(kind="stable").index[:n]]
        return [
            {
                "id": mask_identifier(row.customer_id),
                "age": getattr(row, "age", None),
                "tenure": getattr(row, "tenure", float("nan")) / 12,
                "balance": getattr(row, "balance_total", None),
            }
            for row in picked.itertuples()
        ]

    def votes(self) -> tuple[dict[str, int], int]:
        """Return the k that each index prefers, and the k in use."""
        assert self.segmentation is not None
        comparison = self.segmentation.comparison
        votes = {} if comparison is None else self.votes_of(comparison)
        return votes, len(self.segmentation.segments)

    @staticmethod
    def votes_of(comparison: pd.DataFrame) -> dict[str, int]:
        """Return the k that each index of a comparison prefers."""
        from workbench.insight import recommend_k

        return dict(recommend_k(comparison).votes)

    def changed_share(self) -> float | None:
        """Return the share of customers in both segmentations whose segment has another name."""
        if self.segmentation is None or self.previous is None:
            return None
        both = self.segmentation.membership.merge(self.previous.membership, on="customer_id")
        return float((both["segment_x"] != both["segment_y"]).mean()) if len(both) else None

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
        return Heading(self.findings.title(), " · ".join(parts), (comments,))

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


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _cell(rows: pd.DataFrame) -> dict[str, Any]:
    """Return what one cell of the heat table shows."""
    if rows.empty:
        return {"hidden": False, "n": 0}
    row = rows.iloc[0]
    return {"hidden": bool(row["hidden"]), "n": 0 if row["hidden"] else int(row["n"])}


def _shade(share: float) -> int:
    """Return the step of the sequential scale, 1 to 6, for a share of the row."""
    for step, limit in enumerate((0.03, 0.1, 0.2, 0.35, 0.55), 1):
        if share < limit:
            return step
    return 6

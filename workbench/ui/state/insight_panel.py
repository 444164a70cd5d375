"""The side panel: the segment in focus, or the customers who are chosen, and what sets them apart."""

from __future__ import annotations

from typing import Any

import pandas as pd

from workbench import locale
from workbench.errors import NotFound
from workbench.insight import describe_cluster, describe_group, feature_label
from workbench.tables import TIERS, mask_identifier
from workbench.ui.state.insight_map import MapFigures

TOP_FEATURES = 6
MESSAGE_PREFIXES = ("insight.tier.",)


class PanelFigures(MapFigures):
    """What `InsightState` says of the segment in focus or of the chosen group."""

    t: Any
    shown_name: Any

    def profile_rows(self) -> pd.DataFrame:
        """Return the profile of the focused segment, or of the chosen group; maybe without rows."""
        if self.is_group:
            return self._once("group profile", self._group_profile)
        assert self.segmentation is not None
        segments = self.segmentation.segments.set_index("segment")
        profile = self.segmentation.profile
        if self.focus not in segments.index:
            return profile.iloc[:0]
        row = segments.loc[self.focus]
        mine = profile[profile["cluster"] == row["cluster"]]
        return mine if self._may_compare(int(str(row["n"])), self.segmentation.n) else mine.iloc[:0]

    def _may_compare(self, inside: int, everyone: int) -> bool:
        # Means of a few, or of all but a few, are persons.
        return not self.careful or min(inside, everyone - inside) >= self.project.small_cell

    def _group_profile(self) -> pd.DataFrame:
        assert self.segmentation is not None
        ids = self.group_ids()
        if len(ids) == 0 or not self._may_compare(len(ids), self.segmentation.n):
            return self.segmentation.profile.iloc[:0]
        try:
            features = self.project.insight.features(self.segmentation.version)
        except (NotFound, StopIteration):
            return self.segmentation.profile.iloc[:0]
        rows = self.shown()["customer_id"]
        features = features.loc[features.index.intersection(pd.Index(rows))]
        there = set(self.project.imports.portrait_columns())
        own = self.project.customers(columns=["customer_id", *(one for one in features if one in there)])
        return describe_group(features, ids, customers=own)

    def differences(self) -> pd.DataFrame:
        """Return what sets them apart: label, difference with low and high, shown, p_value."""
        return self._once("group bars" if self.is_group else f"bars {self.focus}", self._bars)

    def _bars(self) -> pd.DataFrame:
        profile = self.profile_rows()
        if profile.empty:
            return pd.DataFrame(columns=["label", "difference", "low", "high", "shown", "p_value"])
        named = "effect" if "effect" in profile else "difference"
        top = profile.reindex(profile[named].abs().sort_values(ascending=False).index).head(TOP_FEATURES)
        top = top.sort_values(named, ascending=False)
        rows = pd.DataFrame(
            {
                "label": [_capital(feature_label(name, self.lang)) for name in top["feature"]],
                "difference": top[named].to_numpy(),
                "shown": [locale.signed(value) for value in top[named]],
                "p_value": top["p_value"].to_numpy(),
            }
        )
        if named == "effect":
            rows = rows.assign(low=top["effect_low"].to_numpy(), high=top["effect_high"].to_numpy())
            rows["measure"] = top["measure"].to_numpy()
        return rows

    def sentence(self) -> str:
        """Return what sets them apart in the customers' own units; empty where nothing does."""
        rows = self.profile_rows()
        return "" if rows.empty else describe_cluster(rows, int(rows["cluster"].iloc[0]), self.lang)

    def group(self) -> dict[str, Any] | None:
        """Return who is chosen, or None while it is only a segment.

        ``hidden`` says that a published screen may not tell: fewer customers than its
        smallest cell. There, the number is rounded to tens, so that two outlines that
        differ by one customer tell nothing of that one.
        """
        if not self.is_group:
            return None
        ids, everyone = self.group_ids(), len(self.shown())
        n = len(ids)
        hidden = self.careful and n < self.project.small_cell
        told = round(n, -1) if self.careful else n
        rows = self.shown()
        mine = rows[rows["customer_id"].isin(set(ids))]
        balance = mine["balance_total"].mean() if "balance_total" in mine and n else None
        return {
            "hidden": hidden,
            "n": told,
            "about": self.careful,
            "share": told / everyone if everyone else 0.0,
            "mean_balance": balance,
            "mix": self.group_mix().to_dict("records"),
            "stage": self.stage_chosen,
            "segment": self.selected,
            "segment_shown": self.shown_name(self.selected) if self.selected else "",
            "none": n == 0,
            "sample": bool(self.outline) and not self._places_everyone(),
        }

    def _places_everyone(self) -> bool:
        places = self._everyone()
        return places is not None and self.segmentation is not None and len(places) >= self.segmentation.n

    def tier_shares(self) -> list[dict[str, Any]]:
        """Return the focused segment's value tiers, the highest first; empty if unknown or too few."""
        rows = self.shown()
        mine = rows[rows["segment"] == self.focus]
        if self.is_group:
            mine = rows[rows["customer_id"].isin(set(self.group_ids()))]
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
        """Return masked customers that stand for the focused segment; for analysts only.

        They are those nearest to its middle in all features, as stored with the
        segmentation; for one of an older version, those nearest to its medians of age,
        tenure and balance.
        """
        if not self.may("analyst"):
            return []
        rows = self.shown()
        mine = rows[rows["segment"] == self.focus]
        if self.is_group or len(mine) < self.project.small_cell:
            return []
        typical = self._once("typical", self.project.insight.typical)
        if typical is not None:
            order = typical.sort_values(["cluster", "rank"])["customer_id"]
            mine = mine.set_index("customer_id", drop=False)
            picked = mine.loc[[one for one in order if one in mine.index][:n]]
        else:
            numbers = mine[[c for c in ("age", "tenure", "balance_total") if c in mine]].astype(float)
            if numbers.empty:
                return []
            far = ((numbers - numbers.median()) / numbers.std().replace(0, 1)).abs().sum(axis=1)
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


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]

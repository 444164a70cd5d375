"""The counts of one portrait as the section shows them: small cells hidden, shares, findings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench import locale
from workbench.customers import FACES, field_of
from workbench.insight import hide_small_cells
from workbench.tables import LIFECYCLE_STAGES, TIERS

if TYPE_CHECKING:
    from workbench.project import Project
    from workbench.project.portraits import Portraits

WEAK_STAGES = ("decline", "dormant", "lost")
UNKNOWN = "unknown"
BANDS = ("low", "middle", "high")
_AXES = ("contribution_band", "potential_band")
_BY_VALUE = "contribution_potential"
OLD_SHARE, THIN_SHARE = 0.1, 0.9
"""From which share older than a year, up to which share known, a field is worth a sentence."""
Say = Callable[..., str]


@dataclass
class Figures:
    """What was counted when one cycle's portrait was built.

    Parameters
    ----------
    cycle_id : str
        The cycle.
    day : datetime.date
        Its snapshot date.
    counts, needs, ages, sources : pandas.DataFrame
        Tables of the portrait's artefact.
    """

    cycle_id: str
    day: dt.date | None
    counts: pd.DataFrame
    needs: pd.DataFrame
    ages: pd.DataFrame
    sources: pd.DataFrame

    @classmethod
    def read(cls, project: Project, cycle_id: str) -> Figures:
        """Read a cycle's portrait's tables of counts; no customer's row is opened."""
        portraits = project.insight.portraits
        tables = {name: portraits.table(name, cycle_id) for name in ("counts", "needs", "ages", "sources")}
        return cls(cycle_id, portraits.snapshot_date(cycle_id), **tables)

    def of(self, kind: str) -> pd.DataFrame:
        """Return the counts of one kind of customer."""
        return self.counts[self.counts["kind"] == kind]

    def n(self, kind: str) -> int:
        """Return the customers of a kind."""
        return int(self.of(kind)["n"].sum())

    def total(self, measure: str, kind: str) -> float | None:
        """Return a sum over the customers of a kind, or None where it is not known."""
        values = self.of(kind)[measure].dropna()
        return float(values.sum()) if len(values) else None

    # Tiers -----------------------------------------------------------------------

    def cells(self, kind: str, least: int) -> pd.DataFrame:
        """Return the matrix's nine cells and their totals, small ones hidden."""
        rows = self.of(kind)
        rows = rows[(rows[_AXES[0]] >= 0) & (rows[_AXES[1]] >= 0)]
        grid = pd.MultiIndex.from_product([range(3), range(3)], names=list(_AXES))
        counts = rows.groupby(list(_AXES))["n"].sum().reindex(grid, fill_value=0).reset_index()
        return hide_small_cells(counts, least, by=_AXES, totals=True)

    def has_matrix(self, kind: str) -> bool:
        """Say whether tiers of this kind are read off contribution × potential."""
        return bool((self.of(kind)["tier_basis"] == _BY_VALUE).any())

    def tier_counts(self, kind: str, least: int) -> dict[str, int | None]:
        """Return customers by tier; None where the number would give a hidden cell away."""
        rows = self.of(kind)
        totals = rows.groupby("tier")["n"].sum()
        found: dict[str, int | None] = {
            tier: int(totals.get(tier, 0)) for tier in TIERS if totals.get(tier, 0)
        }
        small = hide_small_cells(totals.rename_axis("tier").reset_index(), least, by=("tier",))
        hidden = set(small.loc[small["hidden"], "tier"])
        if self.has_matrix(kind):
            cells = self.cells(kind, least)
            inner = cells[cells["hidden"] & cells[list(_AXES)].notna().all(axis=1)]
            keys = {(int(c), int(p)) for c, p in zip(inner[_AXES[0]], inner[_AXES[1]], strict=True)}
            at = zip(rows[_AXES[0]], rows[_AXES[1]], rows["tier"], strict=True)
            hidden |= {tier for c, p, tier in at if (int(c), int(p)) in keys}
        return {tier: None if tier in hidden else n for tier, n in found.items()}

    def tier_share(self, tier: str, kind: str, least: int) -> float | None:
        """Return a tier's share of the customers, or None where it is hidden or nobody has a tier."""
        counts = self.tier_counts(kind, least)
        if not counts or counts.get(tier, 0) is None:
            return None
        return (counts.get(tier) or 0) / max(self.n(kind), 1)

    def top_tier(self, kind: str, least: int) -> tuple[str, float, float | None] | None:
        """Return the highest tier that may be shown: its shares of customers and of contribution."""
        counts = self.tier_counts(kind, least)
        for tier in reversed(TIERS):
            n = counts.get(tier)
            if n:
                rows, total = self.of(kind), self.total("contribution", kind)
                mine = rows.loc[rows["tier"] == tier, "contribution"].sum()
                share = float(mine / total) if total and total > 0 and self.has_matrix(kind) else None
                return tier, n / self.n(kind), share
        return None

    def matrix(self, kind: str, least: int, portraits: Portraits) -> dict[str, Any]:
        """Return the rows of the matrix, the highest contribution first, and the tiers below."""
        tiers = [
            {"tier": tier, "n": n, "share": None if n is None else n / max(self.n(kind), 1)}
            for tier, n in self.tier_counts(kind, least).items()
        ]
        found: dict[str, Any] = {"rows": [], "tiers": tiers[::-1], "n": self.n(kind), "columns": []}
        if not self.has_matrix(kind):
            return found
        rule = portraits.rules_of(portraits.artefact(self.cycle_id)).values[kind]
        cells = self.cells(kind, least).astype(dict.fromkeys(_AXES, "object"))
        known = {(_key(row[_AXES[0]]), _key(row[_AXES[1]])): row for row in cells.to_dict("records")}
        total = max(self.n(kind), 1)

        def shown(contribution: int | None, potential: int | None) -> dict[str, Any]:
            row = known[contribution, potential]
            share = None if row["hidden"] else int(row["n"]) / total
            is_total = contribution is None or potential is None
            tier = "" if is_total else rule.tiers[contribution or 0][potential or 0]
            n = None if row["hidden"] else int(row["n"])
            return {"n": n, "share": share, "tier": tier, "shade": _shade(share or 0.0)}

        for band in (2, 1, 0):
            found["rows"].append(
                {
                    "band": BANDS[band],
                    "limit": rule.contribution[band - 1] if band else rule.contribution[0],
                    "cells": [shown(band, other) for other in range(3)],
                    "total": shown(band, None),
                }
            )
        found["columns"] = [
            {"band": BANDS[band], "limit": rule.potential[band - 1] if band else rule.potential[0]}
            for band in range(3)
        ]
        found["totals"] = [shown(None, other) for other in (0, 1, 2, None)]
        return found

    # Stages ----------------------------------------------------------------------

    def stages(self, kind: str, least: int) -> pd.DataFrame:
        """Return the customers by stage in the stages' order: n, share, hidden."""
        counts = self.of(kind).groupby("lifecycle_stage")["n"].sum()
        if set(counts.index) <= {UNKNOWN}:
            return pd.DataFrame(columns=["lifecycle_stage", "n", "hidden", "share"])
        order = [stage for stage in (*LIFECYCLE_STAGES, UNKNOWN) if counts.get(stage, 0)]
        rows = counts.reindex(order).rename_axis("lifecycle_stage").reset_index()
        rows = hide_small_cells(rows, least, by=("lifecycle_stage",))
        return rows.assign(share=rows["n"].astype("float64") / max(self.n(kind), 1))

    def weak_share(self, kind: str, least: int) -> float | None:
        """Return the share in decline, dormant or lost; None where it would give a hidden cell away."""
        rows = self.stages(kind, least)
        mine = rows[rows["lifecycle_stage"].isin(WEAK_STAGES)]
        if rows.empty or mine["hidden"].any():
            return None
        return float(mine["n"].sum() / max(self.n(kind), 1))

    # Fields ----------------------------------------------------------------------

    def completeness(self, kind: str) -> float | None:
        """Return the mean share of customers whose field is known, over the catalogued fields."""
        rows = self._catalogued(kind)
        return float((rows["n_filled"] / rows["n"]).mean()) if len(rows) else None

    def _catalogued(self, kind: str) -> pd.DataFrame:
        rows = self.sources[self.sources["kind"] == kind]
        fields = [field_of(name) for name in rows["field"]]
        return rows[[field is not None and not field.sparse and bool(field.unit) for field in fields]]

    def freshness_finding(self, kind: str, lang: str) -> tuple[str, dict[str, Any]]:
        """Return the sentence on the freshest face and on the field that is oldest or least known."""
        rows = self._catalogued(kind)
        newest = rows.loc[rows["face"] == "behaviour", "newest"].dropna()
        if newest.empty:
            return "insight_portrait.fields.neutral", {}
        date = locale.date(newest.max(), lang)
        aged = rows[(rows["n_filled"] > 0) & rows["newest"].notna()]
        old = (aged["n_older"] / aged["n_filled"]).to_numpy()
        if len(aged) and old.max() >= OLD_SHARE:
            worst = aged.iloc[int(old.argmax())]
            values = {"share": locale.percent(old.max(), places=0), "field": _label(worst["field"], lang)}
            return "insight_portrait.fields.old", {"date": date, **values}
        known = (rows["n_filled"] / rows["n"]).to_numpy()
        if known.min() <= THIN_SHARE:
            worst = rows.iloc[int(known.argmin())]
            values = {"share": locale.percent(known.min(), places=0), "field": _label(worst["field"], lang)}
            return "insight_portrait.fields.thin", {"date": date, **values}
        return "insight_portrait.fields.fresh", {"date": date}

    def faces(self, kind: str, least: int, lang: str) -> list[dict[str, Any]]:
        """Return the faces with their fields; a share is whole percent, so that no cell shows."""
        rows = self.sources[self.sources["kind"] == kind]
        found = []
        for face in FACES:
            mine = rows[rows["face"] == face]
            if mine.empty:
                continue
            fields = [self._field(row, least, lang) for row in mine.to_dict("records")]
            catalogued = self._catalogued(kind)
            known = catalogued[catalogued["face"] == face]
            newest = mine["newest"].dropna()
            found.append(
                {
                    "face": face,
                    "fields": fields,
                    "complete": (known["n_filled"] / known["n"]).mean() if len(known) else None,
                    "newest": locale.date(newest.max(), lang) if len(newest) else "",
                    "systems": ", ".join(
                        dict.fromkeys(s for one in mine["source"] for s in one.split(",") if s)
                    ),
                }
            )
        return found

    def _field(self, row: dict[Any, Any], least: int, lang: str) -> dict[str, Any]:
        n, filled = int(row["n"]), int(row["n_filled"])
        few = 0 < filled < least or 0 < n - filled < least
        old = int(row["n_older"])
        few_old = 0 < old < least or 0 < filled - old < least
        dated = not pd.isna(row["newest"])
        return {
            "label": _label(row["field"], lang),
            "source": row["source"] or "–",
            "files": row["files"],
            # All but a few, or hardly any: whole percent would say which.
            "share": None if few else filled / n,
            "nearly": "most" if few and filled > n / 2 else "few" if few else "",
            "newest": locale.date(row["newest"], lang) if dated and not 0 < filled < least else "",
            "old": None if not dated or few_old or few else old / max(filled, 1),
        }

    def age_shares(self, kind: str, least: int) -> pd.DataFrame:
        """Return for each dated table the shares of customers by age; hidden ones together as one."""
        rows = []
        mine = self.ages[self.ages["kind"] == kind]
        for table, counts in mine.groupby("table", sort=False):
            shown = hide_small_cells(counts[["age", "n"]], least, by=("age",))
            total = max(int(counts["n"].sum()), 1)
            open_rows = shown[~shown["hidden"] & (shown["n"] > 0).fillna(False)]
            ages, numbers = list(open_rows["age"]), list(open_rows["n"])
            rows += [(table, age, int(n), int(n) / total) for age, n in zip(ages, numbers, strict=True)]
            hidden = counts.loc[shown["hidden"].to_numpy(), "n"].sum()
            if hidden:
                rows.append((table, "hidden", int(hidden), float(hidden) / total))
        return pd.DataFrame(rows, columns=["table", "age", "n", "share"])

    # Needs -----------------------------------------------------------------------

    def needs_rows(self, kind: str, least: int, say: Say) -> list[dict[str, Any]]:
        """Return the needs, those that are counted by word after the others."""
        mine, total = self.needs[self.needs["kind"] == kind], self.n(kind)
        found: list[dict[str, Any]] = []
        for need in ("maturing", "large_inflow", "income", "unhappy", "missing_product", "life"):
            rows = mine[mine["need"] == need]
            if rows.empty:
                continue
            # Who has none of it is a cell too: all of them add up to the customers.
            rest = pd.DataFrame({"detail": ["–"], "n": [total - int(rows["n"].sum())]})
            cells = pd.concat([rows[["detail", "n"]], rest], ignore_index=True)
            hidden = hide_small_cells(cells, least, by=("detail",))["hidden"].to_numpy()[:-1]
            for row, is_hidden in zip(rows.to_dict("records"), hidden, strict=True):
                if row["n"] == 0 and need not in ("maturing", "large_inflow"):
                    continue
                found.append(
                    {
                        "need": need,
                        "detail": row["detail"],
                        "label": say(f"insight_portrait.need.{need}", detail=word(say, need, row["detail"])),
                        "n": None if is_hidden else int(row["n"]),
                        "share": None if is_hidden else int(row["n"]) / max(total, 1),
                        "amount": None if is_hidden or np.isnan(row["amount"]) else row["amount"],
                    }
                )
        return found


def word(say: Say, need: str, detail: str) -> str:
    """Return a need's detail in the screen's language: a product, or a need of the time of life."""
    if need == "life" and detail:
        return say(f"insight_portrait.life.{detail}")
    return product_word(say, detail)


def product_word(say: Say, product: str) -> str:
    """Return a product's name; a bank's own word stays as it is."""
    key = f"insight_portrait.product.{product}"
    return say(key) if key in locale.keys("en") else product


def _label(column: str, lang: str) -> str:
    field = field_of(column)
    return column if field is None else field.label(lang)


def _key(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else int(value)


def _shade(share: float) -> int:
    """Return the step of the sequential scale, 1 to 6, for a share of the customers."""
    for step, limit in enumerate((0.03, 0.1, 0.2, 0.3, 0.45), 1):
        if share < limit:
            return step
    return 6

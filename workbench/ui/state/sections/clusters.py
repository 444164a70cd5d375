"""The section of clusters: how the segmentation was made, and the bench that makes the next."""

from __future__ import annotations

from typing import Any

import pandas as pd

from workbench import locale
from workbench.insight import (
    Preparation,
    feature_label,
    hide_small_cells,
    recommend_k,
    verdict_text,
)
from workbench.ui import request
from workbench.ui.state.parts import Banner, Button, Heading, Kpi
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.segmenting import Segmenting

MESSAGE_PREFIXES = (
    "insight_room.algorithm.",
    "insight_clusters.scaling.",
    "insight_clusters.outliers.",
)
LEFT_OUT = 40
"""Columns left out that are listed at once."""
SKEWED = 2.0
_NO_STABILITY = pd.DataFrame(columns=["cluster", "jaccard", "n"])


class ClustersState(SectionState):
    """How the cycle's segmentation was found; for an analyst, the bench beside it.

    Attributes
    ----------
    bench : Segmenting or None
        Where a segmentation is made; None for those who may not.
    """

    name = "clusters"

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.bench: Segmenting | None = None
        self.preparation: Preparation | None = None
        self.restored = False
        self._stability = _NO_STABILITY
        self._data: tuple[Any, ...] = ()
        super().__init__(screen, **traits)

    # Reading ---------------------------------------------------------------------

    def load(self) -> None:
        """Read what is stored of the segmentation; an analyst's unfinished work comes back."""
        self.preparation, self._stability = None, _NO_STABILITY
        if self.segmentation is not None:
            self.preparation = self.project.insight.preparation(self.segmentation.version)
            found = self.project.insight.stability(self.segmentation.version)
            self._stability = _NO_STABILITY if found is None else found
        if not self.may("analyst") or request.is_published() or not self.project.cycle.cycle_id:
            return
        portrait = self.project.imports.portrait()
        data = (self.project.cycle.cycle_id, portrait and portrait.artefact_id)
        if self.bench is None or self._data != data:
            self._data = data
            self.bench = Segmenting(self.screen, keep=self._keep)
            self._restore()
        if self.bench.choice.preparation is None and self.screen.progress is None:
            self.bench.prepare()

    def _restore(self) -> None:
        kept = self.draft()
        self.restored = kept is not None
        if kept is not None and self.bench is not None:
            self.bench.restore(kept)
            self.screen.banner = Banner("note", "insight_clusters.restored")

    def _keep(self, content: dict[str, Any] | None) -> None:
        if content is None:
            self.restored = False
            self.discard_draft()
        else:
            self.keep_draft(content)

    def start_anew(self) -> None:
        """Give up the unfinished work."""
        self.discard_draft()
        old = self.bench
        self.restored = False
        self.bench = Segmenting(self.screen, keep=self._keep)
        if old is not None:
            self.bench.choice.preparation = old.choice.preparation
        self.screen.banner = None
        self.touch()

    @property
    def segmentation(self) -> Any:
        """The cycle's newest segmentation, or None."""
        return self.screen.segmentation

    # Figures of what is stored ---------------------------------------------------

    @property
    def settings(self) -> dict[str, Any]:
        """The parameters the clusters were found by; empty for segments that rules make."""
        return {} if self.segmentation is None else dict(self.segmentation.model.get("parameters") or {})

    def algorithm(self) -> str:
        """Return the algorithm's name in the screen's language, or an empty text."""
        name = self.settings.get("algorithm")
        return self.t(f"insight_room.algorithm.{name}") if name else ""

    def n_features(self) -> int:
        """Return the number of features the clusters were made from."""
        return len(self.segmentation.model.get("features") or ()) if self.segmentation is not None else 0

    def comparison(self) -> pd.DataFrame | None:
        """Return the stored comparison; a cluster of too few is not shown as a share."""
        found = None if self.segmentation is None else self.segmentation.comparison
        if found is None or "smallest_n" not in found:
            return found
        few = found["smallest_n"] < self.project.small_cell
        shown = found.assign(smallest_share=found["smallest_share"].mask(few))
        shown.attrs = found.attrs
        return shown

    def votes(self) -> dict[str, int]:
        """Return the k that each index of the stored comparison prefers."""
        comparison = None if self.segmentation is None else self.segmentation.comparison
        return {} if comparison is None else dict(recommend_k(comparison).votes)

    def stability(self) -> pd.DataFrame:
        """Return the stability of the clusters in use: a table `K_STABILITY`, maybe empty."""
        return self._stability

    def names(self) -> dict[int, str]:
        """Return each cluster's segment in the screen's language."""
        rows = self.screen.segments()
        return dict(zip(rows["cluster"].astype(int), rows["shown"].astype(str), strict=True))

    def segment_rows(self) -> list[dict[str, Any]]:
        """Return each segment: colour, name, size (hidden where too small), stability, verdict."""
        if self.segmentation is None:
            return []
        rows = self.screen.segments()
        counts = rows[["segment", "n"]].astype({"n": "int64"})
        hidden = hide_small_cells(counts, self.project.small_cell, by=("segment",)).set_index("segment")
        jaccard = self.stability()
        kept = {} if jaccard.empty else jaccard.set_index("cluster")["jaccard"].to_dict()
        total = int(rows["n"].sum())
        found = []
        for row in rows.sort_values("n", ascending=False).itertuples():
            is_hidden = bool(hidden.at[row.segment, "hidden"])
            mean = kept.get(int(row.cluster))
            found.append(
                {
                    "name": row.shown,
                    "slot": int(row.slot),
                    "cluster": int(row.cluster),
                    "hidden": is_hidden,
                    "n": None if is_hidden else int(row.n),
                    "share": None if is_hidden else int(row.n) / total,
                    "jaccard": mean,
                    "verdict": "" if mean is None else verdict_text(mean, self.lang),
                    "tone": "" if mean is None else _tone(mean),
                }
            )
        return found

    def treatment(self) -> list[str]:
        """Return how the features were treated, in sentences."""
        if not self.settings:
            return []
        scaling = self.settings.get("scaling", "standard")
        outliers = self.settings.get("outliers", "keep")
        said = [
            self.t(f"insight_clusters.scaling.{scaling}_said"),
            self.t(f"insight_clusters.outliers.{outliers}_said"),
        ]
        weights = self.settings.get("weights") or {}
        named = [f"{feature_label(name, self.lang)} × {weight:g}" for name, weight in weights.items()]
        if named:
            said.append(self.t("insight_clusters.treated.weights", features=", ".join(named)))
        else:
            said.append(self.t("insight_clusters.treated.no_weights"))
        if self.preparation is not None:
            skewed = self.preparation.notes["skewness"].abs() > SKEWED
            said.append(
                self.t("insight_clusters.treated.skewed", n=int(skewed.sum()), all=len(skewed), limit=SKEWED)
            )
        return said

    def left_out(self, preparation: Preparation | None = None) -> tuple[list[tuple[str, str]], int]:
        """Return columns left out as (label, sentence), and how many more there are."""
        source = preparation or self.preparation
        if source is None:
            return [], 0
        rows = [(feature_label(name, self.lang), why) for name, why in source.reasons(self.lang)]
        return rows[:LEFT_OUT], max(0, len(rows) - LEFT_OUT)

    # Sentences -------------------------------------------------------------------

    def heading(self) -> Heading:
        """Return how the clusters were found and how stable the weakest is."""
        buttons = (Button("clusters-anew", self.t("insight_clusters.anew")),) if self.restored else ()
        if self.segmentation is None:
            return Heading(
                self.t("insight_clusters.title.none"), self.t("insight_clusters.title.none_do"), buttons
            )
        values: dict[str, Any] = {
            "k": len(self.segmentation.segments),
            "algorithm": self.algorithm(),
            "features": self.n_features(),
        }
        stability = self.stability()
        if not self.settings:
            title = self.t("insight_clusters.title.rules", k=values["k"])
        elif stability.empty:
            title = self.t("insight_clusters.title.plain", **values)
        else:
            least = stability.sort_values("jaccard").iloc[0]
            title = self.t(
                "insight_clusters.title.stability",
                **values,
                segment=self.names()[int(least["cluster"])],
                verdict=verdict_text(float(least["jaccard"]), self.lang),
                jaccard=locale.decimal(least["jaccard"]),
            )
        parts = [
            self.t("insight.subtitle.version", version=self.segmentation.version),
            self.t("insight.subtitle.scope", n=f"{self.segmentation.n:,}"),
            locale.date(self.project.cycle.snapshot_date, self.lang),
        ]
        return Heading(title, " · ".join(parts), buttons)

    def kpis(self) -> list[Kpi]:
        """Return clusters, features, left out, stability, agreement and the smallest segment."""
        if self.segmentation is None:
            return []
        t, votes, rows = self.t, self.votes(), self.segment_rows()
        k = len(self.segmentation.segments)
        stability = self.stability()
        weakest = None if stability.empty else float(stability["jaccard"].min())
        shown = [row for row in rows if not row["hidden"]]
        smallest = shown[-1] if len(shown) == len(rows) and shown else None
        prepared = self.preparation
        return [
            Kpi(t("insight_clusters.kpi.clusters"), str(k), note=self.algorithm()),
            Kpi(
                t("insight_clusters.kpi.features"),
                str(self.n_features()),
                note="" if prepared is None else t("insight_clusters.kpi.of", n=self._n_columns(prepared)),
            ),
            Kpi(
                t("insight_clusters.kpi.left_out"),
                "–" if prepared is None else str(len(prepared.excluded)),
                note=t("insight_clusters.kpi.each_reason")
                if prepared is not None
                else t("insight_clusters.kpi.not_stored"),
            ),
            Kpi(
                t("insight_clusters.kpi.weakest"),
                "–" if weakest is None else locale.decimal(weakest),
                note=t("insight_clusters.kpi.not_compared")
                if weakest is None
                else verdict_text(weakest, self.lang),
            ),
            Kpi(
                t("insight_clusters.kpi.agree"),
                "–" if not votes else str(sum(vote == k for vote in votes.values())),
                unit="" if not votes else f" / {len(votes)}",
                note=t("insight_clusters.kpi.agree_note", k=k),
            ),
            Kpi(
                t("insight_clusters.kpi.smallest"),
                "–" if smallest is None else locale.percent(smallest["share"]),
                note=t("insight_clusters.kpi.small") if smallest is None else smallest["name"],
            ),
        ]

    @staticmethod
    def _n_columns(prepared: Preparation) -> int:
        return len(prepared.notes) + len(prepared.excluded)

    def k_title(self) -> tuple[str, str]:
        """Return the title and subtitle of the indices."""
        votes, k = self.votes(), 0 if self.segmentation is None else len(self.segmentation.segments)
        if not votes:
            return self.t("insight.k.neutral", k=k), self.t("insight_clusters.k.subtitle")
        agree = sum(vote == k for vote in votes.values())
        return (
            self.t("insight_clusters.k.title", agree=agree, all=len(votes), k=k),
            self.t("insight_clusters.k.subtitle"),
        )


def _tone(jaccard: float) -> str:
    from workbench.insight import stability_verdict

    return {"unstable": "x", "doubtful": "w"}.get(stability_verdict(jaccard), "g")

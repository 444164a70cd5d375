"""The analyst's bench: choose features, compare, fit, label, approve."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd
import traitlets

from workbench import locale
from workbench.errors import ParameterProblem
from workbench.insight import feature_label
from workbench.ui.state.guard import guarded
from workbench.ui.state.jobs import Jobs
from workbench.ui.state.parts import Banner
from workbench.ui.state.sections.clusters_features import FeatureChoice
from workbench.ui.state.sections.clusters_fit import SEEDED, UNASSIGNED, Fitted, fit_clusters
from workbench.ui.state.sections.clusters_labels import Labelling

if TYPE_CHECKING:
    from workbench.insight import KRecommendation, LabelSuggestion, Preparation, Segmenter
    from workbench.ui.state.insight import InsightState
    from workbench.ui.state.jobs import Report

K_RANGE = range(2, 13)
ALGORITHMS = (
    "kmeans",
    "minibatch_kmeans",
    "gaussian_mixture",
    "hdbscan",
    "hierarchical",
    "kprototypes",
)
SEVERAL = ("kmeans", "gaussian_mixture", "hierarchical")
"""Algorithms that are compared when several are asked for."""
SCALINGS = ("standard", "robust")
OUTLIERS = ("keep", "winsorise")
LEAST_SIZES = (0, 25, 50, 100, 250, 500, 1000)
GIANT = 0.95
_TRAITS = ("k", "algorithm", "scaling", "outliers", "min_size", "from_rules")
MESSAGE_PREFIXES = ("insight_room.algorithm.", "insight_clusters.scaling.", "insight_clusters.outliers.")


class Segmenting(Labelling, traitlets.HasTraits):
    """One sitting at the bench; nothing is stored before `approve`.

    Any change after a fit un-confirms it: the fit is dropped, so that what is approved is
    always what is on screen. A comparison stays while features and scale are its own.

    Parameters
    ----------
    screen : InsightState
        The screen that shows the bench and gets the approved version.
    keep : callable, optional
        Called with the choices as plain data whenever they change, or None once they
        are approved.

    Attributes
    ----------
    k : int
        Number of clusters, 2 to 12.
    algorithm, scaling, outliers : str
        Of `Segmenter`.
    min_size : int
        Least members of an HDBSCAN cluster; 0 leaves it to the algorithm.
    several : bool
        Whether `compare` compares several algorithms.
    from_rules : bool
        Whether the clusters begin at the segments of the expert rules.
    """

    k = traitlets.Int(6, min=K_RANGE.start, max=K_RANGE.stop - 1)
    algorithm = traitlets.Enum(ALGORITHMS, default_value="kmeans")
    scaling = traitlets.Enum(SCALINGS, default_value="standard")
    outliers = traitlets.Enum(OUTLIERS, default_value="keep")
    min_size = traitlets.Enum(LEAST_SIZES, default_value=0)
    several = traitlets.Bool(False)
    from_rules = traitlets.Bool(False)

    def __init__(
        self, screen: InsightState, keep: Callable[[dict[str, Any] | None], None] | None = None
    ) -> None:
        self.screen = screen
        self.jobs: Jobs = screen.jobs
        self.choice = FeatureChoice(self._features_changed)
        self.comparison: pd.DataFrame | None = None
        self.segmenter: Segmenter | None = None
        self.features: pd.DataFrame | None = None
        self.profile: pd.DataFrame | None = None
        self.labels: dict[int, LabelSuggestion] = {}
        self.typed: dict[str, str] = {}
        self.followed: dict[int, str] = {}
        self.doubts: dict[int, tuple[str, ...]] = {}
        self._keep = keep
        self._restoring = False
        super().__init__()
        if screen.segmentation is not None:
            self.k = max(K_RANGE.start, min(len(screen.segmentation.segments), K_RANGE.stop - 1))
        self.observe(self._unconfirm, list(_TRAITS))
        self.observe(self._scale_changed, ["scaling", "outliers"])
        self.observe(lambda _: self._kept(), ["several"])

    # Choices ---------------------------------------------------------------------

    def _unconfirm(self, _: Any = None) -> None:
        if not self._restoring:
            self.segmenter = self.features = self.profile = None
            self.labels, self.typed = {}, {}
            self._kept()
        self.screen.touch()

    def _scale_changed(self, _: Any = None) -> None:
        self.comparison = None

    def _features_changed(self) -> None:
        self.comparison = None
        self._unconfirm()

    def _kept(self) -> None:
        if self._keep is not None and not self._restoring:
            self._keep(self.content())

    def content(self) -> dict[str, Any]:
        """Return the choices and what was typed as plain data."""
        settings = {name: getattr(self, name) for name in (*_TRAITS, "several")}
        return {**settings, **self.choice.kept(), "typed": dict(self.typed)}

    def restore(self, content: dict[str, Any]) -> None:
        """Take choices up again; typed labels come back with the next fit of the same choices."""
        self._restoring = True
        try:
            for name in (*_TRAITS, "several"):
                if name in content:
                    try:
                        setattr(self, name, content[name])
                    except traitlets.TraitError:
                        continue
            self.choice.restore(content)
            self.typed = {str(n): str(text) for n, text in (content.get("typed") or {}).items()}
        finally:
            self._restoring = False

    # Steps -----------------------------------------------------------------------

    def prepare(self) -> None:
        """Build the features in the background and see which can be used."""
        self.jobs.start(self._prepared, self._take_preparation, "insight.bench.phase.features")

    def _take_preparation(self, preparation: Preparation) -> None:
        self.choice.preparation = preparation
        with guarded(self.screen):
            self.screen.touch()

    def _prepared(self, report: Report) -> Preparation:
        from workbench.insight import build_features, prepare_features

        if self.choice.preparation is not None:
            return self.choice.preparation
        report(0.02, "insight.bench.phase.features")
        project = self.screen.project
        features = build_features(project.customers())
        return prepare_features(features, after_contact=project.imports.after_contact())

    def _chosen(self, preparation: Preparation) -> pd.DataFrame:
        """Return the features in use; may be called off the main thread."""
        off = self.choice.off
        used = [name for name in preparation.features if name not in off]
        if not used:
            raise ParameterProblem("insight_clusters.error.nothing_chosen")
        return preparation.features[used]

    def _settings(self) -> dict[str, Any]:
        return {
            "scaling": self.scaling,
            "outliers": self.outliers,
            "weights": {n: w for n, w in self.choice.weights.items() if w != 1 and n not in self.choice.off}
            or None,
        }

    def compare(self) -> None:
        """Compare all k in the background; the recommended one is chosen when done."""
        settings = self._settings()
        algorithms = tuple(dict.fromkeys((*SEVERAL, self.algorithm))) if self.several else (self.algorithm,)

        def work(report: Report) -> tuple[Preparation, pd.DataFrame]:
            from workbench.insight import compare_k

            preparation = self._prepared(report)
            features = self._chosen(preparation)
            return preparation, compare_k(
                features, K_RANGE, algorithms=algorithms, progress=report, **settings
            )

        self.jobs.start(work, self._compared, "insight.bench.phase.features")

    def _compared(self, result: tuple[Preparation, pd.DataFrame]) -> None:
        from workbench.insight import recommend_k

        self.choice.preparation, self.comparison = result
        recommended = recommend_k(self.comparison)
        if recommended.k >= K_RANGE.start:
            self.k = min(recommended.k, K_RANGE.stop - 1)
            self.algorithm = recommended.algorithm
            self._say("done", "insight.bench.recommended", k=recommended.k, agree=recommended.agree,
                      all=len(recommended.votes))  # fmt: skip
        else:
            self._say("warn", "insight.bench.no_clusters")

    def fit(self) -> None:
        """Fit the clusters in the background and suggest labels."""
        settings = {**self._settings(), "n_clusters": self.k, "algorithm": self.algorithm}
        if self.algorithm == "hdbscan" and self.min_size:
            settings["min_cluster_size"] = self.min_size

        project, seeded = self.screen.project, self.begins_at_rules

        def work(report: Report) -> tuple[Preparation, pd.DataFrame, Fitted]:
            preparation = self._prepared(report)
            features = self._chosen(preparation)
            return preparation, features, fit_clusters(project, features, settings, report, from_rules=seeded)

        self.jobs.start(work, self._fitted, "insight.bench.phase.features")

    def _fitted(self, result: tuple[Preparation, pd.DataFrame, Fitted]) -> None:
        self.choice.preparation, self.features, fitted = result
        self.segmenter, self.profile, labels = fitted.segmenter, fitted.profile, fitted.labels
        self.labels, self.followed, self.doubts = labels, fitted.followed, fitted.doubts
        known = {f"{lang}-{cluster}" for cluster in labels for lang in ("en", "zh")}
        self.typed = {name: text for name, text in self.typed.items() if name in known}
        sizes = self.segmenter.sizes_
        largest = float(sizes.max()) / len(self.features)
        if largest > GIANT:
            self._say("warn", "insight_clusters.giant", share=locale.percent(largest))
        else:
            self._say("done", "insight.bench.fitted", k=len(sizes))

    # Approval --------------------------------------------------------------------

    def approve(self) -> None:
        """Store the fit with its labels as the cycle's next segmentation version.

        Raises
        ------
        ParameterProblem
            If nothing is fitted.
        """
        if self.segmenter is None or self.features is None:
            raise ParameterProblem("insight.bench.nothing_fitted")
        self.rename_all(self.fields())
        stored = self.screen.project.insight.approve(
            self.segmenter,
            self.features,
            labels=self.labels,
            comparison=self.comparison,
            preparation=self.choice.preparation,
        )
        self.typed = {}
        if self._keep is not None:
            self._keep(None)
        self.screen.load()
        self._say("done", "insight.bench.approved", version=stored.version, n=len(stored.segments))

    # What the view draws ---------------------------------------------------------

    def rows(self) -> list[dict[str, Any]]:
        """Return one row a fitted cluster: number, size, what sets it apart, its labels."""
        if self.segmenter is None or self.profile is None:
            return []
        sizes = pd.Series(self.segmenter.labels_).value_counts()
        fields, found = self.fields(), []
        for cluster in sorted(self.labels, key=lambda number: (number < 0, number)):
            mine = self.profile[self.profile["cluster"] == cluster]
            top = mine.reindex(mine["difference"].abs().sort_values(ascending=False).index).head(3)
            apart = [
                f"{feature_label(str(row.feature), self.screen.lang)} {locale.signed(row.difference)}"
                for row in top.itertuples()
            ]
            n = int(sizes.get(cluster, 0))
            found.append(
                {
                    "cluster": cluster,
                    "none": cluster == UNASSIGNED,
                    "note": self._note(cluster),
                    "n": n,
                    "share": n / int(sizes.sum()),
                    "apart": " · ".join(apart),
                    "en": fields[f"en-{cluster}"],
                    "zh": fields[f"zh-{cluster}"],
                }
            )
        return found

    def _note(self, cluster: int) -> str:
        """Say where a label came from, or ask where several could belong."""
        if cluster in self.doubts:
            names = "、" if self.screen.lang == "zh_CN" else ", "
            return self.screen.t("insight_clusters.ask", labels=names.join(self.doubts[cluster]))
        return self.screen.t("insight_clusters.followed") if cluster in self.followed else ""

    @property
    def can_begin_at_rules(self) -> bool:
        """Whether the algorithm can be seeded, and there are rules to seed it with."""
        return self.algorithm in SEEDED and self.screen.project.insight.rules.stored() is not None

    @property
    def begins_at_rules(self) -> bool:
        """Whether the next fit begins at the rules."""
        return self.from_rules and self.can_begin_at_rules

    def recommendation(self) -> KRecommendation | None:
        """Return what the comparison on screen recommends."""
        if self.comparison is None:
            return None
        from workbench.insight import recommend_k

        return recommend_k(self.comparison)

    def choices(self, trait: str) -> list[tuple[str, Any]]:
        """Return the choices of a setting as (shown, value)."""
        t = self.screen.t
        if trait == "algorithm":
            return [(_capital(t(f"insight_room.algorithm.{name}")), name) for name in ALGORITHMS]
        if trait == "scaling":
            return [(t(f"insight_clusters.scaling.{name}"), name) for name in SCALINGS]
        if trait == "outliers":
            return [(t(f"insight_clusters.outliers.{name}"), name) for name in OUTLIERS]
        automatic = t("insight_clusters.bench.automatic")
        return [(locale.count(n, self.screen.lang) if n else automatic, n) for n in LEAST_SIZES]

    def python(self) -> str:
        """Return the Python that does what the bench is set to."""
        parts = [] if self.algorithm == "hdbscan" else [f"n_clusters={self.k}"]
        parts += [] if self.algorithm == "kmeans" else [f"algorithm={self.algorithm!r}"]
        parts += [] if self.scaling == "standard" else [f"scaling={self.scaling!r}"]
        parts += [] if self.outliers == "keep" else [f"outliers={self.outliers!r}"]
        parts += (
            [f"min_cluster_size={self.min_size}"] if self.algorithm == "hdbscan" and self.min_size else []
        )
        weights = self._settings()["weights"]
        parts += [] if weights is None else [f"weights={weights!r}"]
        seeds = ""
        if self.begins_at_rules:
            seeds = ", seeds=wb.seed_with_rules(features, customers, project.insight.rules.current())"
        return f"segmentation = wb.Segmenter({', '.join(parts)}).fit(features{seeds})"

    def python_features(self) -> str:
        """Return the Python that prepares the features in use."""
        if not self.choice.off:
            return "features = wb.prepare_features(wb.build_features(project.customers())).features"
        return f"features = features.drop(columns={sorted(self.choice.off & set(self.choice.names))!r})"

    def _say(self, kind: Any, key: str, **values: Any) -> None:
        with guarded(self.screen):
            self.screen.banner = Banner(kind, key, values)
            self.screen.touch()


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]

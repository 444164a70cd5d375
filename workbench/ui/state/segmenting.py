"""The analyst's bench inside the insight screen: compare, fit, label, approve."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import traitlets

from workbench import locale
from workbench.errors import ParameterProblem
from workbench.insight import feature_label
from workbench.ui.state.guard import guarded
from workbench.ui.state.jobs import Jobs
from workbench.ui.state.parts import Banner

if TYPE_CHECKING:
    from workbench.insight import LabelSuggestion, Segmenter
    from workbench.ui.state.insight import InsightState
    from workbench.ui.state.jobs import Report

K_RANGE = range(2, 13)
ALGORITHMS = ("kmeans", "minibatch_kmeans", "gaussian_mixture")
LABEL_LENGTH = 60
MESSAGE_PREFIXES = ("insight.bench.algorithm.",)


class Segmenting(traitlets.HasTraits):
    """One sitting at the bench; nothing is stored before `approve`.

    Any change of k or algorithm after a fit un-confirms it: the fit is dropped, so that
    what is approved is always what is on screen.

    Parameters
    ----------
    screen : InsightState
        The screen that shows the bench and gets the approved version.

    Attributes
    ----------
    k : int
        Number of clusters, 2 to 12.
    algorithm : str
        One of `ALGORITHMS`.
    """

    k = traitlets.Int(6, min=K_RANGE.start, max=K_RANGE.stop - 1)
    algorithm = traitlets.Enum(ALGORITHMS, default_value="kmeans")

    def __init__(self, screen: InsightState) -> None:
        self.screen = screen
        self.jobs: Jobs = screen.jobs
        self.features: pd.DataFrame | None = None
        self.comparison: pd.DataFrame | None = None
        self.segmenter: Segmenter | None = None
        self.profile: pd.DataFrame | None = None
        self.labels: dict[int, LabelSuggestion] = {}
        super().__init__()
        if screen.segmentation is not None:
            self.k = max(K_RANGE.start, min(len(screen.segmentation.segments), K_RANGE.stop - 1))
        self.observe(self._unconfirm, ["k", "algorithm"])

    def _unconfirm(self, _: Any) -> None:
        self.segmenter = self.profile = None
        self.labels = {}
        self.screen.touch()

    # Steps -----------------------------------------------------------------------

    def compare(self) -> None:
        """Compare all k in the background; the recommended one is chosen when done."""
        self.jobs.start(self._compare, self._compared, "insight.bench.phase.features")

    def _compare(self, report: Report) -> tuple[pd.DataFrame, pd.DataFrame]:
        from workbench.insight import compare_k

        features = self._built(report)
        return features, compare_k(features, K_RANGE, progress=report)

    def _compared(self, result: tuple[pd.DataFrame, pd.DataFrame]) -> None:
        from workbench.insight import recommend_k

        self.features, self.comparison = result
        recommended = recommend_k(self.comparison)
        if recommended.k >= K_RANGE.start:
            self.k = recommended.k
            self._say("done", "insight.bench.recommended", k=recommended.k, agree=recommended.agree,
                      all=len(recommended.votes))  # fmt: skip
        else:
            self._say("warn", "insight.bench.no_clusters")

    def fit(self) -> None:
        """Fit the clusters in the background and suggest labels."""
        k, algorithm = self.k, self.algorithm
        self.jobs.start(
            lambda report: self._fit(report, k, algorithm), self._fitted, "insight.bench.phase.features"
        )

    def _fit(self, report: Report, k: int, algorithm: str) -> tuple[Any, ...]:
        from workbench.insight import Segmenter, profile_clusters, suggest_labels

        features = self._built(report)
        report(0.4, "insight.bench.phase.fit")
        segmenter = Segmenter(n_clusters=k, algorithm=algorithm).fit(features)
        report(0.8, "insight.bench.phase.profile")
        profile = profile_clusters(features, segmenter.labels_)
        return features, segmenter, profile, suggest_labels(profile)

    def _fitted(self, result: tuple[Any, ...]) -> None:
        self.features, self.segmenter, self.profile, self.labels = result
        self._say("done", "insight.bench.fitted", k=self.segmenter.n_clusters)

    def _built(self, report: Report) -> pd.DataFrame:
        from workbench.insight import build_features

        if self.features is not None:
            return self.features
        report(0.02, "insight.bench.phase.features")
        return build_features(self.screen.project.customers())

    def rename(self, cluster: int, segment: str, segment_zh: str) -> None:
        """Change the suggested label of one cluster.

        Raises
        ------
        ParameterProblem
            If the label is empty, too long, or another cluster's.
        """
        name, name_zh = segment.strip(), segment_zh.strip()
        if not name or len(name) > LABEL_LENGTH or len(name_zh) > LABEL_LENGTH:
            raise ParameterProblem("insight.bench.bad_label", cluster=cluster, longest=LABEL_LENGTH)
        others = {label.segment for number, label in self.labels.items() if number != cluster}
        if name in others:
            raise ParameterProblem("insight.bench.same_label", label=name)
        self.labels = {
            **self.labels,
            cluster: replace(self.labels[cluster], segment=name, segment_zh=name_zh or name),
        }

    def rename_all(self, fields: dict[str, str]) -> None:
        """Take the labels of the form, fields ``en-<cluster>`` and ``zh-<cluster>``."""
        names = [fields.get(f"en-{number}", "").strip() for number in self.labels]
        for name in names:
            if name and names.count(name) > 1:
                raise ParameterProblem("insight.bench.same_label", label=name)
        # All at once, so that two clusters can swap names.
        before = dict(self.labels)
        self.labels = {n: replace(label, segment=f"\0{n}") for n, label in before.items()}
        try:
            for number in before:
                self.rename(number, fields.get(f"en-{number}", ""), fields.get(f"zh-{number}", ""))
        except ParameterProblem:
            self.labels = before
            raise

    def approve(self) -> None:
        """Store the fit with its labels as the cycle's next segmentation version.

        Raises
        ------
        ParameterProblem
            If nothing is fitted.
        """
        if self.segmenter is None or self.features is None:
            raise ParameterProblem("insight.bench.nothing_fitted")
        stored = self.screen.project.insight.approve(
            self.segmenter, self.features, labels=self.labels, comparison=self.comparison
        )
        self.screen.load()
        self._say("done", "insight.bench.approved", version=stored.version, n=len(stored.segments))

    # What the view draws ---------------------------------------------------------

    def rows(self) -> list[dict[str, Any]]:
        """Return one row a fitted cluster: number, size, what sets it apart, its labels."""
        if self.segmenter is None or self.profile is None:
            return []
        sizes = pd.Series(self.segmenter.labels_).value_counts()
        found = []
        for cluster, label in sorted(self.labels.items()):
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
                    "n": n,
                    "share": n / int(sizes.sum()),
                    "apart": " · ".join(apart),
                    "en": label.segment,
                    "zh": label.segment_zh,
                }
            )
        return found

    def algorithms(self) -> list[tuple[str, str]]:
        """Return the choices of algorithm as (shown, value)."""
        return [(self.screen.t(f"insight.bench.algorithm.{name}"), name) for name in ALGORITHMS]

    def python(self) -> str:
        """Return the Python that does what the bench is set to."""
        algorithm = "" if self.algorithm == "kmeans" else f", algorithm={self.algorithm!r}"
        return f"segmentation = wb.Segmenter(n_clusters={self.k}{algorithm}).fit(features)"

    def _say(self, kind: Any, key: str, **values: Any) -> None:
        with guarded(self.screen):
            self.screen.banner = Banner(kind, key, values)
            self.screen.touch()

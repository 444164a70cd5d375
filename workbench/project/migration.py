"""Two stored segmentations side by side, and the labels that follow from one to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import Conflict, NotFound, ParameterProblem
from workbench.project.segmentation import label_rows

if TYPE_CHECKING:
    from workbench.insight.versions import SegmentEvent, SegmentMigration
    from workbench.project.segmentation import Segmentation
    from workbench.store import Artefact
    from workbench.store.artefacts import Artefacts

_LABEL = ["segment", "segment_zh", "description", "description_zh"]


class VersionComparison:
    """What changed between two approved segmentations, of one cycle or of two.

    Everything is computed from the stored versions when it is first asked for, without
    scikit-learn or scipy, so that a reader's kernel can ask too.

    Parameters
    ----------
    insight : Comparing
        Where the versions are.
    before, after : Segmentation
        The earlier and the later one.
    """

    def __init__(self, insight: Comparing, before: Segmentation, after: Segmentation) -> None:
        self._insight = insight
        self.before = before
        self.after = after

    @cached_property
    def migration(self) -> SegmentMigration:
        """Who stayed, moved, joined and left; see `workbench.compare_segmentations`."""
        from workbench.insight.versions import compare_segmentations

        return compare_segmentations(self.before.membership, self.after.membership)

    @cached_property
    def happened(self) -> list[SegmentEvent]:
        """The segments' events with all their parts."""
        from workbench.insight.versions import segment_events

        return segment_events(self.migration)

    @cached_property
    def events(self) -> pd.DataFrame:
        """Segments split, merged, born, gone, renamed, continued; see `workbench.find_segment_events`."""
        from workbench.insight.versions import find_segment_events

        return find_segment_events(self.migration)

    @cached_property
    def features(self) -> tuple[pd.DataFrame, pd.DataFrame] | None:
        """The features that both versions were approved with, indexed by customer_id; None if unknown."""
        found = [self._insight.features_of(version) for version in (self.before, self.after)]
        one, other = found
        return None if one is None or other is None else (one, other)

    @cached_property
    def drift(self) -> pd.DataFrame | None:
        """The features' stability index; None where the features were not kept.

        See `workbench.population_stability_index`.
        """
        from workbench.insight.versions import population_stability_index

        if self.features is None or not set(self.features[0]) & set(self.features[1]):
            return None
        found = population_stability_index(*self.features)
        # A reader's kernel keeps the result, not the customers.
        del self.features
        return found

    @property
    def same_features(self) -> bool:
        """Whether both versions rest on one and the same table of features."""
        ids = [self._insight.features_id(version) for version in (self.before, self.after)]
        return ids[0] is not None and ids[0] == ids[1]

    def match_labels(self) -> pd.DataFrame:
        """Match the earlier labels with the later clusters; see `workbench.match_labels`."""
        from workbench.insight.versions import match_labels

        one, other = self.features or (None, None)
        return match_labels(
            self.before.membership, self.after.membership, features_before=one, features_after=other
        )

    def take_labels(self, labels: Mapping[int, str], *, note: str = "") -> Segmentation:
        """Give clusters of the later version labels of the earlier one: a new version.

        Chinese name, description and colour come along. Where another cluster bears the
        label, both exchange theirs.

        Parameters
        ----------
        labels : mapping of int to str
            Cluster of the later version → segment of the earlier one.
        note : str, default=""
            Why.

        Returns
        -------
        Segmentation
            The new version.

        Raises
        ------
        ParameterProblem
            If there is no such cluster, the earlier version has no such segment, or two
            clusters would share one.
        Conflict
            If the later version is not the cycle's newest any more.
        """
        now = self._newest()
        earlier = self.before.segments.set_index("segment", drop=False)
        rows = now.segments.drop(columns=["slot", "n"]).set_index("cluster")
        rows = rows.reindex(columns=_LABEL).astype("object")
        self._check(labels, list(earlier.index), list(rows.index))
        for cluster, label in labels.items():
            bears = rows.index[rows["segment"].eq(label) & (rows.index != cluster)]
            rows.loc[bears, :] = rows.loc[[cluster]].to_numpy()
            rows.loc[cluster, :] = earlier.reindex(columns=_LABEL).loc[label].to_numpy()
        insight = self._insight
        manifest = insight._artefacts.manifest(insight._artefacts.find(now.artefact_id))
        filled = rows.where(rows.notna(), "").to_dict("index")
        chosen = label_rows({int(str(c)): dict(row) for c, row in filled.items()}, list(rows.index))
        return insight._store(
            now.membership,
            chosen,
            insight.tables_of(now),
            now.model,
            now.embedding_info,
            inputs=manifest["inputs"],
            seed=manifest["seed"],
            note=note or now.note,
            renamed={},
        )

    def _newest(self) -> Segmentation:
        now = self._insight.segmentation()
        if now.version != self.after.version:
            raise Conflict(
                "insight_versions.error.not_newest",
                difference={"version": (self.after.version, now.version)},
                version=self.after.version,
                newest=now.version,
            )
        return now

    def _check(self, labels: Mapping[int, str], known: list[str], clusters: list[int]) -> None:
        wanted = list(labels.values())
        for cluster, label in labels.items():
            if cluster not in clusters:
                there = ", ".join(map(str, sorted(clusters)))
                raise ParameterProblem("project.error.no_cluster", cluster=cluster, known=there)
            if label not in known:
                raise ParameterProblem(
                    "insight_versions.error.no_such_label",
                    version=self.before.version,
                    label=label,
                    known=", ".join(known),
                )
            if wanted.count(label) > 1:
                raise ParameterProblem("insight_versions.error.twice", label=label)


class Comparing:
    """What a cycle's insight does with two versions; part of `Insight`."""

    _artefacts: Artefacts
    # What `Insight` brings.
    segmentation: Callable[..., Segmentation]
    versions: Callable[..., pd.DataFrame]
    artefact: Callable[..., Artefact | None]
    tables_of: Callable[[Segmentation], dict[str, pd.DataFrame]]
    _store: Callable[..., Segmentation]

    def compare(self, version: int | None = None, other: int | None = None) -> VersionComparison:
        """Compare two approved segmentations, of one cycle or of two.

        Parameters
        ----------
        version : int, optional
            The later one; by default the cycle's newest.
        other : int, optional
            The earlier one; by default the version before.

        Returns
        -------
        VersionComparison
            ``migration``, ``events`` and ``drift``.

        Raises
        ------
        NotFound
            If there is no such version, or no second one.
        ParameterProblem
            If both are the same.
        """
        later = self.segmentation(version)
        if other is None:
            known = self.versions()["version"]
            # The one before; for the oldest, the next.
            older, newer = known[known < later.version], known[known > later.version]
            if older.empty and newer.empty:
                raise NotFound("insight_versions.error.only_one", version=later.version)
            other = int(newer.min() if older.empty else older.max())
        if other == later.version:
            raise ParameterProblem("insight_versions.error.same", version=other)
        kept: dict[tuple[int, int], VersionComparison] = self.__dict__.setdefault("_compared", {})
        if (other, later.version) not in kept:
            kept[other, later.version] = VersionComparison(self, self.segmentation(other), later)
        return kept[other, later.version]

    def suggest_carried_labels(self, segmenter: Any, features: pd.DataFrame) -> pd.DataFrame:
        """Match the newest approved labels with a fit that is not approved yet.

        Parameters
        ----------
        segmenter : Segmenter
            Fitted.
        features : pandas.DataFrame of shape (n_customers, n_features)
            Indexed by customer_id.

        Returns
        -------
        pandas.DataFrame
            As `workbench.match_labels`, with the Chinese name and the descriptions of the
            label suggested; ``attrs["version"]`` says whose labels they are: the cycle's
            newest version, else the newest of all.

        Raises
        ------
        NotFound
            If nothing is approved yet.
        """
        from workbench.insight.versions import match_labels

        before = self._newest_labels()
        numbers = segmenter.predict(features)
        after = pd.DataFrame({"customer_id": features.index.astype("str"), "cluster": numbers})
        matches = match_labels(
            before.membership,
            after,
            features_before=self.features_of(before),
            features_after=features,
        )
        labels = before.segments.set_index("segment")
        for name in _LABEL[1:]:
            if name in labels:
                matches[name] = matches["label"].map(labels[name])
        matches.attrs["version"] = before.version
        return matches

    def features_of(self, segmentation: Segmentation) -> pd.DataFrame | None:
        """Return the features that a version was approved with, or None if they were not kept."""
        artefact_id = self.features_id(segmentation)
        if artefact_id is None:
            return None
        frame = self._artefacts.read(self._artefacts.find(artefact_id), "features")
        return frame.set_index("customer_id")

    def features_id(self, segmentation: Segmentation) -> str | None:
        """Return the artefact of the features that a version was approved with, or None."""
        manifest = self._artefacts.manifest(self._artefacts.find(segmentation.artefact_id))
        return next((each for each in manifest["inputs"] if each.startswith("features/")), None)

    def _newest_labels(self) -> Segmentation:
        """Return the cycle's newest version, else the newest of all."""
        artefact = self.artefact()
        if artefact is not None:
            return self.segmentation(artefact.version)
        known = self.versions()["version"]
        if known.empty:
            raise NotFound("insight_versions.error.nothing_before")
        return self.segmentation(int(known.max()))

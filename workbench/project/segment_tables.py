"""What is stored with a segmentation beside its members: features, picture, typical members."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound
from workbench.project.segmentation import Segmentation, embedding_info, embedding_tables, newer

if TYPE_CHECKING:
    from workbench.insight import Preparation
    from workbench.project.handle import Project
    from workbench.store.artefacts import Artefacts

READ_LATER = ("everyone", "typical")
"""Tables of a segmentation that are read only when somebody asks."""
PICTURE = ("embedding", "everyone")
TYPICAL = 12


class SegmentTables:
    """What `Insight` reads of a segmentation's tables, and stores again with another picture."""

    _project: Project
    _artefacts: Artefacts
    # What `Insight` brings.
    segmentation: Callable[..., Segmentation]
    _store: Callable[..., Segmentation]

    def restore(self, version: int, *, note: str = "") -> Segmentation:
        """Approve an older version of this cycle again: it becomes the newest, content unchanged.

        Parameters
        ----------
        version : int
            Which.
        note : str, default=""
            Why; by default as it was.

        Raises
        ------
        NotFound
            If this cycle has no such version.
        """
        old = self.segmentation(version)
        if old.cycle_id != self._project.need_cycle().cycle_id:
            raise NotFound("project.error.no_segmentation_version", version=version)
        manifest = self._artefacts.manifest(self._artefacts.find(old.artefact_id))
        labels = old.segments.drop(columns=["slot", "n"])
        preferred = dict(zip(old.segments["segment"], old.segments["slot"].astype(int), strict=True))
        return self._store(
            old.membership,
            labels,
            self.tables_of(old),
            old.model,
            old.embedding_info,
            inputs=manifest["inputs"],
            seed=manifest["seed"],
            note=note or old.note,
            renamed={},
            preferred=preferred,
        )

    def redraw(self, embedding: Any, *, note: str = "", expected_version: int | None = None) -> Segmentation:
        """Give the newest segmentation another picture: a new version, the rest unchanged.

        Parameters
        ----------
        embedding : Embedding
            What `embed` returned for its features.
        note : str, default=""
            Why.
        expected_version : int, optional
            The version that was looked at.

        Raises
        ------
        Conflict
            If somebody approved a newer version first.
        """
        now = self._looked_at(expected_version, None, "")
        manifest = self._artefacts.manifest(self._artefacts.find(now.artefact_id))
        tables = {name: frame for name, frame in self.tables_of(now).items() if name not in PICTURE}
        return self._store(
            now.membership,
            now.segments.drop(columns=["slot", "n"]),
            tables | embedding_tables(embedding),
            now.model,
            embedding_info(embedding),
            inputs=manifest["inputs"],
            seed=manifest["seed"],
            note=note or now.note,
            renamed={},
        )

    def select(
        self,
        *,
        segment: str | None = None,
        stage: str | None = None,
        outline: Sequence[Sequence[float]] | None = None,
        version: int | None = None,
    ) -> pd.Series:
        """Return the customer_ids that are chosen by segment, lifecycle stage or an outline.

        Parameters
        ----------
        segment : str, optional
            Label of a segment.
        stage : str, optional
            A lifecycle stage of the portrait.
        outline : sequence of (float, float), optional
            Corners around customers in the picture, in its places (`everyone`).
        version : int, optional
            Of the segmentation; by default the cycle's newest.

        Returns
        -------
        pandas.Series
            Their ids, those who are all of it: `Reshaping.split` and `move` take them.
        """
        from workbench.insight import inside_polygon

        now = self.segmentation(version)
        ids = now.membership["customer_id"]
        if segment is not None:
            ids = ids[now.membership["segment"] == segment]
        if stage is not None:
            portrait = self._project.customers(columns=["customer_id", "lifecycle_stage"])
            ids = ids[ids.isin(portrait.loc[portrait["lifecycle_stage"] == stage, "customer_id"])]
        if outline is not None:
            places = self.everyone(version)
            if places is None:
                return ids.iloc[:0]
            inside = inside_polygon(places["x"], places["y"], outline)
            ids = ids[ids.isin(places["customer_id"].to_numpy()[inside])]
        return ids.reset_index(drop=True)

    def features(self, version: int | None = None) -> pd.DataFrame:
        """Return the features that a segmentation was made from, indexed by customer_id.

        Parameters
        ----------
        version : int, optional
            Of the segmentation; by default the cycle's newest.
        """
        now = self.segmentation(version)
        inputs = self._artefacts.manifest(self._artefacts.find(now.artefact_id))["inputs"]
        source = next(one for one in inputs if one.startswith("features/"))
        return self._artefacts.read(self._artefacts.find(source), "features").set_index("customer_id")

    def preparation(self, version: int | None = None) -> Preparation | None:
        """Return what was left out of a segmentation's features and why, without the features.

        Parameters
        ----------
        version : int, optional
            Of the segmentation; by default the cycle's newest.

        Returns
        -------
        Preparation or None
            None where none was stored.
        """
        from workbench.insight import Preparation

        artefact = self._artefacts.find(self.segmentation(version).artefact_id)
        if "excluded" not in self._artefacts.tables(artefact):
            return None
        excluded, notes = (self._artefacts.read(artefact, name) for name in ("excluded", "feature_notes"))
        return Preparation(pd.DataFrame(columns=list(notes["feature"])), excluded, notes)

    def stability(self, version: int | None = None) -> pd.DataFrame | None:
        """Return how stable the segments are: a table `K_STABILITY`, or None.

        From what was stored with them, else from the comparison that found them: the same
        algorithm, number and sizes. Segments split or merged since then have none.

        Parameters
        ----------
        version : int, optional
            Of the segmentation; by default the cycle's newest.
        """
        from workbench.insight import cluster_stability

        now = self.segmentation(version)
        artefact = self._artefacts.find(now.artefact_id)
        sizes = now.segments[now.segments["cluster"] >= 0].set_index("cluster")["n"].to_dict()
        found = []
        if "stability" in self._artefacts.tables(artefact):
            found.append(self._artefacts.read(artefact, "stability"))
        if now.comparison is not None:
            compared = cluster_stability(now.comparison)
            algorithm = (now.model.get("parameters") or {}).get("algorithm")
            found.append(compared[(compared["algorithm"] == algorithm) & (compared["k"] == len(sizes))])
        fitting = [one for one in found if one.set_index("cluster")["n"].to_dict() == sizes]
        return fitting[0].reset_index(drop=True) if fitting else None

    def everyone(self, version: int | None = None) -> pd.DataFrame | None:
        """Return where each customer lies in the picture, or None without a picture.

        Segmentations of older versions of this program have the drawn sample only.
        """
        now = self.segmentation(version)
        artefact = self._artefacts.find(now.artefact_id)
        if "everyone" in self._artefacts.tables(artefact):
            return self._artefacts.read(artefact, "everyone")
        return now.embedding

    def typical(self, version: int | None = None) -> pd.DataFrame | None:
        """Return the members that stand for each cluster, see `typical_members`, or None."""
        artefact = self._artefacts.find(self.segmentation(version).artefact_id)
        if "typical" not in self._artefacts.tables(artefact):
            return None
        return self._artefacts.read(artefact, "typical")

    def tables_of(self, now: Segmentation) -> dict[str, pd.DataFrame]:
        """Return a segmentation's tables beside membership and segments, to store them again."""
        artefact = self._artefacts.find(now.artefact_id)
        there = set(self._artefacts.tables(artefact)) - {"membership", "segments"}
        return {name: self._artefacts.read(artefact, name) for name in sorted(there)}

    def described(self, features: pd.DataFrame, numbers: pd.Series) -> dict[str, pd.DataFrame]:
        """Return the tables that describe clusters: their profile and typical members."""
        from workbench.insight import profile_clusters, typical_members

        portrait = self._project.imports.portrait()
        customers = None if portrait is None else self._project.customers()
        return {
            "profile": profile_clusters(features, numbers, customers=customers),
            "typical": typical_members(features, numbers, n=TYPICAL),
        }

    def _looked_at(self, expected: int | None, cluster: int | None, segment: str) -> Segmentation:
        now = self.segmentation()
        if expected is not None and expected != now.version:
            raise newer(expected, now, -1 if cluster is None else cluster, segment)
        return now

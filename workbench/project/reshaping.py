"""Change an approved segmentation by hand: split, merge, move customers, go back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.project.segment_tables import SegmentTables
from workbench.project.segmentation import Segmentation, label_rows

Labels = dict[int, dict[str, Any]]


class Reshaping(SegmentTables):
    """What `Insight` can do to the newest segmentation: each gives a new version.

    To undo, approve the older version again: `restore`.
    """

    def split(
        self,
        cluster: int | None = None,
        *,
        k: int = 2,
        customers: Iterable[str] | None = None,
        segment: str | None = None,
        segment_zh: str | None = None,
        note: str = "",
        expected_version: int | None = None,
        random_state: int = 0,
    ) -> Segmentation:
        r"""Split a segment by k-means inside it, or take customers out as a segment of their own.

        The largest part keeps number, label and colour; each other part is labelled by
        what sets it apart from the rest of the segment.

        Parameters
        ----------
        cluster : int, optional
            The cluster to split. With `customers`, only those inside it are taken; by
            default all of them, from whichever cluster.
        k : int, default=2
            Parts, without `customers`.
        customers : iterable of str, optional
            The customer_ids to take out, as drawn around in the picture.
        segment, segment_zh : str, optional
            Label of the new segment (of the second part, where there are more).
        note : str, default=""
            Why.
        expected_version : int, optional
            The version that was looked at; if a newer one was approved since, it is a
            Conflict.
        random_state : int, default=0
            Seed of the k-means.

        Returns
        -------
        Segmentation
            The new version.

        Raises
        ------
        ParameterProblem
            If there is no such cluster, it has too few different customers, or none, all
            or unknown customers are given.
        Conflict
            If somebody approved a newer version first.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> import workbench as wb
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> rows = [f"{i},{20 + i % 3 + 20 * (i % 4)}" for i in range(60)]
        >>> text = "\n".join(["id,age", *rows])
        >>> _ = (folder / "people.csv").write_text(text)
        >>> columns = '[file.columns]\ncustomer_id = "id"\nage = "age"\nkind = { constant = "retail" }\n'
        >>> mapping = '[[file]]\npattern = "people.csv"\ntable = "customers"\n' + columns
        >>> _ = (folder / "mapping.toml").write_text(mapping)
        >>> project = wb.create_project(folder / "bank")
        >>> _ = project.import_files(folder, snapshot_date="2026-09-30")
        >>> features = wb.build_features(project.customers())
        >>> segmenter = wb.Segmenter(n_clusters=2).fit(features)
        >>> _ = project.insight.approve(segmenter, features, labels={0: "Young", 1: "Old"})
        >>> project.insight.split(1, k=2, segment="Oldest").segments["segment"].tolist()
        ['Young', 'Old', 'Oldest']
        >>> project.insight.merge([1, 2], segment="Old again").segments["segment"].tolist()
        ['Young', 'Old again']
        >>> project.insight.restore(1).segments["segment"].tolist()
        ['Young', 'Old']
        """
        now = self._looked_at(expected_version, cluster, segment or "")
        numbers = now.membership.set_index("customer_id")["cluster"].astype("int64")
        if cluster is not None:
            self._known(now, [cluster])
        features = self._features_of(now, numbers)
        labels = _labels_of(now)
        first_new = int(numbers.max()) + 1
        if customers is not None:
            chosen = self._chosen(numbers, customers)
            if cluster is not None:
                chosen &= (numbers == cluster).to_numpy()
            if not chosen.any() or chosen.all():
                raise ParameterProblem("project.error.split_nobody", n=int(chosen.sum()))
            from workbench.insight.reshaped import taken_step

            step = taken_step(features, numbers.to_numpy(), chosen, first_new)
            changed = numbers.where(~chosen, first_new)
            labels[first_new] = self._described(features, chosen, "", segment, segment_zh, labels)
        else:
            assert cluster is not None or self._needs_cluster()
            from workbench.insight import Segmenter
            from workbench.insight.reshaped import split_step

            inside = (numbers == cluster).to_numpy()
            segmenter = Segmenter(n_clusters=k, random_state=random_state).fit(features[inside])
            parts = [int(cluster or 0), *range(first_new, first_new + k - 1)]
            step = split_step(int(cluster or 0), parts, segmenter)
            changed = numbers.copy()
            changed[inside] = np.asarray(parts)[segmenter.labels_]
            old = str(labels[parts[0]]["segment"])
            for position, part in enumerate(parts[1:], 1):
                given = (segment, segment_zh) if position == 1 else (None, None)
                apart = np.asarray(segmenter.labels_) == position
                labels[part] = self._described(features[inside], apart, old, *given, labels)
        return self._reshaped(now, features, changed, labels, step, note)

    def merge(
        self,
        clusters: Sequence[int],
        *,
        segment: str | None = None,
        segment_zh: str | None = None,
        note: str = "",
        expected_version: int | None = None,
    ) -> Segmentation:
        """Merge segments into the first of them, which keeps its number and colour.

        Parameters
        ----------
        clusters : sequence of int
            At least two; the first takes up the others.
        segment, segment_zh : str, optional
            Label of the merged segment; by default that of the first.
        note : str, default=""
            Why.
        expected_version : int, optional
            The version that was looked at.

        Returns
        -------
        Segmentation
            The new version.

        Raises
        ------
        ParameterProblem
            If fewer than two different clusters are given, or one that does not exist.
        Conflict
            If somebody approved a newer version first.
        """
        wanted = list(dict.fromkeys(int(one) for one in clusters))
        now = self._looked_at(expected_version, wanted[0] if wanted else None, segment or "")
        self._known(now, wanted)
        if len(wanted) < 2:
            raise ParameterProblem("project.error.merge_two", n=len(wanted))
        from workbench.insight.reshaped import merge_step

        numbers = now.membership.set_index("customer_id")["cluster"].astype("int64")
        changed = numbers.where(~numbers.isin(wanted[1:]), wanted[0])
        labels = _labels_of(now)
        old = str(labels[wanted[0]]["segment"])
        for gone in wanted[1:]:
            del labels[gone]
        kept = labels[wanted[0]]
        if segment and segment.strip() != old:
            # A description of one of them is not one of both.
            kept |= {"segment": segment.strip(), "segment_zh": segment_zh or segment.strip()}
        kept |= {"description": "", "description_zh": ""}
        renamed = {str(kept["segment"]): old} if kept["segment"] != old else {}
        features = self._features_of(now, numbers)
        return self._reshaped(now, features, changed, labels, merge_step(wanted), note, renamed)

    def move(
        self,
        customers: Iterable[str],
        cluster: int,
        *,
        note: str = "",
        expected_version: int | None = None,
    ) -> Segmentation:
        """Move customers into another segment.

        They are exceptions that hold for this snapshot: another cycle's customers are
        assigned by the rules of the segmentation, without them.

        Parameters
        ----------
        customers : iterable of str
            Their customer_ids, as drawn around in the picture.
        cluster : int
            Where they belong.
        note : str, default=""
            Why.
        expected_version : int, optional
            The version that was looked at.

        Returns
        -------
        Segmentation
            The new version.

        Raises
        ------
        ParameterProblem
            If there is no such cluster, or no customer to move.
        Conflict
            If somebody approved a newer version first.
        """
        now = self._looked_at(expected_version, cluster, "")
        self._known(now, [cluster])
        numbers = now.membership.set_index("customer_id")["cluster"].astype("int64")
        chosen = self._chosen(numbers, customers) & (numbers != cluster).to_numpy()
        if not chosen.any():
            raise ParameterProblem("project.error.move_nobody", cluster=cluster)
        features = self._features_of(now, numbers)
        changed = numbers.where(~chosen, cluster)
        labels = {number: row for number, row in _labels_of(now).items() if number in set(changed)}
        return self._reshaped(now, features, changed, labels, None, note)

    # Inside ----------------------------------------------------------------------

    def _known(self, now: Segmentation, clusters: Sequence[int]) -> None:
        there = sorted(now.segments["cluster"])
        for cluster in clusters:
            if cluster not in there:
                known = ", ".join(str(one) for one in there)
                raise ParameterProblem("project.error.no_cluster", cluster=cluster, known=known)

    def _needs_cluster(self) -> bool:
        raise ParameterProblem("project.error.split_what")

    def _chosen(self, numbers: pd.Series, customers: Iterable[str]) -> np.ndarray:
        wanted = pd.Index([str(one) for one in customers]).unique()
        unknown = wanted.difference(numbers.index)
        if len(unknown):
            raise ParameterProblem("project.error.unknown_customers", n=len(unknown))
        return numbers.index.isin(wanted)

    def _features_of(self, now: Segmentation, numbers: pd.Series) -> pd.DataFrame:
        return self.features(now.version).loc[numbers.index]

    def _described(
        self,
        features: pd.DataFrame,
        chosen: np.ndarray,
        old: str,
        segment: str | None,
        segment_zh: str | None,
        labels: Labels,
    ) -> dict[str, Any]:
        """Return the label of a new segment: the given one, or what sets it apart."""
        from workbench.insight import describe_group
        from workbench.insight.labels import describe_differences

        differences = describe_group(features, chosen).set_index("feature")["difference"]
        found = describe_differences(differences, words=1 if old else 2)
        taken = {str(row["segment"]) for row in labels.values()}
        before = next((row for row in labels.values() if row["segment"] == old), {})
        name = (segment or "").strip() or (f"{old} · {found.segment}" if old else found.segment)
        name_zh = (segment_zh or "").strip() or ((segment or "").strip())
        if not name_zh:
            parent = str(before.get("segment_zh") or old)
            name_zh = f"{parent} · {found.segment_zh}" if old else found.segment_zh
        if name in taken and not segment:
            name, name_zh = (f"{one} ({len(labels) + 1})" for one in (name, name_zh))
        return {
            "segment": name,
            "segment_zh": name_zh,
            "description": found.description,
            "description_zh": found.description_zh,
        }

    def _reshaped(
        self,
        now: Segmentation,
        features: pd.DataFrame,
        changed: pd.Series,
        labels: Mapping[int, Any],
        step: dict[str, Any] | None,
        note: str,
        renamed: Mapping[str, str] | None = None,
    ) -> Segmentation:
        present = sorted({int(one) for one in changed})
        chosen = label_rows(labels, present)
        manifest = self._artefacts.manifest(self._artefacts.find(now.artefact_id))
        model = now.model
        if step is not None:
            model = {**model, "reshaped": [*model.get("reshaped", []), step]}
        sources = [one for one in manifest["inputs"] if not one.startswith("segmentation/")]
        return self._store(
            changed.rename_axis("customer_id").rename("cluster").reset_index(),
            chosen,
            self.tables_of(now) | self.described(features, changed),
            model,
            now.embedding_info,
            inputs=[*sources, now.artefact_id],
            seed=manifest["seed"],
            note=note or now.note,
            renamed=renamed or {},
        )


def _labels_of(now: Segmentation) -> Labels:
    rows = now.segments.drop(columns=["slot", "n"]).set_index("cluster")
    return {
        int(str(cluster)): {str(name): value for name, value in row.items()}
        for cluster, row in rows.iterrows()
    }

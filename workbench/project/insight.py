"""Segmentations: who approved which, from what, with which colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound, ParameterProblem
from workbench.project.migration import Comparing
from workbench.project.reshaping import Reshaping
from workbench.project.segment_tables import READ_LATER
from workbench.project.segmentation import (
    Segmentation,
    embedding_info,
    embedding_tables,
    label_rows,
    model_of,
    newer,
    portrait_figures,
    preparation_tables,
)
from workbench.store import Artefact
from workbench.tables import MEMBERSHIP, SEGMENTS

if TYPE_CHECKING:
    from workbench.insight import Preparation, RuleSet
    from workbench.project.handle import Project
    from workbench.project.portraits import Portraits
    from workbench.project.rooms import Rooms
    from workbench.project.rulebook import Rulebook
    from workbench.project.ties import Ties
    from workbench.project.valuation import Valuation


class Insight(Comparing, Reshaping):
    """Insight of one cycle: its segmentations.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._artefacts = project.store.artefacts
        self._read: dict[str, Segmentation] = {}

    @cached_property
    def value(self) -> Valuation:
        """What the customers are worth: RFM scores and expected future value."""
        from workbench.project.valuation import Valuation

        return Valuation(self._project)

    @cached_property
    def rules(self) -> Rulebook:
        """Expert rules: saved, evaluated, approved as segments."""
        from workbench.project.rulebook import Rulebook

        return Rulebook(self._project)

    @cached_property
    def rooms(self) -> Rooms:
        """Brainstorm rooms, and what comes out of them."""
        from workbench.project.rooms import Rooms

        return Rooms(self._project)

    def approve_rules(self, rules: RuleSet | None = None, note: str = "") -> Segmentation:
        """Approve a rule set as the cycle's segmentation; see `Rulebook.approve`."""
        return self.rules.approve(rules, note)

    @cached_property
    def portraits(self) -> Portraits:
        """Four faces of every customer, where each field comes from, and the rules of stages and tiers."""
        from workbench.project.portraits import Portraits

        return Portraits(self._project)

    @cached_property
    def links(self) -> Ties:
        """Who is one customer, and which companies stand behind the retail customers."""
        from workbench.project.ties import Ties

        return Ties(self._project)

    def approve(
        self,
        segmenter: Any,
        features: pd.DataFrame,
        *,
        labels: Mapping[int, Any] | None = None,
        comparison: pd.DataFrame | None = None,
        embedding: Any = None,
        preparation: Preparation | None = None,
        stability: pd.DataFrame | None = None,
        note: str = "",
    ) -> Segmentation:
        """Approve a segmentation: it becomes the cycle's newest version.

        Parameters
        ----------
        segmenter : Segmenter
            Fitted.
        features : pandas.DataFrame of shape (n_customers, n_features)
            Indexed by customer_id.
        labels : mapping of int to LabelSuggestion, dict or str, optional
            The label of each cluster; by default suggested from the profile.
        comparison : pandas.DataFrame, optional
            What `compare_k` returned.
        embedding : Embedding, optional
            What `embed` returned.
        preparation : Preparation, optional
            What `prepare_features` returned: stored beside the segmentation, so that a
            reader sees what was left out and why.
        stability : pandas.DataFrame, optional
            What `segment_stability` returned, where these segments are in no comparison.
        note : str, default=""
            Why this one.

        Returns
        -------
        Segmentation
            The new version, or the one with the same content.

        Raises
        ------
        ParameterProblem
            If a cluster has no label, or two share one.
        NotAllowed
            If the role may not approve.
        """
        from workbench.insight import suggest_labels

        project = self._project
        cycle = project.need_cycle()
        portrait = project.imports.portrait()
        clusters = segmenter.predict(features)
        numbers = pd.Series(clusters, index=features.index).astype("int64")
        described = self.described(features, numbers)
        given = labels if labels is not None else suggest_labels(described["profile"])
        chosen = label_rows(given, sorted(set(numbers)))
        stored = self._artefacts.save(
            "features",
            {"features": features.rename_axis("customer_id").reset_index()},
            cycle_id=cycle.cycle_id,
            inputs=[portrait.artefact_id] if portrait else [],
            summary={"n": len(features), "n_features": features.shape[1]},
        )
        membership = pd.DataFrame(
            {"customer_id": features.index.astype("str"), "cluster": numbers.to_numpy()}
        )
        return self._store(
            membership,
            chosen,
            described
            | ({} if comparison is None else {"comparison": comparison})
            | ({} if embedding is None else embedding_tables(embedding))
            | preparation_tables(preparation)
            | ({} if stability is None else {"stability": stability}),
            model_of(segmenter),
            None if embedding is None else embedding_info(embedding),
            inputs=[stored.artefact_id],
            seed=getattr(segmenter, "random_state", None),
            note=note,
            renamed={},
            preferred={label.segment: label.slot for label in given.values() if getattr(label, "slot", 0)},
        )

    def _store(
        self,
        membership: pd.DataFrame,
        labels: pd.DataFrame,
        tables: dict[str, pd.DataFrame],
        model: dict[str, Any],
        embedding_info: dict[str, Any] | None,
        *,
        inputs: Sequence[str],
        seed: int | None,
        note: str,
        renamed: Mapping[str, str],
        preferred: Mapping[str, int] | None = None,
    ) -> Segmentation:
        cycle = self._project.need_cycle()
        counts = membership["cluster"].value_counts()
        segments = labels.assign(n=labels["cluster"].map(counts).fillna(0).astype("int64"))
        segments = segments.sort_values(["n", "cluster"], ascending=[False, True], ignore_index=True)
        slots = self._project.store.slots.assign(
            cycle.cycle_id, list(segments["segment"]), renamed, preferred
        )
        segments.insert(5, "slot", segments["segment"].map(slots).astype("int64"))
        names = dict(zip(segments["cluster"], segments["segment"], strict=True))
        members = membership[["customer_id", "cluster"]].assign(
            segment=membership["cluster"].map(names).astype("str")
        )
        artefact = self._artefacts.save(
            "segmentation",
            {"membership": MEMBERSHIP.check(members), "segments": SEGMENTS.check(segments), **tables},
            cycle_id=cycle.cycle_id,
            documents={"model": model},
            inputs=inputs,
            seed=seed,
            summary={
                "n": len(members),
                "n_segments": len(segments),
                "note": note,
                "embedding": embedding_info,
                "figures": portrait_figures(self._project, members["customer_id"]),
            },
        )
        approved = self._of(artefact)
        if self._project.imports.portrait() is not None:
            self.rules.learn_segments(approved)
        return approved

    def segmentation(self, version: int | None = None) -> Segmentation:
        """Return an approved segmentation, by default the cycle's newest.

        Parameters
        ----------
        version : int, optional
            Its number; any cycle's.

        Raises
        ------
        NotFound
            If there is none.
        """
        artefact = self._find(version)
        if artefact is None:
            cycle = self._project.cycle.cycle_id
            if version is None:
                raise NotFound("project.error.no_segmentation", cycle=cycle or "-")
            raise NotFound("project.error.no_segmentation_version", version=version)
        return self._of(artefact)

    def versions(self) -> pd.DataFrame:
        """Return every approved version of the project, oldest first, without opening them.

        Returns
        -------
        pandas.DataFrame
            version, cycle_id, n, n_segments, note, approved_at, approved_by, sha256.
        """
        rows = [
            (
                a.version,
                a.cycle_id,
                a.summary["n"],
                a.summary["n_segments"],
                a.summary["note"],
                a.created_at,
                a.created_by,
                a.sha256,
            )
            for a in self._artefacts.versions("segmentation")
        ]
        columns = ["version", "cycle_id", "n", "n_segments", "note", "approved_at", "approved_by", "sha256"]
        return pd.DataFrame(rows, columns=columns)

    def relabel(
        self,
        cluster: int,
        segment: str,
        *,
        segment_zh: str | None = None,
        description: str | None = None,
        description_zh: str | None = None,
        note: str = "",
        expected_version: int | None = None,
    ) -> Segmentation:
        """Give a cluster of the newest segmentation another label: a new version.

        The segment's colour goes along with it.

        Parameters
        ----------
        cluster : int
            The cluster.
        segment : str
            Its new label.
        segment_zh, description, description_zh : str, optional
            What else changes; by default they stay.
        note : str, default=""
            Why.
        expected_version : int, optional
            The version that was looked at; if a newer one was approved since, it is a
            Conflict.

        Raises
        ------
        ParameterProblem
            If there is no such cluster, or another one has the label.
        Conflict
            If somebody approved a newer version first.
        """
        now = self.segmentation()
        if expected_version is not None and expected_version != now.version:
            raise newer(expected_version, now, cluster, segment)
        if cluster not in set(now.segments["cluster"]):
            known = ", ".join(str(c) for c in sorted(now.segments["cluster"]))
            raise ParameterProblem("project.error.no_cluster", cluster=cluster, known=known)
        labels = now.segments.drop(columns=["slot", "n"]).set_index("cluster")
        old = str(labels.loc[cluster, "segment"])
        given = {
            "segment": segment.strip(),
            "segment_zh": segment_zh,
            "description": description,
            "description_zh": description_zh,
        }
        for column, value in given.items():
            if value is not None:
                labels.loc[cluster, column] = value
        chosen = label_rows({int(str(c)): dict(row) for c, row in labels.iterrows()}, list(labels.index))
        source = self._artefacts.find(now.artefact_id)
        manifest = self._artefacts.manifest(source)
        return self._store(
            now.membership,
            chosen,
            self.tables_of(now),
            now.model,
            now.embedding_info,
            inputs=manifest["inputs"],
            seed=manifest["seed"],
            note=note or now.note,
            renamed={segment.strip(): old} if segment.strip() != old else {},
        )

    def artefact(self) -> Artefact | None:
        """Return the cycle's newest segmentation without opening it, or None."""
        return self._find(None)

    def slots(self) -> dict[str, int]:
        """Return label → colour slot (1 to 10; 0 is grey) of the labels in use."""
        return self._project.store.slots.of_cycle(self._project.cycle.cycle_id)

    def _find(self, version: int | None) -> Artefact | None:
        if version is None:
            cycle_id = self._project.cycle.cycle_id
            return self._artefacts.latest("segmentation", cycle_id) if cycle_id else None
        known = self._artefacts.versions("segmentation")
        return next((a for a in known if a.version == version), None)

    def _of(self, artefact: Artefact) -> Segmentation:
        known = self._read.get(artefact.artefact_id)
        if known is None:
            there = [name for name in self._artefacts.tables(artefact) if name not in READ_LATER]
            tables = {name: self._artefacts.read(artefact, name) for name in there}
            assert artefact.cycle_id is not None
            known = self._read[artefact.artefact_id] = Segmentation(
                version=artefact.version,
                cycle_id=artefact.cycle_id,
                segments=tables["segments"],
                membership=tables["membership"],
                profile=tables["profile"],
                comparison=tables.get("comparison"),
                embedding=tables.get("embedding"),
                embedding_info=artefact.summary.get("embedding"),
                approved_at=artefact.created_at,
                approved_by=artefact.created_by,
                note=artefact.summary.get("note", ""),
                sha256=artefact.sha256,
                n=artefact.summary["n"],
                artefact_id=artefact.artefact_id,
                model=self._artefacts.document(artefact, "model"),
            )
        return known

"""What an approved segmentation is."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import Conflict, ParameterProblem

if TYPE_CHECKING:
    from workbench.insight import Preparation

_LABEL = ("segment", "segment_zh", "description", "description_zh")


@dataclass(frozen=True)
class Segmentation:
    """One approved segmentation.

    Parameters
    ----------
    version : int
        Its number in the project.
    cycle_id : str
        The cycle it was approved in.
    segments : pandas.DataFrame
        `workbench.tables.SEGMENTS` with description_zh.
    membership : pandas.DataFrame
        `workbench.tables.MEMBERSHIP`.
    profile : pandas.DataFrame
        `workbench.tables.PROFILE`.
    comparison : pandas.DataFrame or None
        `workbench.tables.K_COMPARISON` that the number of clusters was chosen by.
    embedding : pandas.DataFrame or None
        `workbench.tables.EMBEDDING`: the picture's points.
    embedding_info : dict or None
        method, trustworthiness, n_sample, n_total of the picture.
    approved_at : datetime.datetime
        UTC.
    approved_by, note : str
        Who, and what they wrote.
    sha256 : str
        Hash of the content.
    n : int
        Customers.
    artefact_id : str
        Where it is stored.
    model : dict
        The segmenter's parameters and centroids, for `Segmenter.from_json`.
    """

    version: int
    cycle_id: str
    segments: pd.DataFrame
    membership: pd.DataFrame
    profile: pd.DataFrame
    comparison: pd.DataFrame | None
    embedding: pd.DataFrame | None
    embedding_info: dict[str, Any] | None
    approved_at: dt.datetime
    approved_by: str
    note: str
    sha256: str
    n: int
    artefact_id: str
    model: dict[str, Any] = field(repr=False)


def label_rows(labels: Mapping[int, Any], clusters: Sequence[int]) -> pd.DataFrame:
    """Return one checked row of labels a cluster."""
    rows = []
    for cluster in clusters:
        given = labels.get(cluster)
        if isinstance(given, str):
            given = {"segment": given}
        row = {
            name: str((given.get(name) if isinstance(given, Mapping) else getattr(given, name, None)) or "")
            for name in _LABEL
        }
        row["segment"] = row["segment"].strip()
        if not row["segment"]:
            raise ParameterProblem("project.error.no_label", cluster=cluster)
        rows.append({"cluster": int(cluster), **row})
    frame = pd.DataFrame(rows, columns=["cluster", *_LABEL])
    twice = frame.loc[frame["segment"].duplicated(), "segment"]
    if len(twice):
        raise ParameterProblem("project.error.same_label", segment=twice.iloc[0])
    return frame.astype({"cluster": "int64"})


def model_of(segmenter: Any) -> dict[str, Any]:
    """Return a segmenter's parameters as a JSON object."""
    return json.loads(segmenter.to_json())


def embedding_info(embedding: Any) -> dict[str, Any]:
    """Return what is known of a picture beside its points."""
    placed = embedding.trustworthiness_placed
    return {
        "method": embedding.method,
        "trustworthiness": float(embedding.trustworthiness),
        "n_sample": int(embedding.n_sample),
        "n_total": int(embedding.n_total),
        "placing": embedding.placing,
        "trustworthiness_placed": None if placed is None else float(placed),
        "n_neighbors": int(embedding.n_neighbors),
        "n_trust": int(embedding.n_trust),
    }


def embedding_tables(embedding: Any) -> dict[str, pd.DataFrame]:
    """Return the tables that keep a picture: who is drawn, and where everyone lies."""
    tables = {"embedding": embedding.points}
    return tables if embedding.everyone is None else tables | {"everyone": embedding.everyone}


def portrait_figures(project: Any, members: pd.Series) -> dict[str, float | None]:
    """Return the members' key figures: the next cycle compares without reading this one's portrait.

    ``balances`` in CNY; ``weak`` is the share in decline, dormant or lost. None where unknown.
    """
    if project.imports.portrait() is None:
        return {}
    rows = project.customers(columns=["customer_id", "balance_total", "lifecycle_stage"])
    rows = rows[rows["customer_id"].isin(members)]
    figures: dict[str, float | None] = {"balances": None, "weak": None}
    if "balance_total" in rows and rows["balance_total"].notna().any():
        figures["balances"] = float(rows["balance_total"].sum())
    if "lifecycle_stage" in rows and rows["lifecycle_stage"].notna().any():
        known = rows["lifecycle_stage"].dropna()
        figures["weak"] = float(known.isin(("decline", "dormant", "lost")).mean())
    return figures


def newer(expected: int, now: Segmentation, cluster: int, segment: str) -> Conflict:
    """Return the error of who relabels what somebody has since replaced."""
    theirs = now.segments.set_index("cluster")["segment"].get(cluster)
    return Conflict(
        "project.error.newer_segmentation",
        difference={"segment": (segment, theirs), "version": (expected, now.version)},
        expected=expected,
        version=now.version,
        who=now.approved_by,
    )


def preparation_tables(preparation: Preparation | None) -> dict[str, pd.DataFrame]:
    """Return what is stored of how the features were chosen: no customer is in it."""
    if preparation is None:
        return {}
    return {"excluded": preparation.excluded, "feature_notes": preparation.notes}

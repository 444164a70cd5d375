"""Build a portrait in the engine, say where its fields come from, and try other rules on it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.errors import MachineProblem, NotFound
from workbench.store import Artefact

if TYPE_CHECKING:
    from workbench.customers import Rules
    from workbench.project.handle import Project

FILE = "lifecycle.toml"
KIND = "lifecycle"
"""The artefact that keeps a version of the rules."""
PORTRAYED = ("customers", "holdings", "transactions", "events", "feedback", "links")
UNHAPPY = 6
"""A score of at most this is a detractor's (0 to 10)."""
_COUNTED = ["kind", "contribution_band", "potential_band", "tier", "tier_basis", "lifecycle_stage"]
_SUMMED = ("contribution", "potential", "balance_total")
UNKNOWN = "unknown"
_FILES, _FRESH = "_files", "fresh_"


def write_rules(folder: Path, text: str | None = None) -> None:
    """Write a project's rules; without a text, a copy of the packaged ones."""
    from workbench.customers import packaged_rules_text

    path = folder / FILE
    try:
        beside = path.with_suffix(".new")
        beside.write_text(packaged_rules_text() if text is None else text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise MachineProblem("store.error.disk", file=str(path), cause=error.strerror) from error


def rules_text(folder: Path) -> str:
    """Return the text of a project's rules: its own file's, or the packaged one's."""
    from workbench.customers import packaged_rules_text

    path = folder / FILE
    if not path.is_file():
        return packaged_rules_text()
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise MachineProblem("store.error.disk", file=str(path), cause=error.strerror) from error
    except UnicodeDecodeError as error:
        raise NotFound("project.error.rules_encoding", file=str(path)) from error


def text_hash(text: str) -> str:
    """Return the hash that names a version of the rules."""
    return hashlib.sha256(text.encode()).hexdigest()


def keep_rules(project: Project, text: str, note: str = "") -> Artefact:
    """Store a text of rules as the newest version, or return the newest if it is that."""
    return project.store.artefacts.save(
        KIND,
        {},
        documents={KIND: {"text": text, "sha256": text_hash(text)}},
        summary={"sha256": text_hash(text), "note": note},
    )


def build(project: Project) -> pd.DataFrame:
    """Build and store the portrait of the project's cycle from the newest imports.

    Beside the portrait (``customers``) are stored: ``sources`` (each field's source,
    completeness and freshness), ``freshness`` (each customer's newest row in each
    table), ``counts`` and ``needs`` (what screens show, counted), and the rules.
    """
    from workbench.customers import count_ages, describe_sources, parse_rules

    cycle = project.need_cycle()
    assert cycle.snapshot_date is not None
    imports, artefacts = project.imports, project.store.artefacts
    text = rules_text(project.folder)
    rules = parse_rules(text, FILE)
    frame = run(project, imports.sources(), cycle.snapshot_date, rules)
    # Only now: what was decided of doubtful pairs is settled while the tables are merged.
    wanted = imports.wanted_inputs()
    fresh = frame[[name for name in frame.columns if str(name).startswith(_FRESH)]]
    frame = frame.drop(columns=list(fresh.columns))
    sources = describe_sources(frame, fresh, cycle.snapshot_date, mappings(project))
    kept = keep_rules(project, text)
    artefacts.save(
        "portrait",
        {
            "customers": frame,
            "sources": sources,
            "freshness": pd.concat([frame[["customer_id"]], fresh], axis=1),
            "ages": count_ages(frame["kind"], fresh, cycle.snapshot_date),
            "counts": count_values(frame, rules),
            "needs": count_needs(frame),
        },
        cycle_id=cycle.cycle_id,
        inputs=[*wanted, kept.artefact_id],
        parameters={"snapshot_date": cycle.snapshot_date},
        documents={KIND: {"text": text, "sha256": text_hash(text)}},
        summary={"n": len(frame), "imports": wanted, "rules": text_hash(text), "rules_version": kept.version},
    )
    return frame


def run(
    project: Project,
    sources: Mapping[str, Artefact],
    snapshot_date: dt.date,
    rules: Rules,
    columns: Sequence[str] = (),
) -> pd.DataFrame:
    """Run the portrait's expression in the engine over the imports' Parquet files."""
    from workbench.customers import build_portrait
    from workbench.customers.corrections import correct_table
    from workbench.customers.identity import merge_tables
    from workbench.engine import Engine

    artefacts = project.store.artefacts
    paths = {
        name: artefacts.path(artefact, f"{name}.parquet")
        for name, artefact in sources.items()
        if name in PORTRAYED
    }
    corrected = project.execution.exchange.corrections.settle()
    merges = project.insight.links.merges()
    with Engine() as engine:
        given = {name: engine.table(name, path) for name, path in paths.items()}
        if len(corrected):
            given["customers"] = correct_table(given["customers"], corrected)
        tables = merge_tables(given, merges)
        portrait = build_portrait(tables, snapshot_date, rules=rules, freshness=not columns)
        if columns:
            portrait = portrait.select(*(name for name in columns if name in portrait.columns))
        return engine.frame(portrait)


def mappings(project: Project) -> list[tuple[Any, list[str]]]:
    """Return each import's mapping and the files that it read."""
    from workbench.customers import parse_mapping

    artefacts = project.store.artefacts
    found = []
    for artefact in {a.artefact_id: a for a in project.imports.sources().values()}.values():
        document = artefacts.document(artefact, "mapping")
        files = artefacts.read(artefact, _FILES, ["file"])["file"].astype(str).tolist()
        found.append((parse_mapping(document["text"], document["name"]), files))
    return found


# What is counted when a portrait is built -----------------------------------------


def count_values(portrait: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Count customers by kind, bands of contribution and potential, tier and stage.

    Returns
    -------
    pandas.DataFrame
        kind, contribution_band and potential_band (0 to 2; -1 not known), tier,
        tier_basis, lifecycle_stage (``unknown`` where not known), n, and the sums of
        contribution, potential and balance_total, CNY.
    """
    rows = pd.DataFrame({"kind": portrait["kind"].astype("str")})
    for axis in ("contribution", "potential"):
        rows[f"{axis}_band"] = np.int64(-1)
        if axis in portrait:
            values = portrait[axis].to_numpy(dtype="float64", na_value=np.nan)
            for kind, matrix in rules.values.items():
                bands = np.searchsorted(getattr(matrix, axis), values, side="right")
                mine = rows["kind"].eq(kind).to_numpy() & ~np.isnan(values)
                rows.loc[mine, f"{axis}_band"] = bands[mine]
    for name in ("tier", "tier_basis", "lifecycle_stage"):
        words = portrait[name] if name in portrait else pd.Series(None, index=portrait.index, dtype="str")
        rows[name] = words.astype("str").where(words.notna(), UNKNOWN)
    for name in _SUMMED:
        rows[name] = portrait[name].astype("float64") if name in portrait else np.nan
    grouped = rows.groupby(_COUNTED, sort=True)
    sums = grouped[list(_SUMMED)].sum(min_count=1)
    return grouped.size().rename("n").to_frame().join(sums).reset_index()


def count_needs(portrait: pd.DataFrame) -> pd.DataFrame:
    """Count the customers of each kind with each need, and the money in it.

    Returns
    -------
    pandas.DataFrame
        kind, need (``maturing``, ``large_inflow``, ``income``, ``missing_product``,
        ``unhappy``, ``life``), detail (the product or the need of the time of life), n, amount (CNY).
    """
    rows: list[tuple[str, str, str, int, float]] = []
    for kind, mine in portrait.groupby("kind", sort=True):
        for need, column in (("maturing", "maturing_90d"), ("large_inflow", "large_inflow_90d")):
            if column in mine:
                amounts = mine[column].fillna(0.0)
                rows.append((str(kind), need, "", int((amounts > 0).sum()), float(amounts.sum())))
        if "income_day" in mine and kind == "retail":
            rows.append((str(kind), "income", "", int(mine["income_day"].notna().sum()), np.nan))
        if "satisfaction" in mine:
            rows.append((str(kind), "unhappy", "", int((mine["satisfaction"] <= UNHAPPY).sum()), np.nan))
        for need, column in (("missing_product", "missing_product"), ("life", "life_need")):
            if column in mine:
                counts = mine[column].dropna().value_counts()
                rows += [(str(kind), need, str(word), int(n), np.nan) for word, n in counts.items()]
    return pd.DataFrame(rows, columns=["kind", "need", "detail", "n", "amount"])


# Other rules on a portrait ---------------------------------------------------------


def moves(
    project: Project, portrait: Artefact, before: Rules, after: Rules, tell: Callable[[float, str], None]
) -> pd.DataFrame:
    """Count who would stand elsewhere by other rules; see `Portraits.preview`."""
    frame = project.store.artefacts.read(portrait, "customers", _there(project, portrait))
    tell(0.2, "project.phase.preview")
    changed = _resorted(project, portrait, after)
    if changed is None or before.basis != after.basis:
        # Balances, contributions or peers would be others: the whole portrait again.
        known = set(portrait.summary["imports"])
        sources = {n: a for n, a in project.imports.sources().items() if a.artefact_id in known}
        day = project.store.artefacts.manifest(portrait)["parameters"]["snapshot_date"]
        changed = run(
            project,
            sources or project.imports.sources(),
            dt.date.fromisoformat(str(day)[:10]),
            after,
            ("customer_id", "lifecycle_stage", "tier"),
        )
    tell(0.9, "project.phase.preview")
    both = frame.merge(changed, on="customer_id", how="left", suffixes=("", "_after"))
    found = []
    for what in ("lifecycle_stage", "tier"):
        if what not in frame or f"{what}_after" not in both:
            continue
        pair = [
            both[name].astype("str").where(both[name].notna(), UNKNOWN) for name in (what, f"{what}_after")
        ]
        counts = pd.DataFrame({"kind": both["kind"], "before": pair[0], "after": pair[1]}).value_counts()
        found.append(counts.rename("n").reset_index().assign(what=what))
    columns = ["what", "kind", "before", "after", "n"]
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)


def _there(project: Project, portrait: Artefact) -> list[str]:
    import pyarrow.parquet as pq

    names = pq.read_schema(project.store.artefacts.path(portrait, "customers.parquet")).names
    return [name for name in ("customer_id", "kind", "lifecycle_stage", "tier") if name in names]


def _resorted(project: Project, portrait: Artefact, rules: Rules) -> pd.DataFrame | None:
    """Sort a stored portrait's customers by other thresholds, in the engine; None if it can't be."""
    import ibis

    from workbench.customers.rules import lifecycle_stage, tier, value_tier
    from workbench.engine import Engine

    with Engine() as engine:
        rows = engine.table("portrait", project.store.artefacts.path(portrait, "customers.parquet"))
        if "lifecycle_stage" in rows.columns and "idle_days" not in rows.columns:
            return None

        def column(name: str) -> Any:
            return rows[name] if name in rows.columns else None

        stage = lifecycle_stage(
            column("tenure"),
            column("balance_total"),
            column("balance_change_3m"),
            column("idle_days"),
            rules,
        )
        found = {"lifecycle_stage": stage} if stage is not None else {}
        if "balance_total" in rows.columns:
            by_balance = tier(rows["kind"], rows["balance_total"], rules)
            found["tier"] = by_balance
            if "contribution" in rows.columns:
                by_value = value_tier(rows["kind"], rows["contribution"], rows["potential"], rules)
                found["tier"] = ibis.coalesce(by_value, by_balance)
        return engine.frame(rows.select("customer_id", **found))

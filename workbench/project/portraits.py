"""Portraits of a project: faces, sources, value tiers, lifecycle stages, and their rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import Conflict, NotFound, ParameterProblem
from workbench.project import portrait_building as building
from workbench.store import Artefact

if TYPE_CHECKING:
    from workbench.customers import Field, Rules
    from workbench.project.handle import Project

TABLES = ("customers", "sources", "freshness", "ages", "counts", "needs")
_NEAR = ("age", "tenure", "balance_total", "contribution", "potential", "frequency")


@dataclass(frozen=True)
class Cell:
    """One field of one customer.

    Parameters
    ----------
    field : Field
        What is known of the field.
    value : object
        Its value; None where it is not known.
    source : str
        The systems that it came from, comma-separated; empty where not known.
    as_of : datetime.date or None
        Day of the customer's newest row in the field's table; of tables without days,
        None.
    """

    field: Field
    value: Any
    source: str
    as_of: dt.date | None


@dataclass(frozen=True)
class PortraitCard:
    """One customer on one day, masked.

    Parameters
    ----------
    customer : str
        The masked id.
    kind : str
        Retail or corporate.
    snapshot_date : datetime.date
        The day.
    cells : tuple of Cell
        The fields, face by face.
    tier, tier_basis, lifecycle_stage : str or None
        As in the portrait.
    reason : (str, dict) or None
        Key and values of the sentence that says which rule made the stage.
    bands : (int, int) or None
        Contribution and potential, 0 low to 2 high.
    peers : int or None
        Customers compared with.
    """

    customer: str
    kind: str
    snapshot_date: dt.date
    cells: tuple[Cell, ...]
    tier: str | None
    tier_basis: str | None
    lifecycle_stage: str | None
    reason: tuple[str, dict[str, Any]] | None
    bands: tuple[int, int] | None
    peers: int | None

    def face(self, name: str) -> list[Cell]:
        """Return the cells of one face: basic, behaviour, needs or values."""
        return [cell for cell in self.cells if cell.field.face == name]


class Portraits:
    """The portraits of a project's cycles, and the rules that they are built by.

    Parameters
    ----------
    project : Project
        The handle.

    Examples
    --------
    >>> import tempfile
    >>> import workbench as wb
    >>> project = wb.create_project(tempfile.mkdtemp() + "/bank", "My bank")
    >>> portraits = project.insight.portraits
    >>> portraits.rules().dormant_days
    180
    >>> portraits.save_rules({"dormant_days": 150}, note="Half a year is too late")
    2
    >>> portraits.rules().dormant_days, portraits.rule_versions()["version"].tolist()
    (150, [1, 2])
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._artefacts = project.store.artefacts

    # What is stored --------------------------------------------------------------

    def artefact(self, cycle_id: str | None = None) -> Artefact | None:
        """Return a cycle's newest portrait without opening it, or None."""
        cycle_id = cycle_id or self._project.cycle.cycle_id
        return self._artefacts.latest("portrait", cycle_id) if cycle_id else None

    def cycles(self) -> list[str]:
        """Return the cycles that have a portrait with faces, oldest first."""
        found = {a.cycle_id: a for a in self._artefacts.versions("portrait")}
        return [c.cycle_id for c in self._project.cycles() if "rules" in _summary(found.get(c.cycle_id))]

    def snapshot_date(self, cycle_id: str | None = None) -> dt.date | None:
        """Return the day that a cycle's portrait shows."""
        cycle_id = cycle_id or self._project.cycle.cycle_id
        return next((c.snapshot_date for c in self._project.cycles() if c.cycle_id == cycle_id), None)

    def table(self, name: str, cycle_id: str | None = None) -> pd.DataFrame:
        """Return a table of a portrait's artefact.

        Parameters
        ----------
        name : {"sources", "ages", "counts", "needs"}
            Which: each field's source, completeness and freshness; customers by the age
            of their newest rows; customers by band, tier and stage; customers by need.
        cycle_id : str, optional
            The cycle; by default this one.

        Raises
        ------
        NotFound
            If there is no portrait, or it was built before portraits had faces.
        ParameterProblem
            If there is no such table.
        """
        if name not in TABLES:
            raise ParameterProblem("insight_portrait.error.table", table=name, known=", ".join(TABLES))
        return self._artefacts.read(self._need(cycle_id), name)

    def sources(self, cycle_id: str | None = None) -> pd.DataFrame:
        """Return where each field came from, how complete and how fresh it is.

        Returns
        -------
        pandas.DataFrame
            As `workbench.describe_sources` makes it.
        """
        return self.table("sources", cycle_id)

    def _need(self, cycle_id: str | None = None) -> Artefact:
        cycle = cycle_id or self._project.need_cycle().cycle_id
        portrait = self.artefact(cycle)
        if portrait is None:
            raise NotFound("project.error.no_portrait", cycle=cycle)
        if "rules" not in portrait.summary:
            raise NotFound("insight_portrait.error.old", version=portrait.version)
        return portrait

    # One customer ----------------------------------------------------------------

    def search(self, text: str, limit: int = 8) -> pd.DataFrame:
        """Return customers whose id holds a text; for analysts.

        Parameters
        ----------
        text : str
            Digits or letters of the id; three at least. Stars of a masked id stand for
            what is not known.
        limit : int, default=8
            Most customers.

        Returns
        -------
        pandas.DataFrame
            customer_id, kind, tier, lifecycle_stage, masked (the id as it is shown).

        Raises
        ------
        ParameterProblem
            If the text is too short.
        NotAllowed
            If the role may not see single customers.
        """
        import re

        from workbench.tables import mask_identifier

        self._project.store.trail.require("analyst")
        wanted = text.strip()
        parts = [part for part in re.split(r"\*+", wanted) if part]
        if sum(map(len, parts)) < 3:
            raise ParameterProblem("insight_portrait.error.short", text=wanted)
        portrait = self._need()
        names = self._present(portrait, ("customer_id", "kind", "tier", "lifecycle_stage"))
        rows = self._artefacts.read(portrait, "customers", names)
        pattern = ".*".join(map(re.escape, parts))
        pattern = f"^{pattern}$" if "*" in wanted else pattern
        rows = rows[rows["customer_id"].str.contains(pattern, regex=True)].head(limit)
        return rows.assign(masked=[mask_identifier(one) for one in rows["customer_id"]]).reset_index(
            drop=True
        )

    def typical(self, kind: str = "retail", tier: str = "", lifecycle_stage: str = "") -> str:
        """Return the customer nearest the medians of a tier or a stage; for analysts.

        Parameters
        ----------
        kind : {"retail", "corporate"}, default="retail"
            Which customers.
        tier, lifecycle_stage : str, default=""
            Only those of the tier, of the stage; empty takes all.

        Returns
        -------
        str
            The customer_id.

        Raises
        ------
        NotFound
            If nobody fits.
        """
        self._project.store.trail.require("analyst")
        portrait = self._need()
        names = self._present(portrait, ("customer_id", "kind", "tier", "lifecycle_stage", *_NEAR))
        rows = self._artefacts.read(portrait, "customers", names)
        for name, word in (("kind", kind), ("tier", tier), ("lifecycle_stage", lifecycle_stage)):
            if word and name in rows:
                rows = rows[rows[name] == word]
        if rows.empty:
            raise NotFound("insight_portrait.error.nobody")
        numbers = rows[[name for name in _NEAR if name in rows]].astype("float64")
        # Ranks, because a few very rich customers would stretch every other scale.
        ranks = numbers.rank(pct=True)
        far = (ranks - 0.5).abs().mean(axis=1).fillna(1.0)
        return str(rows.loc[far.sort_values(kind="stable").index[0], "customer_id"])

    def card(self, customer_id: str) -> PortraitCard:
        """Return one customer's portrait, masked; for analysts.

        Parameters
        ----------
        customer_id : str
            Who, as in the customers' table.

        Returns
        -------
        PortraitCard

        Raises
        ------
        NotFound
            If nobody has the id on the cycle's snapshot date.
        NotAllowed
            If the role may not see single customers.
        """
        from workbench.customers import explain_stage, personal_view, portrait_fields
        from workbench.tables import mask_identifier

        self._project.store.trail.require("analyst")
        portrait = self._need()
        row = self._row(portrait, "customers", customer_id)
        if row is None:
            raise NotFound("insight_portrait.error.no_customer", customer=mask_identifier(customer_id))
        fresh = self._row(portrait, "freshness", customer_id) or {}
        sources = self.sources().drop_duplicates("field").set_index("field")["source"]
        shown = personal_view(row)
        rules = self.rules_of(portrait)
        day = pd.Timestamp(row["snapshot_date"]).date()
        cells = [
            Cell(
                field,
                shown[field.name],
                str(sources.get(field.name, "")),
                _day(fresh.get(f"fresh_{field.table}")),
            )
            for field in portrait_fields(shown)
            if row["kind"] in field.kinds
        ]
        expected = self._expected_value(customer_id)
        if expected is not None:
            cells.append(expected)
        stage = row.get("lifecycle_stage")
        return PortraitCard(
            customer=mask_identifier(customer_id),
            kind=str(row["kind"]),
            snapshot_date=day,
            cells=tuple(cells),
            tier=row.get("tier"),
            tier_basis=row.get("tier_basis"),
            lifecycle_stage=stage,
            reason=explain_stage(row, rules) if stage else None,
            bands=_bands(row, rules),
            peers=row.get("peers"),
        )

    def _expected_value(self, customer_id: str) -> Cell | None:
        """Return the expected value where the cycle's values were computed."""
        from workbench.customers import Field

        value = self._artefacts.latest("value", self._project.cycle.cycle_id)
        if value is None:
            return None
        for name in self._artefacts.tables(value):
            row = self._row(value, name, customer_id, ("customer_id", "expected_value"))
            if row is not None:
                names = ("expected_value", "values", "Expected value", "预期价值", "cny", "value")
                field = Field(*names, ("expected_value",))
                return Cell(field, row["expected_value"], value.artefact_id.rpartition("-")[0], None)
        return None

    def _row(
        self, artefact: Artefact, table: str, customer_id: str, needs: tuple[str, ...] = ()
    ) -> dict[str, Any] | None:
        """Read one customer's row without the others."""
        import pyarrow.parquet as pq

        path = self._artefacts.path(artefact, f"{table}.parquet")
        if not set(needs) <= set(pq.read_schema(path).names):
            return None
        found = pq.read_table(path, filters=[("customer_id", "=", customer_id)]).to_pylist()
        return found[0] if found else None

    def _present(self, portrait: Artefact, wanted: tuple[str, ...]) -> list[str]:
        import pyarrow.parquet as pq

        names = pq.read_schema(self._artefacts.path(portrait, "customers.parquet")).names
        return [name for name in wanted if name in names]

    # Rules -----------------------------------------------------------------------

    def rules(self) -> Rules:
        """Return the rules in force: those of ``lifecycle.toml`` in the project's folder.

        Raises
        ------
        ParameterProblem
            If the file has a mistake; the sentence says which.
        """
        from workbench.customers import parse_rules

        return parse_rules(building.rules_text(self._project.folder), building.FILE)

    def rules_of(self, portrait: Artefact | None = None) -> Rules:
        """Return the rules that a portrait was built by, by default this cycle's."""
        from workbench.customers import parse_rules

        portrait = portrait or self._need()
        return parse_rules(self._artefacts.document(portrait, building.KIND)["text"], building.FILE)

    def are_rules_new(self, portrait: Artefact | None = None) -> bool:
        """Say whether the rules in force are others than a portrait's, by default this cycle's."""
        portrait = portrait or self.artefact()
        used = _summary(portrait).get("rules")
        return used is not None and used != building.text_hash(building.rules_text(self._project.folder))

    def rule_versions(self) -> pd.DataFrame:
        """Return the versions of the rules, oldest first.

        Returns
        -------
        pandas.DataFrame
            version, saved_at (UTC), saved_by, note, sha256, in_force.
        """
        now = building.text_hash(building.rules_text(self._project.folder))
        rows = [
            (a.version, a.created_at, a.created_by, a.summary.get("note", ""), a.summary["sha256"])
            for a in self._artefacts.versions(building.KIND)
        ]
        found = pd.DataFrame(rows, columns=["version", "saved_at", "saved_by", "note", "sha256"])
        last = found[found["sha256"] == now]["version"].max() if len(found) else None
        return found.assign(in_force=found["version"].isin([last]))

    def preview(
        self,
        changes: Mapping[str, float] | None = None,
        *,
        progress: Callable[[float, str], None] | None = None,
    ) -> pd.DataFrame:
        """Count who would move by changed rules, without changing anything.

        Parameters
        ----------
        changes : mapping of str to float, optional
            Numbers as in `workbench.editable_numbers`; by default none: the rules in
            force against those that this cycle's portrait was built by.
        progress : callable, optional
            Called with the share done and the key of the phase.

        Returns
        -------
        pandas.DataFrame
            ``what`` (lifecycle_stage or tier), ``kind``, ``before``, ``after``, ``n``:
            every pair that occurs, also those that stay.

        Raises
        ------
        ParameterProblem
            If a change makes no sense.
        """
        from workbench.customers import changed_text, parse_rules

        after = self.rules()
        if changes:
            after = parse_rules(changed_text(after, changes, building.FILE), building.FILE)
        portrait = self._need()
        return building.moves(
            self._project, portrait, self.rules_of(portrait), after, progress or (lambda *_: None)
        )

    def save_rules(
        self, changes: Mapping[str, float], *, note: str = "", expected_sha256: str | None = None
    ) -> int:
        """Write changed rules to the project's file as the next version; old ones are kept.

        Parameters
        ----------
        changes : mapping of str to float
            Numbers as in `workbench.editable_numbers`; the rest of the file stays.
        note : str, default=""
            Why.
        expected_sha256 : str, optional
            Hash of the file that was looked at; if it is another by now, it is a Conflict.

        Returns
        -------
        int
            The new version.

        Raises
        ------
        ParameterProblem
            If a change makes no sense.
        Conflict
            If somebody changed the file in between.
        """
        from workbench.customers import changed_text, parse_rules

        self._project.store.trail.require("analyst")
        text = building.rules_text(self._project.folder)
        if expected_sha256 is not None and building.text_hash(text) != expected_sha256:
            raise Conflict(
                "insight_portrait.error.changed_meanwhile", difference={"rules": (changes, text)}
            )
        return self._put(changed_text(parse_rules(text, building.FILE), changes, building.FILE), note)

    def restore_rules(self, version: int, *, note: str = "") -> int:
        """Bring an earlier version of the rules back, as the next version.

        Raises
        ------
        NotFound
            If there is no such version.
        """
        self._project.store.trail.require("analyst")
        for artefact in self._artefacts.versions(building.KIND):
            if artefact.version == version:
                text = self._artefacts.document(artefact, building.KIND)["text"]
                return self._put(text, note or f"v{version}")
        raise NotFound("insight_portrait.error.no_version", version=version)

    def _put(self, text: str, note: str) -> int:
        # What the file says until now may never have been used; it is kept all the same.
        building.keep_rules(self._project, building.rules_text(self._project.folder))
        building.write_rules(self._project.folder, text)
        return building.keep_rules(self._project, text, note).version


def _summary(artefact: Artefact | None) -> dict[str, Any]:
    return {} if artefact is None else artefact.summary


def _day(moment: Any) -> dt.date | None:
    return None if moment is None or pd.isna(moment) else pd.Timestamp(moment).date()


def _bands(row: Mapping[str, Any], rules: Rules) -> tuple[int, int] | None:
    matrix = rules.values.get(str(row["kind"]))
    values = [row.get(axis) for axis in ("contribution", "potential")]
    if matrix is None or any(value is None for value in values):
        return None
    contribution, potential = (
        sum(value >= limit for limit in getattr(matrix, axis))
        for axis, value in zip(("contribution", "potential"), values, strict=True)
    )
    return contribution, potential

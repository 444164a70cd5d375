"""Portraits of a project: faces, sources, value tiers, lifecycle stages, and their rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound, ParameterProblem
from workbench.project.portrait_rules import PortraitRules, summary_of
from workbench.store import Artefact

if TYPE_CHECKING:
    from workbench.customers import Field, Rules

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


class Portraits(PortraitRules):
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

    # What is stored --------------------------------------------------------------

    def cycles(self) -> list[str]:
        """Return the cycles that have a portrait with faces, oldest first."""
        found = {a.cycle_id: a for a in self._artefacts.versions("portrait")}
        return [c.cycle_id for c in self._project.cycles() if "rules" in summary_of(found.get(c.cycle_id))]

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

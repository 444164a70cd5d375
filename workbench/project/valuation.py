"""What the cycle's customers are worth: computed from the imported transactions, and stored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.errors import NotFound, ParameterProblem, WorkbenchError
from workbench.store import Artefact
from workbench.tables import CUSTOMER_KINDS

if TYPE_CHECKING:
    from workbench.project.handle import Project

KIND = "value"
MODELS = ("bgnbd", "pareto_nbd")
HOLDOUT_MONTHS = 6
_TABLES = ("checks", "calibration", "bounds", "parameters")


@dataclass(frozen=True)
class CustomerValue:
    """The stored value of a cycle's customers.

    Parameters
    ----------
    version : int
        Its number in the project.
    customers : pandas.DataFrame
        One row a customer with a purchase: ``customer_id``, the figures of
        `summarise_transactions`, ``r_score``, ``f_score``, ``m_score``, ``rfm`` and,
        where a model could be fitted, ``p_alive``, ``expected_purchases``,
        ``expected_amount``, ``expected_value``.
    checks : pandas.DataFrame
        As `check_value_model` returns them.
    calibration : pandas.DataFrame
        As `holdout_calibration` returns it; empty where the history is too short.
    bounds : pandas.DataFrame
        What each RFM score stands for.
    parameters : pandas.DataFrame
        ``model, parameter, estimate, ci_low, ci_high``; empty without a model.
    sensitivity : numpy.ndarray or None
        As `value_sensitivity` returns it, a row for each of ``customers``.
    settings : dict
        What was asked for: types, direction, period, model, months, discount_rate,
        margin, kind; ``as_of``, ``since``, ``calibrated_on`` (days).
    summary : dict
        ``n``, ``n_without`` (customers without a purchase), ``log_likelihood`` of each
        model.
    computed_at : datetime.datetime
        UTC.
    artefact_id, sha256 : str
        Where it is stored, and the hash of the content.
    """

    version: int
    customers: pd.DataFrame
    checks: pd.DataFrame
    calibration: pd.DataFrame
    bounds: pd.DataFrame
    parameters: pd.DataFrame
    sensitivity: np.ndarray | None
    settings: dict[str, Any]
    summary: dict[str, Any]
    computed_at: dt.datetime
    artefact_id: str
    sha256: str = field(repr=False)

    @property
    def has_model(self) -> bool:
        """Whether a model could be fitted."""
        return "expected_value" in self.customers


class Valuation:
    """Customer value of one cycle, at ``project.insight.value``.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._artefacts = project.store.artefacts

    # Reading ---------------------------------------------------------------------

    def current(self) -> CustomerValue:
        """Return the newest value that was computed in this cycle.

        Raises
        ------
        NotFound
            If none was.
        """
        artefact = self._artefacts.latest(KIND, self._project.need_cycle().cycle_id)
        if artefact is None:
            raise NotFound("insight_value.error.nothing", cycle=self._project.cycle.cycle_id)
        return self._read(artefact)

    def _read(self, artefact: Artefact) -> CustomerValue:
        read = self._artefacts.read
        stored = self._artefacts.tables(artefact)
        moves = None
        if "sensitivity" in stored:
            moves = read(artefact, "sensitivity").drop(columns="customer_id").to_numpy(dtype="float64")
        return CustomerValue(
            version=artefact.version,
            customers=read(artefact, "customers"),
            sensitivity=moves,
            settings=self._artefacts.document(artefact, "settings"),
            summary=artefact.summary,
            computed_at=artefact.created_at,
            artefact_id=artefact.artefact_id,
            sha256=artefact.sha256,
            **{name: read(artefact, name) for name in _TABLES},
        )

    def can_compute(self) -> bool:
        """Say whether transactions were imported, with days and amounts."""
        return "transactions" in self._project.imports.sources()

    def is_stale(self, value: CustomerValue) -> bool:
        """Say whether newer transactions have come since a value was computed."""
        source = self._project.imports.sources().get("transactions")
        return source is not None and value.settings["transactions"] != source.artefact_id

    def transaction_types(self) -> pd.DataFrame:
        """Return the types of transaction that were imported: ``type``, ``n``, the most frequent first.

        Raises
        ------
        NotFound
            If there are no transactions.
        """
        from workbench.engine import Engine

        with Engine() as engine:
            table = engine.table("transactions", self._path())
            if "type" not in table.columns:
                return pd.DataFrame({"type": pd.Series(dtype="str"), "n": pd.Series(dtype="int64")})
            counts = table.filter(table["type"].notnull()).group_by("type").aggregate(n=lambda t: t.count())
            return engine.frame(counts.order_by([counts.n.desc(), counts["type"]]))

    # Computing -------------------------------------------------------------------

    def compute(
        self,
        types: Sequence[str] | None = None,
        *,
        direction: str = "both",
        period: str = "day",
        model: str = "bgnbd",
        months: int = 12,
        discount_rate: float = 0.01,
        margin: float = 1.0,
        kind: str | None = "retail",
        progress: Callable[[float, str], None] | None = None,
    ) -> CustomerValue:
        """Compute and store RFM scores and expected value, as of the cycle's snapshot date.

        Parameters
        ----------
        types : sequence of str, optional
            Types of transaction that are a purchase; by default spending by card and
            payments, see `workbench.insight.movements.purchase_types`.
        direction : {"both", "out", "in"}, default="both"
            Count all of them, those that leave the customer, or those that come in.
        period : {"day", "week", "month"}, default="day"
            What is one purchase: all of a customer's transactions in a period.
        model : {"bgnbd", "pareto_nbd"}, default="bgnbd"
            How often customers come back.
        months : int, default=12
            How far to look ahead.
        discount_rate : float, default=0.01
            Per month.
        margin : float, default=1.0
            Share of an amount that is the bank's; at 1 value is turnover.
        kind : {"retail", "corporate"} or None, default="retail"
            Whose; None takes both, whom one model seldom suits. A portrait without
            kinds is taken whole.
        progress : callable, optional
            Called with the share done and the key of the phase's name.

        Returns
        -------
        CustomerValue
            Without a model where there are too few customers: see its checks.

        Raises
        ------
        NotFound
            If there are no transactions.
        ParameterProblem
            If a parameter is not one of those above, or no transaction fits.
        NotAllowed
            If the role may not compute.

        Examples
        --------
        See the notebook 01_insight.
        """
        self._project.store.trail.require("analyst")
        if model not in MODELS:
            _refuse("model", model, MODELS)
        if kind is not None and kind not in CUSTOMER_KINDS:
            _refuse("kind", kind, CUSTOMER_KINDS)
        from workbench.insight.value.study import value_study

        tell = progress or (lambda _share, _phase: None)
        tell(0.02, "insight_value.phase.features")
        asked: dict[str, Any] = {
            "direction": direction,
            "period": period,
            "model": model,
            "months": months,
            "discount_rate": discount_rate,
            "margin": margin,
            "kind": kind,
        }
        found = self._counted(types, asked)
        tell(0.35, "insight_value.phase.fit")
        tables, documents, summary = value_study(found, asked, tell)
        tell(0.95, "insight_value.phase.store")
        portrait = self._project.imports.portrait()
        source = self._project.imports.sources()["transactions"].artefact_id
        settings = {**asked, **found["settings"], "transactions": source}
        artefact = self._artefacts.save(
            KIND,
            tables,
            cycle_id=self._project.need_cycle().cycle_id,
            documents={"settings": settings, **documents},
            inputs=[source, *([portrait.artefact_id] if portrait else [])],
            parameters=settings,
            summary={**summary, "n_without": found["n_without"]},
        )
        tell(1.0, "insight_value.phase.store")
        return self._read(artefact)

    def fill(self, progress: Callable[[float, str], None] | None = None) -> CustomerValue | None:
        """Compute with what goes without saying; None where the data do not allow it."""
        if not self.can_compute():
            return None
        try:
            return self.compute(progress=progress)
        except WorkbenchError:
            return None

    def _path(self) -> Any:
        sources = self._project.imports.sources()
        if "transactions" not in sources:
            raise NotFound("insight_value.error.no_transactions")
        return self._artefacts.path(sources["transactions"], "transactions.parquet")

    def _counted(self, types: Sequence[str] | None, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the engine counts: purchases now, before the holdout, and in it."""
        from workbench.engine import Engine
        from workbench.insight import movements, periods

        day = self._project.need_cycle().snapshot_date
        assert day is not None
        period = asked["period"]
        if period not in periods.PERIODS:
            _refuse("period", period, periods.PERIODS)
        who = self._who(asked["kind"])
        begin = periods.months_before(day, HOLDOUT_MONTHS)
        begin = periods.end_of_period(periods.last_period(begin, period), period)
        path = self._path()
        chosen = self._types(types)
        options: dict[str, Any] = {"types": chosen, "direction": asked["direction"], "period": period}
        with Engine() as engine:
            table = engine.table("transactions", path)
            parts = {
                "now": movements.summarise_transactions(table, day, **options),
                "before": movements.summarise_transactions(table, begin, **options),
                "later": movements.count_purchases(table, begin, day, **options),
                "gaps": movements.last_gaps(table, day, **options),
            }
            frames = {name: _of(engine.frame(part), who) for name, part in parts.items()}
        if frames["now"].empty:
            raise ParameterProblem("insight_value.error.no_purchases", day=str(day), types=_listed(chosen))
        length = periods.last_period(day, period) - periods.last_period(begin, period)
        # A holdout needs about as much history again to learn from.
        long_enough = int(frames["now"]["T"].max()) >= 1.9 * length > 0
        return {
            **frames,
            "periods": length if long_enough else 0,
            "n_without": max(0, len(who) - len(frames["now"])),
            "settings": {
                "types": chosen,
                "as_of": day,
                "calibrated_on": begin if long_enough else None,
                "history": int(frames["now"]["T"].max()),
            },
        }

    def _types(self, types: Sequence[str] | None) -> list[str] | None:
        from workbench.insight.movements import purchase_types

        known = list(self.transaction_types()["type"])
        if not known:
            return None
        if types is None:
            return purchase_types(known)
        unknown = [name for name in types if name not in known]
        if unknown or not types:
            raise ParameterProblem(
                "insight_value.error.unknown_types", types=_listed(unknown), known=_listed(known)
            )
        return sorted(types)

    def _who(self, kind: str | None) -> pd.Index:
        customers = self._project.customers(["customer_id", "kind"])
        if kind is not None and "kind" in customers:
            customers = customers[customers["kind"] == kind]
        return pd.Index(customers["customer_id"])


def _of(frame: pd.DataFrame, who: pd.Index) -> pd.DataFrame:
    rows = frame.set_index("customer_id").sort_index()
    return rows[rows.index.isin(who)]


def _listed(names: Sequence[str] | None) -> str:
    return ", ".join(names or ()) or "–"


def _refuse(name: str, value: object, known: Sequence[str]) -> None:
    raise ParameterProblem("insight_value.error.choice", name=name, value=str(value), known=", ".join(known))

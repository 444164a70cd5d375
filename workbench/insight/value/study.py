"""Score, fit, look ahead and check, in one go."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from workbench.insight.value.bgnbd import BGNBD
from workbench.insight.value.clv import (
    PERIODS_PER_MONTH,
    expected_customer_value,
    value_sensitivity,
)
from workbench.insight.value.gamma_gamma import GammaGamma
from workbench.insight.value.holdout import holdout_calibration
from workbench.insight.value.pareto_nbd import ParetoNBD
from workbench.insight.value.rfm import rfm_bounds, rfm_scores
from workbench.insight.value.suitability import can_be_fitted, check_value_model

_ROW = ("x", "t_x", "T", "m_x", "recency", "frequency", "monetary_value")


def value_study(
    found: Mapping[str, Any], asked: Mapping[str, Any], tell: Callable[[float, str], None]
) -> tuple[dict[str, pd.DataFrame], dict[str, Any], dict[str, Any]]:
    """Score, fit, look ahead and check.

    Parameters
    ----------
    found : mapping
        What was counted, indexed by customer: ``now`` and ``before`` (as
        `summarise_transactions`), ``later`` (as `count_purchases`), ``gaps`` (as
        `last_gaps`), and ``periods``, the length of the holdout (0 for none).
    asked : mapping
        ``model``, ``period``, ``months``, ``discount_rate``, ``margin``.
    tell : callable
        Called with the share done and the key of the phase's name.

    Returns
    -------
    tuple of dict
        The tables ``customers``, ``bounds``, ``checks``, ``calibration``, ``parameters``
        and, with a model, ``sensitivity``; the models as documents; a summary.
    """
    now: pd.DataFrame = found["now"]
    scores = rfm_scores(now)
    tables = {"bounds": rfm_bounds(now, scores)}
    customers = now[list(_ROW)].join(scores)
    documents: dict[str, Any] = {}
    summary: dict[str, Any] = {"n": len(now), "model": None}
    model = spend = None
    calibration = pd.DataFrame(columns=["group"])
    parameters = pd.DataFrame(columns=["model", "parameter", "estimate", "ci_low", "ci_high"])
    if can_be_fitted(now):
        model, spend = _fitted(asked["model"], now)
        tell(0.6, "insight_value.phase.value")
        settings = {
            "months": asked["months"],
            "discount_rate": asked["discount_rate"],
            "periods_per_month": PERIODS_PER_MONTH[asked["period"]],
            "margin": asked["margin"],
            "otherwise": float(now["m_x"].mean()),
        }
        customers = customers.join(expected_customer_value(model, spend, now, **settings))
        moves = pd.DataFrame(value_sensitivity(model, spend, now, **settings), index=now.index)
        tables["sensitivity"] = moves.astype("float32").rename(columns=lambda n: f"u{n}").reset_index()
        tell(0.8, "insight_value.phase.holdout")
        if found["periods"] and can_be_fitted(found["before"]):
            calibration = _held_out(asked["model"], found)
        fits = [model.intervals().assign(model=asked["model"]), spend.intervals().assign(model="gamma_gamma")]
        parameters = pd.concat(fits, ignore_index=True)[list(parameters.columns)]
        documents = {"model": json.loads(model.to_json()), "spend": json.loads(spend.to_json())}
        summary["model"] = asked["model"]
        summary["log_likelihood"] = {
            asked["model"]: model.log_likelihood_,
            "gamma_gamma": spend.log_likelihood_,
        }
    checks = check_value_model(now, model=model, spend=spend, gaps=found["gaps"], calibration=calibration)
    tables |= {
        "customers": customers.reset_index(),
        "checks": checks,
        "calibration": calibration,
        "parameters": parameters,
    }
    return tables, documents, summary


def _fitted(model: str, purchases: pd.DataFrame) -> tuple[Any, Any]:
    often = (BGNBD if model == "bgnbd" else ParetoNBD)().fit(purchases)
    return often, GammaGamma().fit(purchases)


def _held_out(model: str, found: Mapping[str, Any]) -> pd.DataFrame:
    often, spend = _fitted(model, found["before"])
    return holdout_calibration(often, found["before"], found["later"], found["periods"], spend=spend)

"""Which customers a strategy is for, and which of them may be contacted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ParameterProblem, TableProblem
from workbench.tables import LIFECYCLE_STAGES, MEMBERSHIP

UNKNOWN_STAGE = "unknown"


def check_customers(customers: pd.DataFrame) -> pd.DataFrame:
    """Return the customers if each has one row and an identifier.

    Raises
    ------
    TableProblem
        If ``customer_id`` is missing.
    ParameterProblem
        If a customer has several rows, as in portraits of several dates.
    """
    if "customer_id" not in customers.columns:
        raise TableProblem(
            "errors.table.missing_columns",
            table="customers",
            columns="customer_id",
            present=", ".join(map(str, customers.columns)) or "-",
        )
    repeated = customers["customer_id"].duplicated()
    if repeated.any():
        raise ParameterProblem("strategy_room.error.repeated_customers", n=int(repeated.sum()))
    return customers


def join_segments(customers: pd.DataFrame, membership: pd.DataFrame) -> pd.DataFrame:
    """Return the customers that have a segment, with columns ``cluster`` and ``segment``.

    Raises
    ------
    ParameterProblem
        If no customer is a member of a segment.
    """
    MEMBERSHIP.check(membership)
    check_customers(customers)
    bare = customers.drop(columns=["cluster", "segment"], errors="ignore")
    joined = bare.merge(membership[["customer_id", "cluster", "segment"]], on="customer_id", how="inner")
    if joined.empty:
        raise ParameterProblem("strategy_room.error.no_members", n=len(customers))
    return joined


def split_words(words: object) -> tuple[str, ...]:
    """Return the parts of a card's comma-separated text, Chinese commas too.

    Examples
    --------
    >>> split_words("value，strategic, "), split_words(None)
    (('value', 'strategic'), ())
    """
    if not isinstance(words, str):
        return ()
    return tuple(part.strip() for part in words.replace("，", ",").split(",") if part.strip())


def split_stages(lifecycle_stages: object) -> tuple[str, ...]:
    """Return the stages of a strategy card's comma-separated text; empty is all.

    Raises
    ------
    ParameterProblem
        If a stage is not one of the lifecycle.

    Examples
    --------
    >>> split_stages("growth, mature"), split_stages("")
    (('growth', 'mature'), ())
    """
    stages = split_words(lifecycle_stages)
    for stage in stages:
        if stage not in LIFECYCLE_STAGES:
            raise ParameterProblem(
                "strategy_room.error.unknown_stage", stage=stage, known=", ".join(LIFECYCLE_STAGES)
            )
    return stages


def stages_of(customers: pd.DataFrame) -> pd.Series:
    """Return each customer's lifecycle stage, ``"unknown"`` where the bank has none."""
    if "lifecycle_stage" not in customers.columns:
        return pd.Series(UNKNOWN_STAGE, index=customers.index, dtype="str")
    return customers["lifecycle_stage"].astype("str").fillna(UNKNOWN_STAGE)


def in_stages(stages: pd.Series, lifecycle_stages: object) -> pd.Series:
    """Say for each customer whether a strategy is for their stage.

    A customer whose stage is unknown is reached only by strategies for all stages.
    """
    wanted = split_stages(lifecycle_stages)
    return stages.isin(wanted) if wanted else pd.Series(True, index=stages.index)


def may_contact(customers: pd.DataFrame) -> pd.Series:
    """Say for each customer whether the bank may contact them for marketing.

    Where the bank has the column ``consent``, a missing cell is no consent; a missing
    ``do_not_contact`` is no objection. A column that is absent altogether is not asked.

    Examples
    --------
    >>> may_contact(pd.DataFrame({"consent": [True, None, True],
    ...                           "do_not_contact": [False, False, True]})).tolist()
    [True, False, False]
    """
    allowed = pd.Series(True, index=customers.index)
    if "consent" in customers.columns:
        allowed &= _flag(customers["consent"])
    if "do_not_contact" in customers.columns:
        allowed &= ~_flag(customers["do_not_contact"])
    return allowed


def among(ids: pd.Series, some: pd.Series) -> npt.NDArray[np.bool_]:
    """Say for each identifier whether it is among some; quick also for a million of both.

    Examples
    --------
    >>> among(pd.Series(["1", "2", "3"]), pd.Series(["3", "1", "1"])).tolist()
    [True, False, True]
    """
    different = pd.Index(some.dropna().unique())
    if not len(different):
        return np.zeros(len(ids), dtype=bool)
    return np.asarray(different.get_indexer(pd.Index(ids)) >= 0)


def asks_consent(customers: pd.DataFrame) -> bool:
    """Say whether the bank knows consent or objections at all."""
    return "consent" in customers.columns or "do_not_contact" in customers.columns


def _flag(cells: pd.Series) -> pd.Series:
    return cells.astype("boolean").fillna(False).astype(bool)

"""The core banking system's extracts: customers, holdings, transactions; mess included."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.sample_bank import written
from workbench.sample_bank.structure import BRANCHES, INDUSTRIES, OCCUPATIONS, REGIONS, RETAIL

Export = tuple[dict[str, pa.Array], dict[str, int]]
"""Columns of text, and how many rows or cells of each kind of mess are in them."""

PRODUCT_CODES = ("D01", "T01", "F01", "W01", "I01", "L01", "C01")
MOVEMENT_CODES = ("SAL", "PEN", "TRF", "CRD", "CSH", "PAY")
CHANNEL_CODES = ("M", "B", "A", "C", "O", "S")
LATE_MONTH = 10
"""Month of the extract, from 1, in which the maturity column begins to be filled."""


def export_customers(
    population: pd.DataFrame, people: pd.DataFrame, last_day: np.datetime64, rng: np.random.Generator
) -> Export:
    """Write the core system's customer rows.

    Mess: 0.8% rows repeated as they are, 0.4% in an older state (another branch, earlier
    UPDATED_DT), 0.05% without a number; 2% births missing, 0.5% the placeholder
    1900-01-01, 10% births with slashes, 1.5% gender unknown (0), 4% occupations, 0.8%
    branches and 3% regions missing.
    """
    n = len(population)
    mess: dict[str, int] = {}
    company = population["segment"].to_numpy() >= len(RETAIL)
    draw = rng.random((8, n))
    born = people["birth_date"].to_numpy().astype("datetime64[D]").copy()
    born[(draw[0] < 0.02) & ~company] = np.datetime64("NaT")
    placeholder = (draw[0] > 0.995) & ~company
    born[placeholder] = np.datetime64("1900-01-01")
    slashed = (draw[1] < 0.10) & ~np.isnat(born)
    births = written.days(born)
    births = pa.compute.if_else(pa.array(slashed), written.days(born, "%Y/%m/%d"), births)
    gender = np.where((people["gender"] == "F").to_numpy(), 2, 1)
    gender = np.where(draw[2] < 0.015, 0, gender)
    occupation = _codes(people["occupation"], OCCUPATIONS)
    occupation = np.where(draw[3] < 0.04, len(OCCUPATIONS), occupation)
    branch = np.where(draw[4] < 0.008, len(BRANCHES), _codes(people["branch"], BRANCHES))
    region = np.where(draw[5] < 0.03, len(REGIONS), _codes(people["region"], REGIONS))
    opened = population["opened_on"].to_numpy().astype("datetime64[D]")
    updated = last_day - rng.integers(0, 30, n).astype("timedelta64[D]")
    columns = {
        "CUST_NO": written.padded(population["number"].to_numpy()),
        "CUST_TYPE": written.coded(company, ["P", "C"]),
        "GENDER_CD": written.coded(np.where(company, 3, gender), ["0", "1", "2", ""]),
        "BIRTH_DT": births,
        "OPEN_DT": written.days(opened),
        "BRANCH_NM": written.coded(branch, [*BRANCHES, ""]),
        "REGION_NM": written.coded(region, [*REGIONS, ""]),
        "OCCUP_CD": written.coded(occupation, [f"{c:02d}" for c in range(1, len(OCCUPATIONS) + 1)] + [""]),
        "INDUSTRY_CD": written.coded(
            _codes(people["industry"], INDUSTRIES),
            [f"I{c:02d}" for c in range(1, len(INDUSTRIES) + 1)] + [""],
        ),
        "UPDATED_DT": written.days(updated),
    }
    mess["birth_missing"] = int((np.isnat(born) & ~company).sum())
    mess["birth_placeholder"] = int(placeholder.sum())
    mess["birth_slashed"] = int(slashed.sum())
    mess["gender_unknown"] = int(((gender == 0) & ~company).sum())
    mess["occupation_missing"] = int(((occupation == len(OCCUPATIONS)) & ~company).sum())
    mess["branch_missing"] = int((branch == len(BRANCHES)).sum())
    mess["region_missing"] = int((region == len(REGIONS)).sum())
    again = np.flatnonzero(draw[6] < 0.008)
    older = np.flatnonzero((draw[6] > 0.996) & (updated > opened))
    nameless = np.flatnonzero(draw[7] < 0.0005) if n > 2_000 else np.arange(min(1, n))
    stale = {name: column.take(pa.array(older)) for name, column in columns.items()}
    stale["BRANCH_NM"] = written.coded((np.maximum(branch[older], 0) + 7) % len(BRANCHES), BRANCHES)
    stale["UPDATED_DT"] = written.days(updated[older] - np.timedelta64(400, "D"))
    empty = {name: column.take(pa.array(nameless)) for name, column in columns.items()}
    empty["CUST_NO"] = pa.array([""] * len(nameless), pa.string())
    repeated = {name: column.take(pa.array(again)) for name, column in columns.items()}
    mess |= {"rows_repeated": len(again), "rows_older": len(older), "rows_without_id": len(nameless)}
    return _shuffled([columns, repeated, stale, empty], rng), mess


def export_holdings(holdings: pd.DataFrame, ends: np.ndarray, rng: np.random.Generator) -> Export:
    """Write the month-end balances.

    Mess: money with thousands separators, 0.1% rows repeated, 0.005% balances unreadable
    ("#N/A"), and MATURITY_DT empty before the extract's tenth month.
    """
    k = len(holdings)
    month = holdings["month"].to_numpy()
    due = holdings["matures_on"].to_numpy().astype("datetime64[D]").copy()
    due[month < LATE_MONTH - 1] = np.datetime64("NaT")
    stamps = written.days(ends, "%Y%m%d").to_pylist()
    columns = {
        "CUST_NO": written.padded(holdings["number"].to_numpy()),
        "PROD_CD": written.coded(holdings["product"].to_numpy(), PRODUCT_CODES),
        "AS_OF": written.coded(month, stamps),
        "BAL": written.money(holdings["balance"].to_numpy()),
        "CCY": written.coded(np.zeros(k, dtype=int), ["CNY"]),
        "MATURITY_DT": written.days(due, "%Y%m%d"),
    }
    unreadable = rng.choice(k, max(1, k // 20_000), replace=False) if k else np.empty(0, dtype=int)
    columns["BAL"] = written.replaced(columns["BAL"], unreadable, "#N/A")
    again = np.setdiff1d(np.sort(rng.choice(k, k // 1_000, replace=False)), unreadable)
    mess = {"rows_repeated": len(again), "balances_unreadable": len(unreadable)}
    return with_repeats(columns, again), mess


def export_transactions(transactions: pd.DataFrame, block: int, rng: np.random.Generator) -> Export:
    """Write the posted movements, amounts in fen.

    Mess: 0.2% rows repeated with the same TXN_ID.
    """
    k = len(transactions)
    paid = transactions["counterparty"].to_numpy()
    columns = {
        "TXN_ID": written.padded(block * 10_000_000 + np.arange(k), 12, "T"),
        "CUST_NO": written.padded(transactions["number"].to_numpy()),
        "POSTED_AT": written.moments(transactions["occurred_at"].to_numpy()),
        "TXN_CD": written.coded(transactions["type"].to_numpy(), MOVEMENT_CODES),
        "CHANNEL_CD": written.coded(transactions["channel"].to_numpy(), CHANNEL_CODES),
        "AMT_FEN": written.plain(np.rint(transactions["amount"].to_numpy() * 100)),
        "CTPY_NO": pa.compute.if_else(pa.array(paid > 0), written.padded(paid), pa.scalar("")),
    }
    again = np.sort(rng.choice(k, k // 500, replace=False))
    return with_repeats(columns, again), {"rows_repeated": len(again)}


def _codes(cells: pd.Series, words: tuple[str, ...]) -> np.ndarray:
    """Return positions in words; one past the end where missing."""
    code = pd.Categorical(cells, categories=list(words)).codes.astype(np.int64)
    return np.where(code < 0, len(words), code)


def with_repeats(columns: dict[str, pa.Array], rows: np.ndarray) -> dict[str, pa.Array]:
    """Append copies of some rows."""
    take = pa.array(rows)
    return {name: pa.concat_arrays([column, column.take(take)]) for name, column in columns.items()}


def _shuffled(parts: list[dict[str, pa.Array]], rng: np.random.Generator) -> dict[str, pa.Array]:
    """Join parts and mix their rows, so that repeats are not all at the end."""
    joined = {name: pa.concat_arrays([part[name] for part in parts]) for name in parts[0]}
    order = pa.array(rng.permutation(len(next(iter(joined.values())))))
    return {name: column.take(order) for name, column in joined.items()}

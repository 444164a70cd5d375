"""The mess is counted, and what is under it can be had back."""

import csv
import io

import numpy as np
import pandas as pd
import pytest

from workbench.sample_bank import written
from workbench.sample_bank.balances import month_ends
from workbench.sample_bank.core_export import (
    LATE_MONTH,
    MOVEMENT_CODES,
    PRODUCT_CODES,
    export_customers,
    export_holdings,
    export_transactions,
)

LAST = np.datetime64("2026-09-30")


def read(columns) -> pd.DataFrame:
    rows = csv.reader(io.StringIO(written.lines(columns).decode(), newline=""))
    return pd.DataFrame(list(rows), columns=list(columns))


@pytest.fixture(scope="module")
def customers(bank):
    columns, mess = export_customers(bank.population, bank.people, LAST, np.random.default_rng(0))
    return read(columns), mess


def test_customers_are_all_there_under_the_mess(bank, customers):
    frame, mess = customers
    extra = mess["rows_repeated"] + mess["rows_older"] + mess["rows_without_id"]
    assert len(frame) == len(bank.population) + extra
    assert (frame["CUST_NO"] == "").sum() == mess["rows_without_id"] > 0
    known = frame[frame["CUST_NO"] != ""].sort_values("UPDATED_DT", kind="stable")
    latest = known.groupby("CUST_NO").last()
    assert (latest.index.astype(int) == bank.population["number"]).all()
    assert latest.index.str.len().unique().tolist() == [10]
    opened = bank.population["opened_on"].dt.strftime("%Y-%m-%d").to_numpy()
    assert (latest["OPEN_DT"].to_numpy() == opened).all()
    branch = bank.people["branch"].to_numpy()
    assert ((latest["BRANCH_NM"] == branch) | (latest["BRANCH_NM"] == "")).all()


def test_customers_mess_is_what_was_counted(customers):
    frame, mess = customers
    assert frame.duplicated().sum() == mess["rows_repeated"] > 0
    single = frame[frame["CUST_NO"] != ""].drop_duplicates()
    single = single.sort_values("UPDATED_DT").drop_duplicates("CUST_NO", keep="last")
    person = single["CUST_TYPE"] == "P"
    assert (single.loc[person, "BIRTH_DT"] == "").sum() == mess["birth_missing"] > 0
    assert single["BIRTH_DT"].str.replace("/", "-").eq("1900-01-01").sum() == mess["birth_placeholder"] > 0
    assert single["BIRTH_DT"].str.contains("/").sum() == mess["birth_slashed"] > 0
    assert (single.loc[person, "GENDER_CD"] == "0").sum() == mess["gender_unknown"] > 0
    assert (single.loc[person, "OCCUP_CD"] == "").sum() == mess["occupation_missing"] > 0
    assert (single["BRANCH_NM"] == "").sum() == mess["branch_missing"] > 0
    assert (single["REGION_NM"] == "").sum() == mess["region_missing"] > 0


def test_births_are_the_true_ones(bank, customers):
    frame, _ = customers
    births = frame.drop_duplicates("CUST_NO").set_index("CUST_NO")["BIRTH_DT"].str.replace("/", "-")
    true = bank.people["birth_date"].set_axis(bank.population["number"].map("{:010d}".format))
    shown = births[(births != "") & (births != "1900-01-01")].drop("", errors="ignore")
    assert (pd.to_datetime(shown) == true[shown.index]).all()


def test_holdings_can_be_had_back(bank):
    ends = month_ends(LAST, 24)
    columns, mess = export_holdings(bank.balances.holdings, ends, np.random.default_rng(0))
    frame = read(columns)
    clean = bank.balances.holdings
    assert frame.duplicated().sum() == mess["rows_repeated"] == len(frame) - len(clean) > 0
    frame = frame.iloc[: len(clean)]
    assert (frame["BAL"] == "#N/A").sum() == mess["balances_unreadable"] > 0
    readable = (frame["BAL"] != "#N/A").to_numpy()
    balance = frame.loc[readable, "BAL"].str.replace(",", "").astype(float)
    assert balance.to_numpy() == pytest.approx(clean["balance"].to_numpy()[readable], abs=0.005)
    assert (frame["PROD_CD"].to_numpy() == np.array(PRODUCT_CODES)[clean["product"]]).all()
    stamps = pd.to_datetime(frame["AS_OF"], format="%Y%m%d").to_numpy().astype("datetime64[D]")
    assert (stamps == ends[clean["month"]]).all()


def test_the_maturity_column_comes_late(bank):
    columns, _ = export_holdings(bank.balances.holdings, month_ends(LAST, 24), np.random.default_rng(0))
    frame = read(columns)
    filled = frame[frame["MATURITY_DT"] != ""]
    assert set(filled["PROD_CD"]) == {"T01"}
    assert filled["AS_OF"].min() == str(month_ends(LAST, 24)[LATE_MONTH - 1]).replace("-", "")
    late = frame[(frame["PROD_CD"] == "T01") & (frame["AS_OF"] >= filled["AS_OF"].min())]
    assert (late["MATURITY_DT"] != "").all()


def test_transactions_are_in_fen_and_repeat_with_their_id(bank):
    columns, mess = export_transactions(bank.transactions, 3, np.random.default_rng(0))
    frame = read(columns)
    assert frame.duplicated().sum() == frame["TXN_ID"].duplicated().sum() == mess["rows_repeated"] > 0
    frame = frame.drop_duplicates()
    assert (frame["AMT_FEN"].astype(int) / 100).to_numpy() == pytest.approx(
        bank.transactions["amount"].to_numpy()
    )
    assert (frame["TXN_CD"].to_numpy() == np.array(MOVEMENT_CODES)[bank.transactions["type"]]).all()
    assert frame["TXN_ID"].iloc[0] == "T000030000000"
    moments = pd.to_datetime(frame["POSTED_AT"])
    assert (moments.to_numpy() == bank.transactions["occurred_at"].to_numpy()).all()
    employer = frame.loc[frame["CTPY_NO"] != "", "CTPY_NO"]
    assert employer.str.fullmatch(r"\d{10}").all()
    assert len(employer) == (bank.transactions["counterparty"] > 0).sum()

"""The portrait agrees with a slow one written row by row, and knows nothing of the future."""

import calendar
import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest

from workbench.customers import build_portrait
from workbench.engine import Engine
from workbench.errors import ParameterProblem
from workbench.tables import PORTRAIT

DAY = dt.date(2026, 6, 30)
DEBTS = ("loan", "card", "mortgage", "credit_card")


def build(tables, folder, day=DAY, **settings):
    with Engine(threads=2) as engine:
        shown = {}
        for name, frame in tables.items():
            frame.to_parquet(folder / f"{name}.parquet", index=False)
            shown[name] = engine.table(name, folder / f"{name}.parquet")
        portrait = engine.frame(build_portrait(shown, day, **settings))
    return PORTRAIT.check(portrait)


def random_bank(seed, until="2026-09-30", n=40):
    """A small bank whose data go on for three months after the snapshot."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"{i:04d}" for i in range(n)])
    days = pd.date_range("2024-10-01", until)
    ends = pd.date_range("2025-01-31", until, freq="ME")
    pick = lambda k: ids[rng.integers(0, n - 5, k)]  # the last five do nothing  # noqa: E731
    customers = pd.DataFrame(
        {
            "customer_id": rng.permutation(ids),
            "kind": np.where(rng.random(n) < 0.8, "retail", "corporate"),
            "name": "somebody",
            "phone": "13800000000",
            "birth_date": pd.to_datetime("1950-01-01") + pd.to_timedelta(rng.integers(0, 20_000, n), "D"),
            "opened_on": pd.to_datetime(days[rng.integers(0, len(days), n)]),
            "consent": pd.array(rng.random(n) < 0.5, dtype="boolean"),
            "rating": rng.random(n),
        }
    )
    old = rng.random(n) < 0.5
    customers.loc[old, "opened_on"] = pd.Timestamp("2019-05-31")
    customers.loc[rng.random(n) < 0.1, ["birth_date", "opened_on"]] = pd.NaT
    customers["consent"] = customers["consent"].mask(rng.random(n) < 0.1)
    products = np.array(["demand", "fund", "loan", "card", "wealth"])
    grid = pd.MultiIndex.from_product([ids[: n - 5], products, ends]).to_frame(index=False)
    grid.columns = ["customer_id", "product", "as_of"]
    holdings = grid[rng.random(len(grid)) < 0.4].copy()
    holdings["balance"] = np.round(rng.lognormal(8, 2, len(holdings)), 2)
    holdings.loc[rng.random(len(holdings)) < 0.05, "balance"] = 0.0
    holdings.loc[rng.random(len(holdings)) < 0.02, "balance"] = np.nan
    k = 600
    moments = days[rng.integers(0, len(days), k)] + pd.to_timedelta(rng.integers(0, 86_400, k), "s")
    transactions = pd.DataFrame(
        {
            "transaction_id": [f"T{i}" for i in range(k)],
            "customer_id": pick(k),
            "occurred_at": moments,
            "amount": np.round(rng.normal(100, 2_000, k), 2),
            "type": rng.choice(["salary", "card", "transfer"], k),
            "channel": rng.choice(["app", "branch", "atm"], k),
        }
    )
    quiet = transactions["customer_id"].isin(ids[:8]) & (transactions["occurred_at"] > "2025-11-01")
    transactions = transactions[~quiet]
    events = pd.DataFrame(
        {
            "customer_id": pick(k),
            "occurred_at": moments[rng.permutation(k)],
            "event_type": rng.choice(["app_login", "branch_visit", "birthday"], k),
        }
    )
    events = events[~(events["customer_id"].isin(ids[:6]) & (events["occurred_at"] > "2025-05-01"))]
    feedback = pd.DataFrame(
        {
            "customer_id": pick(40),
            "answered_on": days[rng.integers(0, len(days), 40)],
            "score": rng.choice([0.0, 3.0, 7.0, 10.0, np.nan], 40),
        }
    )
    return {
        "customers": customers,
        "holdings": holdings,
        "transactions": transactions,
        "events": events,
        "feedback": feedback,
    }


def slow_portrait(tables, day):
    """One customer at a time, in plain Python."""
    end = pd.Timestamp(day) + pd.Timedelta(days=1)
    start_year = pd.Timestamp(day.year - 1, day.month, calendar.monthrange(day.year - 1, day.month)[1])
    start_year += pd.Timedelta(days=1)
    rows = []
    h = tables["holdings"]
    h = h[h["as_of"] < end]
    last = h["as_of"].max()
    t_all = tables["transactions"][tables["transactions"]["occurred_at"] < end]
    since = t_all["occurred_at"].min().normalize()
    e_all = tables["events"][tables["events"]["occurred_at"] < end]
    f_all = tables["feedback"][tables["feedback"]["answered_on"] < end].dropna(subset="score")
    for c in tables["customers"].to_dict("records"):
        if c["opened_on"] is not pd.NaT and c["opened_on"] >= end:
            continue
        row = {"customer_id": c["customer_id"], "rating": c["rating"]}
        born, opened = c["birth_date"], c["opened_on"]
        if born is pd.NaT:
            row["age"] = math.nan
        else:
            row["age"] = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
        row["tenure"] = (
            math.nan if opened is pd.NaT else round((pd.Timestamp(day) - opened).days / 30.4375, 2)
        )
        mine = h[h["customer_id"] == c["customer_id"]]
        now = mine[mine["as_of"] == last]
        total = now.loc[~now["product"].isin(DEBTS), "balance"].sum()
        row["balance_total"] = total
        for product in ("demand", "fund", "loan", "card", "wealth"):
            row[f"balance_{product}"] = now.loc[now["product"] == product, "balance"].sum()
        row["product_count"] = int((now["balance"].fillna(0) != 0).sum())
        before = mine[(mine["as_of"] == pd.Timestamp("2026-03-31")) & ~mine["product"].isin(DEBTS)]
        then = before["balance"].sum()
        row["balance_change_3m"] = total / then - 1 if then else math.nan
        t = t_all[t_all["customer_id"] == c["customer_id"]]
        year = t[t["occurred_at"] >= start_year]
        row["frequency"] = len(year)
        row["monetary_value"] = year["amount"].abs().mean() if len(year) else math.nan
        inflow = year.loc[year["amount"] > 0, "amount"].sum()
        row["inflow_12m"] = inflow
        salary = year.loc[(year["amount"] > 0) & (year["type"] == "salary"), "amount"].sum()
        row["salary_share"] = salary / inflow if inflow else math.nan
        for channel in ("app", "branch", "atm"):
            share = (year["channel"] == channel).mean() if len(year) else math.nan
            row[f"channel_share_{channel}"] = share
        days_since = lambda moment: (pd.Timestamp(day) - moment.normalize()).days  # noqa: E731
        row["recency"] = days_since(t["occurred_at"].max()) if len(t) else math.nan
        e = e_all[e_all["customer_id"] == c["customer_id"]]
        lately = e[e["occurred_at"] >= end - pd.Timedelta(days=90)]
        row["app_logins_90d"] = (lately["event_type"] == "app_login").sum()
        row["branch_visits_90d"] = (lately["event_type"] == "branch_visit").sum()
        f = f_all[f_all["customer_id"] == c["customer_id"]]
        newest = f[f["answered_on"] == f["answered_on"].max()]
        row["satisfaction"] = newest["score"].mean() if len(newest) else math.nan
        seen = [days_since(m) for m in t["occurred_at"]]
        seen += [days_since(m) for m in e.loc[e["event_type"] != "birthday", "occurred_at"]]
        idle = min(seen) if seen else (pd.Timestamp(day) - since).days + 1
        row["lifecycle_stage"] = slow_stage(row, idle)
        row["idle_days"] = idle
        rows.append(row)
    return pd.DataFrame(rows).sort_values("customer_id").reset_index(drop=True)


def slow_stage(row, idle):
    change = row["balance_change_3m"]
    if row["tenure"] < 3:
        return "acquisition"
    if row["tenure"] <= 12:
        return "honeymoon"
    if row["balance_total"] <= 1_000 and idle >= 365:
        return "lost"
    if idle >= 180:
        return "dormant"
    if math.isnan(change):
        return None
    if change <= -0.2:
        return "decline"
    return "growth" if change >= 0.1 else "mature"


SEEDS = range(5)


@pytest.mark.parametrize("seed", SEEDS)
def test_agrees_with_the_slow_one(seed, tmp_path):
    tables = random_bank(seed)
    fast = build(tables, tmp_path)
    slow = slow_portrait(tables, DAY)
    assert fast["customer_id"].tolist() == slow["customer_id"].tolist()
    for name in slow:
        if slow[name].dtype.kind in "fi":
            np.testing.assert_allclose(
                fast[name].astype(float), slow[name].astype(float), rtol=1e-5, atol=1e-4, err_msg=name
            )
        else:
            assert fast[name].fillna("-").tolist() == slow[name].fillna("-").tolist(), name


def test_the_random_banks_reach_every_stage():
    found = set()
    for seed in SEEDS:
        found |= set(slow_portrait(random_bank(seed), DAY)["lifecycle_stage"].dropna())
    assert found == {"acquisition", "honeymoon", "lost", "dormant", "decline", "growth", "mature"}


def test_the_future_changes_nothing(tmp_path):
    tables = random_bank(3)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    expected = build(tables, tmp_path / "a")
    end = pd.Timestamp(DAY) + pd.Timedelta(days=1)
    changed = {name: frame.copy() for name, frame in tables.items()}
    for name, column in [
        ("holdings", "as_of"),
        ("transactions", "occurred_at"),
        ("events", "occurred_at"),
        ("feedback", "answered_on"),
    ]:
        later = changed[name][column] >= end
        assert later.any()
        for value in ("balance", "amount", "score"):
            if value in changed[name]:
                changed[name].loc[later, value] = 1e6
        for word in ("product", "channel", "type", "event_type"):
            if word in changed[name]:
                changed[name].loc[later, word] = "unheard_of"
        changed[name].loc[later, "customer_id"] = "0000"
        # The rows of the past in another order, too.
        changed[name] = changed[name].sample(frac=1, random_state=1)
    people = changed["customers"]
    later = people["opened_on"] >= end
    assert later.any()
    changed["customers"] = people[~later]
    found = build(changed, tmp_path / "b")
    assert list(found) == list(expected)
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


@pytest.mark.parametrize(
    ("others", "present", "absent"),
    [
        ((), {"age", "tenure", "rating", "lifecycle_stage"}, {"balance_total", "recency", "tier"}),
        (("holdings",), {"balance_total", "balance_change_3m", "tier"}, {"recency", "app_logins_90d"}),
        (("transactions",), {"recency", "salary_share", "lifecycle_stage"}, {"balance_total", "tier"}),
        (("events",), {"app_logins_90d"}, {"recency"}),
        (("feedback", "holdings"), {"satisfaction", "balance_fund"}, {"recency"}),
    ],
)
def test_any_subset_of_tables(others, present, absent, tmp_path):
    tables = random_bank(1)
    portrait = build({name: tables[name] for name in ("customers", *others)}, tmp_path)
    assert present <= set(portrait)
    assert not absent & set(portrait)
    whole = build(tables, tmp_path)
    of_several = {"lifecycle_stage", "idle_days", "life_need"}
    of_several |= {"contribution", "potential", "potential_product", "tier"}
    for name in set(portrait) - of_several:
        pd.testing.assert_series_equal(portrait[name], whole[name])


def test_without_anything_to_base_it_on_there_is_no_stage(tmp_path):
    customers = pd.DataFrame(
        {"customer_id": ["2", "1"], "kind": ["retail", "retail"], "housing": [True, False]}
    )
    portrait = build({"customers": customers}, tmp_path)
    assert portrait.columns.tolist() == ["customer_id", "snapshot_date", "kind", "housing"]
    assert portrait["customer_id"].tolist() == ["1", "2"]
    assert portrait["snapshot_date"].tolist() == [pd.Timestamp(DAY)] * 2
    with_tenure = build({"customers": customers.assign(tenure=[40.0, 0.5])}, tmp_path)
    assert with_tenure["lifecycle_stage"].fillna("-").tolist() == ["acquisition", "-"]


def test_an_own_balance_column_serves_where_there_are_no_holdings(tmp_path):
    customers = pd.DataFrame(
        {"customer_id": ["1", "2", "3"], "kind": "retail", "balance_total": [10.0, 60_000.0, np.nan]}
    )
    portrait = build({"customers": customers}, tmp_path)
    assert portrait["balance_total"].tolist()[:2] == [10.0, 60_000.0]
    assert portrait["tier"].fillna("-").tolist() == ["basic", "value", "-"]
    holdings = pd.DataFrame(
        {
            "customer_id": ["1"],
            "product": ["demand"],
            "as_of": pd.to_datetime(["2026-06-30"]),
            "balance": [99.0],
        }
    )
    both = build({"customers": customers, "holdings": holdings}, tmp_path)
    assert both["balance_total"].tolist() == [99.0, 0.0, 0.0]


def test_tables_that_only_begin_later_are_as_if_absent(tmp_path):
    tables = random_bank(2)
    portrait = build(tables, tmp_path, day=dt.date(2020, 1, 31))
    assert not {"balance_total", "recency", "app_logins_90d", "tier"} & set(portrait)
    assert (
        len(portrait)
        == (tables["customers"]["opened_on"].fillna(pd.Timestamp("2019-01-01")) < "2020-02-01").sum()
    )


def test_a_new_customer_has_no_change_and_a_fair_trend(tmp_path):
    customers = pd.DataFrame({"customer_id": ["1"], "kind": ["retail"]})
    months = pd.to_datetime(["2026-05-31", "2026-06-30"])
    holdings = pd.DataFrame(
        {"customer_id": "1", "product": "demand", "as_of": months, "balance": [100.0, 300.0]}
    )
    older = holdings.assign(customer_id="2", as_of=pd.to_datetime(["2026-03-31", "2026-04-30"]))
    portrait = build({"customers": customers, "holdings": pd.concat([holdings, older])}, tmp_path)
    assert portrait["balance_change_3m"].isna().all()
    assert portrait["balance_trend"].tolist() == [0.5]


def test_words_become_columns(tmp_path):
    customers = pd.DataFrame({"customer_id": ["1"], "kind": ["retail"]})
    holdings = pd.DataFrame(
        {
            "customer_id": "1",
            "product": ["Time deposit", "基金", "total"],
            "as_of": pd.to_datetime(["2026-06-30"] * 3),
            "balance": [1.0, 2.0, 4.0],
        }
    )
    portrait = build({"customers": customers, "holdings": holdings}, tmp_path)
    row = portrait.iloc[0]
    assert row[
        ["balance_time_deposit", "balance_基金", "balance_total_product", "balance_total"]
    ].tolist() == [
        1.0,
        2.0,
        4.0,
        7.0,
    ]


def test_ties_are_counted(tmp_path):
    customers = pd.DataFrame({"customer_id": ["1", "2", "9"], "kind": ["retail", "retail", "corporate"]})
    links = pd.DataFrame(
        {"customer_id": ["1", "2"], "to_customer_id": ["9", "9"], "relation": ["employer", "employer"]}
    )
    portrait = build({"customers": customers, "links": links}, tmp_path)
    assert portrait["linked_employees"].tolist() == [0.0, 0.0, 2.0]


def test_nothing_personal_comes_along(tmp_path):
    tables = random_bank(0)
    tables["customers"]["email"] = "a@b.c"
    portrait = build(tables, tmp_path)
    assert not {"name", "phone", "email", "birth_date"} & set(portrait)
    assert not portrait.astype(str).isin(["somebody", "13800000000", "a@b.c"]).any().any()


def test_keep(tmp_path):
    tables = {"customers": random_bank(0)["customers"].assign(colour="red")}
    assert {"rating", "colour"} <= set(build(tables, tmp_path))
    assert "colour" not in build(tables, tmp_path, keep=["rating"])
    for column in ("phone", "size"):
        with pytest.raises(
            ParameterProblem, match=f'"{column}" can\'t be kept.*Columns to keep: rating, colour'
        ):
            build(tables, tmp_path, keep=[column])


def test_what_is_missing_is_said(tmp_path):
    with pytest.raises(ParameterProblem, match="needs the table customers"):
        build_portrait({}, DAY)
    with pytest.raises(ParameterProblem, match='"June" is no snapshot date'):
        build({"customers": random_bank(0)["customers"]}, tmp_path, day="June")
    with_text = build({"customers": random_bank(0)["customers"]}, tmp_path, day="2026-06-30")
    assert with_text["snapshot_date"].iloc[0] == pd.Timestamp(DAY)


def test_a_leap_day_birthday(tmp_path):
    customers = pd.DataFrame(
        {"customer_id": ["1"], "kind": ["retail"], "birth_date": pd.to_datetime(["2000-02-29"])}
    )
    assert build({"customers": customers}, tmp_path, day="2025-02-28")["age"].tolist() == [24.0]
    assert build({"customers": customers}, tmp_path, day="2025-03-01")["age"].tolist() == [25.0]

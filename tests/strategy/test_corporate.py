"""The map industry by tier, key customers and playbooks: against a count by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ParameterProblem
from workbench.locale import keys, text
from workbench.strategy import (
    KeyRule,
    Playbook,
    build_corporate_map,
    company_segment,
    draft_corporate_card,
    find_key_companies,
    find_playbook,
    read_journeys,
    read_playbooks,
    summarise_industries,
)
from workbench.strategy.conditions import Condition, meets, read_conditions, write_conditions
from workbench.strategy.playbooks import DEFAULT, industry_name, product_name
from workbench.tables import STRATEGIES, TIERS

INDUSTRIES = ("software", "logistics", "mining")


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    n = 400
    frame = pd.DataFrame(
        {
            "customer_id": [f"{i:06d}" for i in range(n)],
            "kind": rng.choice(["retail", "corporate"], n, p=[0.3, 0.7]),
            "industry": rng.choice([*INDUSTRIES, None], n),
            "tier": rng.choice([*TIERS, None], n, p=[0.5, 0.3, 0.1, 0.1]),
            "lifecycle_stage": rng.choice(["growth", "mature", "decline"], n),
            "balance_total": rng.lognormal(12, 1.5, n).round(2),
            "contribution": rng.lognormal(8, 1, n).round(2),
            "potential": rng.lognormal(8, 1, n).round(2),
            "linked_suppliers": rng.poisson(2, n),
            "linked_employees": rng.poisson(9, n),
        }
    )
    return frame


@pytest.fixture(scope="module")
def membership(customers) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    kept = customers.sample(250, random_state=3)
    return pd.DataFrame(
        {
            "customer_id": kept["customer_id"].to_numpy(),
            "cluster": 0,
            "segment": rng.choice(["Big", "Small"], len(kept)),
        }
    )


def cards(*rows: dict) -> pd.DataFrame:
    base = draft_corporate_card(
        read_playbooks()["software"], "value", strategy_id="S1", starts_on=dt.date(2026, 10, 8)
    )
    return pd.concat(
        [base.assign(**{"eligibility": "", "tier": "", **row}) for row in rows], ignore_index=True
    )


def words(cell: str) -> set[str]:
    return {part for part in cell.split(",") if part}


def test_the_map_agrees_with_a_count_by_hand(customers, membership):
    strategies = cards(
        {"strategy_id": "S1", "segment": "Big", "lifecycle_stages": "growth"},
        {"strategy_id": "S2", "segment": "Small"},
        {
            "strategy_id": "S3",
            "segment": "Big",
            "eligibility": write_conditions([Condition("balance_total", "at_least", 200_000)]),
        },
        {"strategy_id": "S4", "segment": company_segment("mining")},
    )
    strategies.loc[strategies["strategy_id"].eq("S2"), "tier"] = "value,strategic"
    found = build_corporate_map(customers, strategies, membership)
    segment = dict(zip(membership["customer_id"], membership["segment"], strict=True))
    seen = {}
    for row in customers.to_dict("records"):
        if row["kind"] != "corporate":
            continue
        industry = row["industry"] if isinstance(row["industry"], str) else "unknown"
        tier = row["tier"] if isinstance(row["tier"], str) else "unknown"
        cell = seen.setdefault(
            (industry, tier), {"n": 0, "balance": 0.0, "c": 0.0, "p": 0.0, "s": set(), "r": 0}
        )
        mine = set()
        where = segment.get(row["customer_id"])
        if where == "Big" and row["lifecycle_stage"] == "growth":
            mine.add("S1")
        if where == "Small" and tier in ("value", "strategic"):
            mine.add("S2")
        if where == "Big" and row["balance_total"] >= 200_000:
            mine.add("S3")
        cell["n"] += 1
        cell["balance"] += row["balance_total"]
        cell["c"] += row["contribution"]
        cell["p"] += row["potential"]
        cell["s"] |= mine
        cell["r"] += bool(mine)
    order = sorted(seen, key=lambda key: -seen[key]["balance"])
    whole, held, valuable = sum(cell["balance"] for cell in seen.values()), 0.0, set()
    for key in order:
        if held < 0.8 * whole:
            valuable.add(key)
        held += seen[key]["balance"]
    assert len(found) == 4 * 4
    for row in found.to_dict("records"):
        key = (row["industry"], row["tier"])
        cell = seen.get(key, {"n": 0, "balance": 0.0, "c": 0.0, "p": 0.0, "s": set(), "r": 0})
        assert (row["n"], row["n_reached"]) == (cell["n"], cell["r"])
        assert row["balance"] == pytest.approx(cell["balance"])
        if cell["n"]:
            assert row["wallet_share"] == pytest.approx(cell["c"] / (cell["c"] + cell["p"]))
        assert words(row["strategy_ids"]) == cell["s"]
        assert words(row["planned_ids"]) == ({"S4"} if row["industry"] == "mining" else set())
        assert row["valuable"] == (key in valuable)
        no_strategy = not cell["s"] and row["industry"] != "mining"
        no_playbook = row["industry"] in ("mining", "unknown")
        flag = (
            ("neither" if no_playbook else "no_strategy")
            if no_strategy
            else "no_playbook"
            if no_playbook
            else ""
        )
        assert row["flag"] == (flag if key in valuable else "")
    assert found["industry"].iloc[-1] == "unknown"


def test_industries_in_sum(customers, membership):
    cells = build_corporate_map(customers, STRATEGIES.empty(), membership)
    found = summarise_industries(cells).set_index("industry")
    own = customers[customers["kind"].eq("corporate") & customers["industry"].eq("software")]
    assert found.at["software", "n"] == len(own)
    assert found.at["software", "potential"] == pytest.approx(own["potential"].sum())
    assert found["potential"].is_monotonic_decreasing


def test_key_companies_meet_one_part_of_the_rule(customers):
    rule = KeyRule(("strategic",), least_balance=1e6, least_suppliers=5, least_employees=15)
    found = find_key_companies(customers, rule)
    wanted = {}
    for row in customers[customers["kind"].eq("corporate")].to_dict("records"):
        reasons = [
            name
            for name, met in (
                ("tier", row["tier"] == "strategic"),
                ("balance", row["balance_total"] >= 1e6),
                ("suppliers", row["linked_suppliers"] >= 5),
                ("employees", row["linked_employees"] >= 15),
            )
            if met
        ]
        if reasons:
            wanted[row["customer_id"]] = ",".join(reasons)
    assert dict(zip(found["customer_id"], found["reasons"], strict=True)) == wanted
    assert found["balance_total"].is_monotonic_decreasing
    bare = find_key_companies(customers[["customer_id", "kind", "tier"]], rule)
    assert set(bare["reasons"]) == {"tier"}


def test_bad_input_is_said(customers):
    with pytest.raises(ParameterProblem, match="None of the 3 customers is a company"):
        build_corporate_map(customers.head(3).assign(kind="retail"), STRATEGIES.empty())
    with pytest.raises(ParameterProblem, match="valuable_share"):
        build_corporate_map(customers, STRATEGIES.empty(), valuable_share=2)
    book = read_playbooks()["software"]
    with pytest.raises(ParameterProblem, match="no tier"):
        draft_corporate_card(book, "gold", strategy_id="S1", starts_on=dt.date(2026, 1, 1))
    with pytest.raises(ParameterProblem, match="names no product"):
        draft_corporate_card(
            replace(book, bundle={}), "value", strategy_id="S1", starts_on=dt.date(2026, 1, 1)
        )
    for wrong in (
        {"channels": ("fax",)},
        {"channels": ()},
        {"bundle": {"gold": ("x",)}},
        {"rule": KeyRule(("gold",))},
        {"rule": KeyRule((), least_balance=-1)},
        {"response": 7.0},
        {"value": float("nan")},
        {"upstream": ("x" * 500,)},
        {"texts": {"en": {"summary": "x" * 5000}}},
    ):
        with pytest.raises(ParameterProblem):
            replace(book, **wrong)


def test_without_balances_companies_are_counted(customers):
    bare = customers[["customer_id", "kind", "industry"]]
    found = build_corporate_map(bare, STRATEGIES.empty())
    assert found["tier"].unique().tolist() == ["unknown"]
    assert found["balance"].isna().all()
    assert found["flag"].ne("").any()


@pytest.mark.parametrize("industry", [*read_playbooks(), "deep_sea"])
def test_every_playbook_is_whole_in_both_languages(industry):
    book = find_playbook(industry)
    assert Playbook.from_dict(book.to_dict()).to_dict() == book.to_dict()
    assert book.journey in read_journeys()
    for lang, other in (("en", "zh_CN"), ("zh_CN", "en")):
        assert book.summary(lang) != book.summary(other)
        assert len(book.lines("tools", lang)) == len(book.lines("tools", other)) >= 2
        assert len(book.lines("steps", lang)) == len(book.lines("steps", other)) >= 3
    for tier in TIERS:
        assert book.bundle[tier]
        for product in book.bundle[tier]:
            assert f"strategy_corporate.product.{product}" in keys()
            assert product_name(product, "zh_CN") != product_name(product, "en")
    for name in (*book.upstream, *book.downstream):
        assert industry_name(name, "zh_CN") == text(f"strategy_corporate.industry.{name}", "zh_CN")


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_a_drafted_card_is_a_card(customers, lang):
    for industry, tier in zip(read_playbooks(), [*TIERS] * 4, strict=False):
        book = read_playbooks()[industry]
        card = draft_corporate_card(book, tier, strategy_id="S9", starts_on=dt.date(2026, 10, 8), lang=lang)
        STRATEGIES.check(card)
        row = card.iloc[0]
        assert "{product}" in row["script"]
        assert "{name}" in row["script"]
        able = meets(customers, read_conditions(row["eligibility"]))
        wanted = customers["kind"].eq("corporate")
        if industry != DEFAULT:
            wanted &= customers["industry"].eq(industry)
        assert able.tolist() == wanted.tolist()
    assert (row["channel"], row["journey"]) == ("phone", "company_visit")


def test_an_industry_named_like_a_formula_or_a_script_stays_text(customers):
    nasty = "=cmd|'/c calc'!A1<script>"
    named = customers.assign(industry=nasty)
    found = build_corporate_map(named, STRATEGIES.empty())
    assert found["industry"].unique().tolist() == [nasty]
    card = draft_corporate_card(
        find_playbook(nasty), "value", strategy_id="S1", starts_on=dt.date(2026, 1, 1)
    )
    assert (
        meets(named, read_conditions(card["eligibility"].iloc[0])).sum()
        == named["kind"].eq("corporate").sum()
    )

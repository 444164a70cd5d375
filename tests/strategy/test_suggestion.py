from __future__ import annotations

import pandas as pd
import pytest

from workbench.errors import ParameterProblem
from workbench.strategy import (
    by_telephone,
    describe_traits,
    draft_card,
    read_conditions,
    read_templates,
    suggest_strategies,
    translate_strategies,
)
from workbench.strategy.contact_policy import read_policies
from workbench.tables import KPIS, LIFECYCLE_STAGES, STRATEGIES, TIERS, TRIGGERS

OFFERS = {
    "time_deposit",
    "fund_plan",
    "wealth_review",
    "card_instalment",
    "payroll_service",
    "app_activation",
    "sme_loan",
    "winback_gift",
}


@pytest.fixture(scope="module")
def cards(bank) -> pd.DataFrame:
    return suggest_strategies(bank.customers, bank.membership, starts_on="2026-10-12")


def test_each_segment_gets_what_suits_it(cards) -> None:
    names = cards.groupby("segment")["name"].agg(set).to_dict()
    assert "Retention call" in names["Retirees"]
    assert names["Affluent"] == {"Affluent fund upgrade", "Yearly wealth review"}
    assert "Payroll growth plan" in names["Payroll"]
    assert "SME payroll referral" in names["Owners"]
    assert names["Sleepers"] == {"Dormant win-back"}
    assert names["New"] == {"First contact", "Honeymoon care"}
    assert "SME payroll referral" in names["Companies"]


def test_one_or_two_a_segment_numbered_by_promise(cards, bank) -> None:
    assert cards.groupby("segment").size().isin([1, 2]).all()
    assert set(cards["segment"]) == set(bank.membership["segment"])
    assert cards["strategy_id"].tolist() == [f"S{n}" for n in range(1, len(cards) + 1)]
    joined = bank.customers.merge(bank.membership, on="customer_id")
    free = joined[joined["consent"].fillna(False).astype(bool) & ~joined["do_not_contact"]]
    promise = []
    for card in cards.itertuples():
        stages = card.lifecycle_stages.split(",")
        n = ((free["segment"] == card.segment) & free["lifecycle_stage"].isin(stages)).sum()
        promise.append(n * (card.expected_response * card.value_per_response - card.cost_per_contact))
    assert promise == sorted(promise, reverse=True)


def test_dates_control_and_no_clash_between_the_two_of_a_segment(cards) -> None:
    assert (cards["starts_on"] == pd.Timestamp("2026-10-12")).all()
    assert (cards["ends_on"] == pd.Timestamp("2026-12-11")).all()
    assert (cards["control_share"] == 0.1).all()
    for _, pair in cards.groupby("segment"):
        if len(pair) == 2:
            one, other = (set(text.split(",")) for text in pair["lifecycle_stages"])
            assert not (pair["channel"].nunique() == 1 and one & other)


def test_companies_get_no_retail_strategy(cards) -> None:
    assert set(cards.loc[cards["segment"] == "Companies", "offer"]) <= {"payroll_service", "sme_loan"}


def test_a_bank_with_customers_only_gets_the_telephone_strategy() -> None:
    customers = pd.DataFrame(
        {"customer_id": ["1", "2", "3"], "kind": "retail", "age": [30.0, 40, 70], "balance": [1.0, 2, 3]}
    )
    membership = pd.DataFrame(
        {"customer_id": ["1", "2", "3"], "cluster": [0, 0, 1], "segment": ["A", "A", "B"]}
    )
    cards = suggest_strategies(customers, membership, starts_on="2026-10-12")
    assert len(cards) == 2
    assert set(cards["offer"]) == {"time_deposit"}
    assert set(cards["channel"]) == {"phone"}
    assert set(cards["lifecycle_stages"]) == {""}


def test_chinese_drafts_and_back(bank, cards) -> None:
    drafts = suggest_strategies(bank.customers, bank.membership, starts_on="2026-10-12", lang="zh_CN")
    assert {"首面经营", "蜜月期经营", "公私联动代发"} <= set(drafts["name"])
    pd.testing.assert_frame_equal(translate_strategies(cards, "zh_CN"), drafts)
    pd.testing.assert_frame_equal(translate_strategies(drafts, "en"), cards)


def test_a_variant_by_telephone_is_translated_too(cards) -> None:
    names = cards["name"].map(lambda name: by_telephone(name, "en"))
    shown = translate_strategies(cards.assign(name=names), "zh_CN")
    assert shown["name"].str.endswith("（电话）").all()
    pd.testing.assert_frame_equal(translate_strategies(shown, "en"), cards.assign(name=names))


def test_an_edited_text_is_not_translated(cards) -> None:
    edited = cards.copy()
    edited.loc[0, "name"] = "Our spring campaign"
    shown = translate_strategies(edited, "zh_CN")
    assert shown.loc[0, "name"] == "Our spring campaign"
    assert shown.loc[1, "name"] != edited.loc[1, "name"]


def test_templates_are_complete() -> None:
    templates = read_templates().values()
    assert {template.offer for template in templates} == OFFERS
    assert {template.channel for template in templates} <= {"phone", "sms", "app", "branch", "email"}
    for template in templates:
        assert set(template.stages) <= set(LIFECYCLE_STAGES)
        assert template.response * template.value > template.cost, template.key
        for lang in ("en", "zh_CN"):
            assert set(template.texts[lang]) == {"name", "objective", "script"}
            assert "{name}" in template.texts[lang]["script"]
            assert "{product}" in template.texts[lang]["script"]
    for field in ("name", "objective", "script"):
        for lang in ("en", "zh_CN"):
            assert len({template.texts[lang][field] for template in templates}) == len(templates)


def test_templates_are_whole_cards_that_fit_the_table() -> None:
    rows = []
    for number, (key, template) in enumerate(read_templates().items(), 1):
        given = {"starts_on": "2026-10-12", "strategy_id": f"S{number}"}
        card = draft_card(template, "Some", lang="zh_CN", **given)
        again = pd.DataFrame([draft_card(key, "Some", lang="zh", **given)])
        pd.testing.assert_frame_equal(pd.DataFrame([card]), again)
        assert template.kpi in KPIS
        assert template.trigger in ("", *TRIGGERS)
        assert (template.scenario == "event") is bool(template.trigger)
        assert (template.window_days == template.window_days) is bool(template.trigger)
        assert set(template.tiers) <= set(TIERS)
        assert 0 < template.effect < template.response
        assert template.contact_policy in ("", *read_policies())
        assert read_conditions(card["eligibility"]) == template.eligibility
        rows.append(card)
    STRATEGIES.check(pd.DataFrame(rows))


def test_what_the_issue_asks_for_has_a_template() -> None:
    names = {texts["name"] for each in read_templates().values() for texts in [each.texts["zh_CN"]]}
    assert {"首面经营", "蜜月期经营", "抓、黏、提", "沉睡客户唤醒", "存款到期承接"} <= names
    assert {"大额资金流入承接", "公私联动代发", "公私联动员工经营"} <= names
    templates = read_templates()
    assert {templates[f"corporate_{tier}"].tiers for tier in TIERS} == {(tier,) for tier in TIERS}
    assert templates["corporate_industry"].eligibility[-1].column == "industry"


def test_a_draft_asks_only_for_columns_that_the_bank_has() -> None:
    given = {"starts_on": "2026-10-12", "columns": ["customer_id", "kind"]}
    assert draft_card("fund_upgrade", "Some", **given)["eligibility"] == ""
    assert "kind" in draft_card("honeymoon", "Some", **given)["eligibility"]
    with pytest.raises(ParameterProblem, match="first_contact"):
        draft_card("no_such", "Some", starts_on="2026-10-12")
    for wrong in ({"days": 0}, {"control_share": 1.0}):
        with pytest.raises(ParameterProblem):
            draft_card("honeymoon", "Some", starts_on="2026-10-12", **wrong)


def test_a_template_without_traits_is_never_drafted_by_itself(cards) -> None:
    chosen = {each.texts["en"]["name"] for each in read_templates().values() if not each.suits}
    assert chosen
    assert not chosen & set(cards["name"])


def test_templates_use_traits_that_exist(bank) -> None:
    known = set(describe_traits(bank.customers, bank.membership).columns)
    asked = {condition.trait for template in read_templates().values() for condition in template.suits}
    assert asked <= known


def test_traits_against_plain_counting(bank) -> None:
    traits = describe_traits(bank.customers, bank.membership)
    joined = bank.customers.merge(bank.membership, on="customer_id")
    mine = joined[joined["segment"] == "Retirees"]
    assert traits.loc["Retirees", "stage_decline"] == pytest.approx(
        (mine["lifecycle_stage"] == "decline").mean()
    )
    assert traits.loc["Retirees", "time_deposit"] == pytest.approx(0.7)
    retail = joined[joined["kind"] == "retail"]
    ratio = mine["balance_total"].mean() / retail["balance_total"].mean()
    assert traits.loc["Retirees", "balance_ratio"] == pytest.approx(ratio)
    assert traits.loc["Companies", "owner"] == 1.0
    assert traits.loc["Owners", "borrowing"] == pytest.approx(0.5 / 1.5)


def test_owners_are_read_from_occupation_else_from_inflow_and_borrowing(bank) -> None:
    said = describe_traits(bank.customers, bank.membership)["owner"]
    assert said.drop(["Owners", "Companies"]).eq(0).all()
    assert said["Owners"] == 1
    looks = describe_traits(bank.customers.drop(columns="occupation"), bank.membership)["owner"]
    assert looks["Owners"] == 1
    assert looks.drop(["Owners", "Companies"]).max() < 0.3


@pytest.mark.parametrize(
    "wrong, key",
    [
        ({"days": 0}, "strategy_room.error.days"),
        ({"control_share": 1.0}, "strategy_room.error.control_share"),
    ],
)
def test_parameters_outside_their_range(bank, wrong, key) -> None:
    with pytest.raises(ParameterProblem) as caught:
        suggest_strategies(bank.customers, bank.membership, starts_on="2026-10-12", **wrong)
    assert caught.value.key == key
    assert caught.value.message("zh_CN")


def test_nobody_has_a_segment(bank) -> None:
    with pytest.raises(ParameterProblem) as caught:
        suggest_strategies(bank.customers, bank.membership.iloc[:0], starts_on="2026-10-12")
    assert caught.value.key == "strategy_room.error.no_members"


def test_the_result_is_a_table_of_strategies(cards) -> None:
    assert STRATEGIES.check(cards).columns.tolist() == list(STRATEGIES.names)

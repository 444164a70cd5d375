"""The objectives tree: sums against a plain recursion, shares against counting by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ParameterProblem, TableProblem
from workbench.strategy import (
    assign_objectives,
    build_criteria,
    check_objectives,
    expected_contributions,
    explain_objectives,
    measure_objectives,
    refuse_objectives,
    roll_up,
    score_customers,
    suggest_objectives,
    suggest_strategies,
    translate_objectives,
)
from workbench.strategy.objective_templates import read_objective_templates
from workbench.tables import OBJECTIVES, UNITS

DUE = pd.Timestamp("2026-12-31")


def tree(*rows: tuple[str, str], kpi: str = "balances", **changes: object) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["objective_id", "parent_id"])
    plain = {"name": "n", "kpi": kpi, "unit": UNITS[kpi], "horizon": "long", "baseline": 100.0}
    return frame.assign(**{**plain, "target": 200.0, "due_on": DUE, **changes})


def random_tree(n: int, rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for i in range(n):
        above = int(rng.integers(-1, i)) if i else -1
        rows.append((f"O{i}", "" if above < 0 else f"O{above}"))
    shuffled = [rows[i] for i in rng.permutation(n)]
    return tree(*shuffled).assign(
        baseline=rng.uniform(1, 50, n),
        target=rng.uniform(60, 90, n),
        measured=np.where(rng.random(n) < 0.5, rng.uniform(1, 50, n), np.nan),
    )


@pytest.mark.parametrize("seed", range(20))
def test_sums_agree_with_a_plain_recursion(seed: int) -> None:
    rng = np.random.default_rng(seed)
    objectives = random_tree(int(rng.integers(1, 15)), rng)
    n = 12
    counted = rng.uniform(0, 10, n)
    brought = pd.DataFrame(
        {
            "objective_id": rng.choice([*objectives["objective_id"], ""], n),
            "counted": np.where(rng.random(n) < 0.2, np.nan, counted),
            "counted_low": counted - rng.uniform(0, 3, n),
            "counted_high": counted + rng.uniform(0, 3, n),
            "double_counted": rng.uniform(0, 2, n),
        }
    )
    brought.loc[brought["counted"].isna(), ["counted_low", "counted_high", "double_counted"]] = np.nan

    def below(name: str) -> list[str]:
        found = [name]
        for part in objectives.loc[objectives["parent_id"].eq(name), "objective_id"]:
            found += below(part)
        return found

    rolled = roll_up(objectives, brought).set_index("objective_id")
    assert sorted(rolled.index) == sorted(objectives["objective_id"])
    for row in objectives.to_dict("records"):
        name = row["objective_id"]
        mine = brought[brought["objective_id"].isin(below(name))]
        known = mine.dropna()
        found = rolled.loc[name]
        assert found["contribution"] == pytest.approx(known["counted"].sum())
        away = math.sqrt(((known["counted_low"] - known["counted"]) ** 2).sum())
        assert found["contribution_low"] == pytest.approx(known["counted"].sum() - away)
        assert found["double_counted"] == pytest.approx(known["double_counted"].sum())
        assert found["n_strategies"] == len(mine)
        now = row["baseline"] if np.isnan(row["measured"]) else row["measured"]
        assert found["expected"] == pytest.approx(now + known["counted"].sum())
        assert found["gap"] == pytest.approx(row["target"] - now - known["counted"].sum())
        assert found["share"] == pytest.approx(known["counted"].sum() / (row["target"] - now))
        assert found["own"] == pytest.approx(brought.loc[brought["objective_id"].eq(name), "counted"].sum())


def test_parts_follow_their_whole() -> None:
    objectives = tree(("b", ""), ("a.2", "a"), ("a", ""), ("a.1", "a"), ("a.2.1", "a.2"))
    rolled = roll_up(objectives, pd.DataFrame(columns=["objective_id", "counted", "counted_low", "counted_high", "double_counted"]))  # noqa: E501  # fmt: skip
    assert rolled["objective_id"].tolist() == ["b", "a", "a.2", "a.2.1", "a.1"]
    assert rolled["depth"].tolist() == [0, 0, 1, 2, 1]
    assert rolled["contribution"].eq(0).all()


def test_no_objectives_are_no_tree() -> None:
    empty = OBJECTIVES.empty()
    assert check_objectives(empty).empty
    assert roll_up(empty, pd.DataFrame({"objective_id": []})).empty


@pytest.mark.parametrize(
    "objectives, problem",
    [
        (tree(("O1", "O9")), "unknown_parent"),
        (tree(("O1", "O1")), "cycle"),
        (tree(("O1", "O3"), ("O2", "O1"), ("O3", "O2")), "cycle"),
        (tree(("O1", ""), ("O2", "O1"), unit=["CNY", "points"], kpi="balances"), "other_unit"),
        (tree(("O1", ""), unit="points"), "unit_of_kpi"),
    ],
)
def test_what_can_not_be_added_up_is_refused(objectives: pd.DataFrame, problem: str) -> None:
    found = check_objectives(objectives)
    assert problem in found["problem"].tolist()
    assert found.loc[found["problem"].eq(problem), "grave"].all()
    with pytest.raises(ParameterProblem, match=r"O1|O2"):
        refuse_objectives(objectives)
    for lang in ("en", "zh_CN"):
        assert all("{" not in said for said in explain_objectives(found, lang))


def test_a_branch_below_a_circle_is_not_the_circle() -> None:
    found = check_objectives(tree(("O1", "O2"), ("O2", "O1"), ("O3", "O1")))
    assert found.loc[found["problem"].eq("cycle"), "objective_id"].tolist() == ["O1", "O2"]


def test_what_is_odd_is_said_and_allowed() -> None:
    days = [pd.Timestamp("2026-09-30"), pd.Timestamp("2026-11-30")]
    objectives = tree(("O1", ""), ("O2", "O1"), due_on=days, target=[100.0, 200.0])
    found = check_objectives(objectives, as_of="2026-10-15").set_index("problem")["objective_id"].to_dict()
    assert found == {"no_gain": "O1", "past": "O1", "after_parent": "O2"}
    refuse_objectives(objectives)
    with pytest.raises(TableProblem, match="horizon"):
        check_objectives(objectives.assign(horizon="soon"))


def test_cards_are_held_against_the_tree(bank) -> None:
    cards = suggest_strategies(bank.customers, bank.membership, starts_on="2026-10-12").head(4)
    cards["objective_id"] = ["O1", "O2", "O9", ""]
    cards["kpi"] = ["responses", "satisfaction", "responses", "responses"]
    found = check_objectives(tree(("O1", ""), ("O2", "O1")), cards)
    assert found[["objective_id", "problem", "other"]].values.tolist() == [
        ["O1", "not_a_leaf", "S1"],
        ["O2", "other_kpi", "S2"],
        ["O9", "unknown_objective", "S3"],
    ]


def bank_of(bank) -> tuple[pd.DataFrame, pd.DataFrame]:
    return bank.customers, bank.membership


def served(bank, kpi: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    cards = suggest_strategies(bank.customers, bank.membership, starts_on="2026-10-12", control_share=0.2)
    cards = cards.assign(objective_id="O1", eligibility="", tier="")
    return tree(("O1", ""), kpi=kpi), cards, score_customers(bank.customers, bank.membership, cards)


def test_income_is_what_the_plan_promises(bank) -> None:
    objectives, cards, scores = served(bank, "fee_income")
    found = expected_contributions(objectives, cards, scores, *bank_of(bank)).set_index("strategy_id")
    promised = build_criteria(cards, bank.customers, bank.membership).set_index("strategy_id")
    assert found["contribution"].to_dict() == pytest.approx(promised["expected_value"].to_dict())
    alone = found["double_counted"].abs() < 1e-9
    assert alone.any()
    for end in ("low", "high"):
        mine = found.loc[alone, f"counted_{end}"].to_dict()
        assert mine == pytest.approx(promised.loc[alone, f"expected_value_{end}"].to_dict())


@pytest.mark.parametrize("kpi", ["responses", "activity", "fee_income", "balances", "satisfaction"])
def test_nobody_counts_twice(bank, kpi: str) -> None:
    objectives, cards, scores = served(bank, kpi)
    cards = cards.assign(kpi=kpi, kpi_target=np.arange(len(cards)) / 10)
    n = len(bank.customers)
    found = expected_contributions(objectives, cards, scores, *bank_of(bank), margin=0.02)
    by_id = cards.set_index("strategy_id").to_dict("index")
    allowed = bank.customers.set_index("customer_id").to_dict("index")
    best: dict[str, float] = {}
    gross = 0.0
    for row in scores.to_dict("records"):
        person, card = allowed[row["customer_id"]], by_id[row["strategy_id"]]
        stages = card["lifecycle_stages"]
        if pd.isna(person["consent"]) or not person["consent"] or person["do_not_contact"]:
            continue
        if stages and person["lifecycle_stage"] not in stages.split(","):
            continue
        each = {
            "responses": row["propensity"],
            "activity": row["propensity"],
            "fee_income": row["expected_value"],
            "balances": row["propensity"] * card["value_per_response"] / 0.02,
            "satisfaction": card["kpi_target"] / n,
        }[kpi] * 0.8
        gross += each
        best[row["customer_id"]] = max(best.get(row["customer_id"], -math.inf), each)
    assert found["counted"].sum() == pytest.approx(sum(best.values()))
    assert found["contribution"].sum() == pytest.approx(gross)
    assert (found["contribution"] - found["counted"]).tolist() == pytest.approx(
        found["double_counted"].tolist()
    )


def test_two_trees_count_a_customer_each(bank) -> None:
    _, cards, scores = served(bank, "responses")
    objectives = pd.concat([tree(("O1", ""), kpi="responses"), tree(("O2", ""), kpi="activity")])
    both = cards["segment"].duplicated()
    assert both.any()
    cards["objective_id"] = np.where(both, "O2", "O1")
    found = expected_contributions(objectives, cards, scores, *bank_of(bank))
    assert found["double_counted"].abs().max() < 1e-9


def test_what_can_not_be_told_is_missing(bank) -> None:
    objectives, cards, scores = served(bank, "balances")
    found = expected_contributions(objectives, cards, scores, *bank_of(bank))
    assert found["contribution"].isna().all()
    assert roll_up(objectives, found)["contribution"].tolist() == [0.0]
    with pytest.raises(ParameterProblem, match=r"0\.02"):
        expected_contributions(objectives, cards, scores, *bank_of(bank), margin=0.0)
    none = expected_contributions(objectives, cards.assign(objective_id=""), scores, *bank_of(bank))
    assert none["objective_id"].eq("").all()
    assert none["n"].gt(0).all()
    hostile = cards.assign(name="=cmd|' /C calc'!A1", objective_id="<script>")
    assert expected_contributions(objectives, hostile, scores, *bank_of(bank))["objective_id"].eq("").all()


def test_the_draft_is_made_of_the_banks_own_figures(bank) -> None:
    people = bank.customers.assign(idle_days=20.0, contribution=300.0)
    objectives = suggest_objectives(people, as_of="2026-09-30")
    assert check_objectives(objectives, as_of="2026-09-30").empty
    by_template = objectives.set_index("template")
    total = people["balance_total"].sum()
    assert by_template.loc["balances", "baseline"] == pytest.approx(total)
    assert by_template.loc["balances", "target"] == pytest.approx(total * 1.02, rel=1e-4)
    assert by_template.loc["balances", "due_on"] == pd.Timestamp("2027-09-30")
    kept = people[people["lifecycle_stage"].isin(["mature", "decline"])]
    assert by_template.loc["balances_kept", "baseline"] == pytest.approx(kept["balance_total"].sum())
    assert by_template.loc["income_advice", ["baseline", "target"]].tolist() == [
        0.0,
        300.0 * len(people) * 0.003,
    ]
    assert "activity" not in by_template.index, "everybody is active already"
    assert "activity_new" not in by_template.index, "a part without its whole"
    chinese = suggest_objectives(people, as_of="2026-09-30", lang="zh_CN")
    assert translate_objectives(objectives, "zh_CN")["name"].tolist() == chinese["name"].tolist()
    assert suggest_objectives(people[["customer_id"]], as_of="2026-09-30").empty


def test_a_measure_follows_the_customers_but_not_what_is_added(bank) -> None:
    people = bank.customers.assign(contribution=300.0)
    objectives = suggest_objectives(people, as_of="2026-09-30")
    richer = people.assign(balance_total=people["balance_total"] * 2)
    measured = measure_objectives(objectives, richer).set_index("template")
    assert measured.loc["balances", "measured"] == pytest.approx(2 * measured.loc["balances", "baseline"])
    assert np.isnan(measured.loc["income_advice", "measured"])
    about = objectives.head(1).assign(segment="Owners")
    owners = people.merge(bank.membership, on="customer_id")
    expected = owners.loc[owners["segment"].eq("Owners"), "balance_total"].sum()
    assert measure_objectives(about, owners)["measured"].iloc[0] == pytest.approx(expected)


def test_cards_get_the_leaf_that_fits(bank) -> None:
    objectives = suggest_objectives(bank.customers.assign(contribution=1.0), as_of="2026-09-30")
    cards = suggest_strategies(bank.customers, bank.membership, starts_on="2026-10-12")
    cards["objective_id"] = ""
    given = assign_objectives(cards, objectives).set_index("offer")["objective_id"]
    names = objectives.set_index("objective_id")["template"]
    for offer, name in given.items():
        wanted = [key for key, each in read_objective_templates().items() if offer in each.get("offers", ())]
        if name and wanted and wanted[0] in set(names):
            assert names[name] == wanted[0]
    assert given.ne("").any()
    leaf = objectives.loc[objectives["template"].eq("balances_won"), "objective_id"].iloc[0]
    kept = assign_objectives(cards.assign(objective_id=leaf), objectives)
    assert kept["objective_id"].eq(leaf).all()
    none = assign_objectives(cards.assign(objective_id=leaf), objectives.iloc[:0])
    assert none["objective_id"].eq("").all()

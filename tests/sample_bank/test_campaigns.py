import numpy as np
import pandas as pd
import pytest

from workbench.errors import ParameterProblem
from workbench.sample_bank.campaigns import CONTROL_SHARE, PAST, draw_history, play
from workbench.sample_bank.effects import EXCEPTIONS, REACH, WEAK_BRANCH, draw_responses, plant_effects
from workbench.sample_bank.structure import CHANNELS, OFFERS, RETAIL, SEGMENTS
from workbench.tables import CAMPAIGN_HISTORY

LAST = np.datetime64("2026-09-30")


def truth(n: int, segment: str = "happy_retirees", branch: str = "Branch 01") -> pd.DataFrame:
    ids = [f"{i:010d}" for i in range(n)]
    engagement = np.random.default_rng(5).standard_normal(n)
    return pd.DataFrame({"customer_id": ids, "segment": segment, "engagement": engagement, "branch": branch})


def list_of(customers: pd.DataFrame, control: float = 0.5) -> pd.DataFrame:
    n = len(customers)
    return pd.DataFrame(
        {
            "customer_id": customers["customer_id"],
            "strategy_id": "S1",
            "segment": "A",
            "score": 0.5,
            "rank": np.arange(1, n + 1),
            "arm": np.where(np.arange(n) < control * n, "control", "treatment"),
        }
    )


def uplift(answers: pd.DataFrame) -> float:
    rate = answers.groupby("arm")["responded"].mean()
    return float(rate["treatment"] - rate["control"])


def test_effects_cover_every_combination_and_stay_possible():
    effects = plant_effects()
    assert len(effects) == len(SEGMENTS) * len(OFFERS) * len(CHANNELS)
    assert not effects.duplicated(["segment", "offer", "channel"]).any()
    assert (effects["base_response"] + effects["effect"]).between(0.0, 0.5).all()


def test_some_effects_work_some_are_zero_some_harm():
    effects = plant_effects()
    retail = effects[effects["segment"].isin(RETAIL)]
    assert (retail["effect"] >= 0.06).sum() >= 10
    assert (retail["effect"] == 0).sum() >= 20
    assert (retail["effect"] <= -0.03).sum() >= 3
    planted = retail.set_index(["segment", "offer", "channel"])["effect"]
    for key, value in EXCEPTIONS.items():
        assert planted[key] == pytest.approx(value, abs=0.02)


@pytest.mark.parametrize(
    ("segment", "offer", "channel"),
    [
        ("happy_retirees", "time_deposit", "phone"),
        ("payroll_young", "card_instalment", "app"),
        ("dormant_savers", "winback_gift", "sms"),
    ],
)
def test_a_large_list_recovers_the_planted_effect(segment, offer, channel):
    customers, effects = truth(60_000, segment), plant_effects()
    targets = list_of(customers)
    answers = play(targets, customers, effects, {"S1": (offer, channel)}, np.random.default_rng(2))
    row = effects.set_index(["segment", "offer", "channel"]).loc[(segment, offer, channel)]
    expected = row["effect"] * row["reach"]
    assert abs(uplift(answers) - expected) < 0.008
    control = answers.loc[answers["arm"] == "control", "responded"].mean()
    assert abs(control - row["base_response"]) < 0.006


def test_only_treated_customers_are_contacted_and_84_percent_of_them():
    customers = truth(20_000)
    rng = np.random.default_rng(1)
    answers = play(list_of(customers), customers, plant_effects(), {"S1": ("time_deposit", "phone")}, rng)
    treated = answers["arm"] == "treatment"
    assert not answers.loc[~treated, "contacted"].any()
    assert abs(answers.loc[treated, "contacted"].mean() - 0.84) < 0.01
    assert answers["contacted_at"].notna().equals(answers["contacted"])
    assert answers["contacted_at"].dropna().between(0, 59).all()
    assert (answers["amount"] > 0).equals(answers["responded"])


def test_one_branch_reaches_fewer():
    customers = truth(20_000, branch=WEAK_BRANCH)
    rng = np.random.default_rng(1)
    targets = list_of(customers, 0.0)
    answers = play(targets, customers, plant_effects(), {"S1": ("time_deposit", "phone")}, rng)
    assert answers["contacted"].mean() < REACH["phone"] - 0.2


def test_active_customers_respond_more_contacted_or_not():
    n = 40_000
    engagement = np.repeat([-1.0, 1.0], n // 2)
    responded, _ = draw_responses(
        plant_effects(),
        np.full(n, "happy_retirees"),
        np.full(n, "time_deposit"),
        np.full(n, "phone"),
        engagement,
        np.zeros(n, dtype=bool),
        np.random.default_rng(0),
    )
    assert responded[n // 2 :].mean() > 1.8 * responded[: n // 2].mean()


def test_play_refuses_what_it_does_not_know():
    customers, effects, rng = truth(20), plant_effects(), np.random.default_rng(0)
    targets = list_of(customers)
    with pytest.raises(ParameterProblem, match="S1"):
        play(targets, customers, effects, {}, rng)
    with pytest.raises(ParameterProblem, match="lottery"):
        play(targets, customers, effects, {"S1": ("lottery", "phone")}, rng)
    with pytest.raises(ParameterProblem, match="pigeon"):
        play(targets, customers, effects, {"S1": ("time_deposit", "pigeon")}, rng)
    with pytest.raises(ParameterProblem, match="10 customers"):
        play(targets, customers.iloc[:10], effects, {"S1": ("time_deposit", "phone")}, rng)


def test_history_is_randomised_and_dated_before_the_snapshot(bank):
    history = bank.history.rename(columns={"number": "customer_id"})
    history["customer_id"] = history["customer_id"].astype(str)
    history["contacted_at"] = pd.to_datetime(history["contacted_at"])
    CAMPAIGN_HISTORY.check(history)
    assert list(history["campaign"].unique()) == [past.name for past in PAST]
    for past, month in zip(PAST, ("2026-02", "2026-05"), strict=True):
        rows = history[history["campaign"] == past.name]
        assert abs((rows["arm"] == "control").mean() - CONTROL_SHARE) < 0.03
        assert set(rows["contacted_at"].dropna().dt.strftime("%Y-%m")) == {month}
        assert rows.loc[rows["arm"] == "control", "contacted_at"].isna().all()
    allowed = bank.population.set_index("number").loc[bank.history["number"]]
    assert (allowed["segment"] < len(RETAIL)).all()


def test_history_recovers_works_and_harms(bank):
    population = pd.concat([bank.population] * 10, ignore_index=True)
    people = pd.concat([bank.people] * 10, ignore_index=True)
    history = draw_history(population, people, plant_effects(), LAST, np.random.default_rng(4))
    segment = bank.population.set_index("number")["segment_before"]
    history["segment"] = np.array(SEGMENTS)[segment[history["number"]]]
    rate = history.groupby(["offer", "segment", "arm"])["responded"].mean().unstack()
    gain = rate["treatment"] - rate["control"]
    assert gain["time_deposit", "happy_retirees"] > 0.06
    assert gain["fund_plan", "payroll_young"] > 0.03
    assert gain["fund_plan", "happy_retirees"] < -0.02
    assert abs(gain["time_deposit", "payroll_young"]) < 0.015

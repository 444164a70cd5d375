from __future__ import annotations

import hashlib
import time

import numpy as np
import pandas as pd
import pytest

from workbench.errors import NotFound, ParameterProblem, TableProblem
from workbench.strategy import (
    GATES,
    gate_label,
    hash_targets,
    score_customers,
    select_targets,
    suggest_strategies,
    why,
)
from workbench.strategy.allocation import Limits, allocate, build_options
from workbench.strategy.control import largest_remainder
from workbench.tables import TARGETS


@pytest.fixture(scope="module")
def cards(bank) -> pd.DataFrame:
    return suggest_strategies(bank.customers, bank.membership, starts_on="2026-10-12")


@pytest.fixture(scope="module")
def scores(bank, cards) -> pd.DataFrame:
    return score_customers(bank.customers, bank.membership, cards)


@pytest.fixture(scope="module")
def contacts(bank) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    ids = rng.choice(bank.customers["customer_id"], 900)
    days = pd.Timestamp("2026-10-12") - pd.to_timedelta(rng.integers(0, 90, 900), unit="D")
    moments = pd.Series(days).astype("datetime64[us]").mask(rng.random(900) < 0.2)
    return pd.DataFrame({"customer_id": ids, "contacted_at": moments})


@pytest.fixture(scope="module")
def selection(bank, cards, scores, contacts):
    return select_targets(
        scores,
        cards,
        bank.customers,
        bank.membership,
        capacity={"phone": 150, "sms": 200},
        contacts=contacts,
        random_state=11,
    )


def test_nobody_is_listed_who_may_not_be(bank, cards, scores, contacts) -> None:
    for seed in range(8):
        rng = np.random.default_rng(seed)
        n = len(bank.customers)
        customers = bank.customers.assign(
            consent=pd.Series(rng.choice([True, False, None], n)).astype("boolean"),
            do_not_contact=pd.Series(rng.choice([True, False, None], n)).astype("boolean"),
        )
        chosen = select_targets(
            scores, cards, customers, bank.membership, capacity=int(rng.integers(0, 2000)), contacts=contacts
        )
        listed = customers[customers["customer_id"].isin(chosen.targets["customer_id"])]
        assert (listed["consent"] == True).all()  # noqa: E712
        assert not (listed["do_not_contact"] == True).any()  # noqa: E712


def test_each_listed_customer_passes_every_gate(bank, cards, contacts, selection) -> None:
    targets = selection.targets.merge(cards, on="strategy_id", suffixes=("", "_card")).merge(
        bank.customers, on="customer_id"
    )
    assert len(targets) > 300
    assert (targets["segment"] == targets["segment_card"]).all()
    assert all(
        stage in stages.split(",")
        for stage, stages in zip(targets["lifecycle_stage"], targets["lifecycle_stages"], strict=True)
    )
    recent = contacts[contacts["contacted_at"] >= pd.Timestamp("2026-09-12")]["customer_id"]
    assert not targets["customer_id"].isin(recent).any()
    assert not targets["customer_id"].duplicated().any()
    by_channel = targets["channel"].value_counts()
    assert by_channel["phone"] == 150
    assert by_channel["sms"] <= 200


def test_the_gates_counts_add_up(bank, selection) -> None:
    funnel = selection.funnel
    assert funnel["gate"].tolist() == list(GATES)
    assert funnel["n_in"].iloc[0] == len(bank.customers)
    assert funnel["n_in"].tolist()[1:] == funnel["n_out"].tolist()[:-1]
    assert (funnel["n_out"] <= funnel["n_in"]).all()
    assert funnel["n_out"].iloc[-1] == len(selection.targets)
    assert funnel["n_out"].nunique() >= 4
    lost = selection.dropped[~selection.dropped["customer_id"].isin(selection.targets["customer_id"])]
    assert lost["customer_id"].nunique() + len(selection.targets) == len(bank.customers)


def test_capacity_keeps_the_best(bank, cards, scores) -> None:
    few = select_targets(scores, cards, bank.customers, bank.membership, capacity=100)
    all_ = select_targets(scores, cards, bank.customers, bank.membership)
    assert len(few.targets) == 100
    worst = few.targets["score"].min()
    rest = all_.targets[~all_.targets["customer_id"].isin(few.targets["customer_id"])]
    assert rest["score"].max() <= worst


def test_limits_are_kept_by_the_allocation_that_the_capacity_screen_shows(bank, cards, scores) -> None:
    free = select_targets(scores, cards, bank.customers, bank.membership, limits=Limits())
    limits = Limits(agent_minutes=2_000.0, channel_capacity={"sms": 100})
    cut = select_targets(scores, cards, bank.customers, bank.membership, limits=limits)
    out = cut.dropped.astype("str")
    own = out[~out["gate"].isin(["one_list", "capacity"]) | out["strategy_id"].eq("")]
    passed = scores.merge(own[["customer_id", "strategy_id"]], how="left", indicator=True)
    passed = passed[passed["_merge"].eq("left_only")]
    chosen = allocate(build_options(passed, scores, cards), limits).chosen
    names = ["customer_id", "strategy_id"]
    listed = cut.targets[names].sort_values(names, ignore_index=True)
    pd.testing.assert_frame_equal(listed, chosen[names].astype("str").sort_values(names, ignore_index=True))
    assert not listed["customer_id"].duplicated().any()
    used = cut.targets.merge(cards, on="strategy_id")
    treated = 1 - used["control_share"]
    assert (used["minutes_per_contact"].fillna(0) * treated).sum() <= 2_000.0 + 1e-6
    assert (treated * used["channel"].eq("sms")).sum() <= 100 + 1e-6
    assert cut.funnel["n_out"].iloc[-1] == len(listed) < len(free.targets)
    # Held back entirely, nobody would use anything; a larger control makes room for more.
    wide = select_targets(scores, cards, bank.customers, bank.membership, limits=limits, control_share=0.5)
    assert len(wide.targets) > len(listed)


def test_ranks_run_from_one_by_score(selection) -> None:
    for _, one in selection.targets.groupby("strategy_id"):
        ordered = one.sort_values("rank")
        assert ordered["rank"].tolist() == list(range(1, len(one) + 1))
        assert ordered["score"].is_monotonic_decreasing


@pytest.mark.parametrize("share", [0.0, 0.03, 0.1, 0.25, 0.5, 0.9])
def test_control_is_within_one_customer_of_its_share_in_each_stratum(bank, cards, scores, share) -> None:
    chosen = select_targets(scores, cards, bank.customers, bank.membership, control_share=share)
    strata = chosen.targets.assign(held=chosen.targets["arm"].eq("control")).groupby(
        ["strategy_id", "segment"]
    )
    for _, stratum in strata:
        assert abs(stratum["held"].sum() - share * len(stratum)) < 1
    assert chosen.targets["arm"].eq("control").sum() == pytest.approx(share * len(chosen.targets), abs=0.5)


def test_control_share_is_the_cards_own_by_default(bank, cards, scores) -> None:
    own = cards.assign(control_share=[0.5] + [0.0] * (len(cards) - 1))
    chosen = select_targets(scores, own, bank.customers, bank.membership)
    held = chosen.targets[chosen.targets["arm"] == "control"]
    assert set(held["strategy_id"]) == {"S1"}
    assert len(held) == pytest.approx(0.5 * (chosen.targets["strategy_id"] == "S1").sum(), abs=1)


def test_control_does_not_depend_on_the_score(bank, cards, scores) -> None:
    ranks = []
    for seed in range(10):
        chosen = select_targets(
            scores, cards, bank.customers, bank.membership, control_share=0.3, random_state=seed
        )
        one = chosen.targets[chosen.targets["strategy_id"] == "S1"]
        ranks.append(one.loc[one["arm"] == "control", "rank"].mean() / len(one))
    # the mean of 10 means of about 0.5, each with a standard error near .04
    assert np.mean(ranks) == pytest.approx(0.5, abs=0.05)


def test_same_seed_same_hash_under_shuffled_input(bank, cards, scores, contacts, selection) -> None:
    again = select_targets(
        scores.sample(frac=1, random_state=4),
        cards.sample(frac=1, random_state=4),
        bank.customers.sample(frac=1, random_state=5),
        bank.membership.sample(frac=1, random_state=6),
        capacity={"sms": 200, "phone": 150},
        contacts=contacts.sample(frac=1, random_state=7),
        random_state=11,
    )
    assert again.sha256 == selection.sha256
    pd.testing.assert_frame_equal(again.targets, selection.targets)
    other = select_targets(
        scores,
        cards,
        bank.customers,
        bank.membership,
        capacity={"phone": 150, "sms": 200},
        contacts=contacts,
        random_state=12,
    )
    assert other.sha256 != selection.sha256
    assert set(other.targets["customer_id"]) == set(selection.targets["customer_id"])


def test_hash_is_of_the_canonical_text() -> None:
    targets = pd.DataFrame(
        {
            "customer_id": ["b", "a"],
            "strategy_id": ["S1", "S1"],
            "segment": ["财富, x", "财富, x"],
            "score": [0.25, 1 / 3],
            "rank": [2, 1],
            "arm": ["control", "treatment"],
        }
    )
    text = (
        "customer_id,strategy_id,segment,score,rank,arm\n"
        'a,S1,"财富, x",0.3333333333,1,treatment\n'
        'b,S1,"财富, x",0.2500000000,2,control\n'
    )
    assert hash_targets(targets) == hashlib.sha256(text.encode()).hexdigest()
    assert hash_targets(targets.assign(list_id="L1")) == hash_targets(targets)
    assert hash_targets(targets.assign(arm="control")) != hash_targets(targets)


def test_recent_contact_window(bank, cards, scores) -> None:
    one = scores.iloc[0]["customer_id"]

    def kept(moment: str, days: int, as_of: str | None = None) -> bool:
        seen = pd.DataFrame({"customer_id": [one], "contacted_at": pd.to_datetime([moment])})
        chosen = select_targets(
            scores,
            cards.assign(lifecycle_stages=""),
            bank.customers.assign(consent=True, do_not_contact=False),
            bank.membership,
            contacts=seen,
            contact_days=days,
            as_of=as_of,
        )
        return one in set(chosen.targets["customer_id"])

    assert not kept("2026-09-12 08:00", 30)
    assert kept("2026-09-11 23:00", 30)
    assert kept("2026-09-12 08:00", 0)
    assert kept("2026-09-12 08:00", 30, as_of="2026-10-20")
    assert not kept("2026-10-15 08:00", 30)


def test_why_says_where_a_customer_went_out(bank, selection) -> None:
    listed = selection.targets.iloc[0]
    answer = why(selection, listed["customer_id"])
    here = answer[answer["arm"] != ""]
    assert here["strategy_id"].tolist() == [listed["strategy_id"]]
    assert str(listed["rank"]) in here["reason"].iloc[0]
    asked = [gate for gate in GATES if gate not in ("eligibility", "applicability", "suitability")]
    assert {*asked, "eligibility"} >= set(selection.dropped["gate"]) >= set(asked)
    for gate in asked:
        customer = selection.dropped.loc[selection.dropped["gate"] == gate, "customer_id"].iloc[0]
        answer = why(selection, customer, "zh_CN")
        assert gate in set(answer["gate"])
        assert answer["reason"].str.len().min() > 5
    with pytest.raises(NotFound):
        why(selection, "nobody")


def test_a_customer_whose_segment_has_no_strategy_is_accounted_for(bank, cards, scores) -> None:
    without = cards[cards["segment"] != "Sleepers"]
    chosen = select_targets(
        scores[scores["strategy_id"].isin(without["strategy_id"])], without, bank.customers, bank.membership
    )
    sleeper = bank.membership.loc[bank.membership["segment"] == "Sleepers", "customer_id"].iloc[0]
    assert why(chosen, sleeper)["gate"].tolist() == ["segment"]


def test_gates_without_data_say_so(bank, cards, scores) -> None:
    bare = bank.customers.drop(columns=["consent", "do_not_contact"])
    chosen = select_targets(scores, cards, bare, bank.membership)
    applied = chosen.funnel.set_index("gate")["applied"]
    assert not applied[["consent", "contact_policy", "applicability", "suitability", "capacity"]].any()
    assert applied[["segment", "one_list"]].all()


def test_empty_lists(bank, cards, scores) -> None:
    chosen = select_targets(scores, cards, bank.customers, bank.membership, capacity=0)
    assert chosen.targets.empty
    TARGETS.check(chosen.targets)
    assert chosen.funnel["n_out"].iloc[-1] == 0
    assert chosen.sha256 == hash_targets(TARGETS.empty())
    no_scores = select_targets(scores.iloc[:0], cards, bank.customers, bank.membership)
    assert no_scores.targets.empty
    no_contacts = pd.DataFrame(
        {"customer_id": pd.Series(dtype="str"), "contacted_at": pd.Series(dtype="datetime64[us]")}
    )
    everyone = select_targets(scores, cards, bank.customers, bank.membership, contacts=no_contacts)
    assert len(everyone.targets) > 0


@pytest.mark.parametrize(
    "wrong, key",
    [
        ({"capacity": -1}, "strategy_room.error.capacity"),
        ({"capacity": {"phone": -1}}, "strategy_room.error.capacity"),
        ({"control_share": 1.0}, "strategy_room.error.control_share"),
        ({"contact_days": -1}, "strategy_room.error.contact_days"),
    ],
)
def test_parameters_outside_their_range(bank, cards, scores, wrong, key) -> None:
    with pytest.raises(ParameterProblem) as caught:
        select_targets(scores, cards, bank.customers, bank.membership, **wrong)
    assert caught.value.key == key


def test_contacts_need_their_columns(bank, cards, scores) -> None:
    with pytest.raises(TableProblem, match="contacted_at"):
        select_targets(
            scores, cards, bank.customers, bank.membership, contacts=bank.customers[["customer_id"]]
        )


def test_scores_of_a_strategy_that_is_gone(bank, cards, scores) -> None:
    with pytest.raises(ParameterProblem) as caught:
        select_targets(scores, cards.iloc[1:], bank.customers, bank.membership)
    assert caught.value.key == "strategy_room.error.unknown_strategy"


def test_largest_remainder_is_exact_and_within_one() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        wanted = {f"k{i}": float(x) for i, x in enumerate(rng.integers(0, 500, 7) * rng.choice([0.1, 0.15]))}
        counts = largest_remainder(wanted)
        assert sum(counts.values()) == int(sum(wanted.values()) + 0.5 + 1e-6)
        assert all(abs(counts[key] - wanted[key]) < 1 for key in wanted)
    assert largest_remainder({"a": 30 * 0.1}) == {"a": 3}


def test_gate_labels_in_both_languages() -> None:
    for gate in GATES:
        assert gate_label(gate, "en") != gate_label(gate, "zh_CN")


def test_twenty_thousand_customers_in_two_seconds(large_bank) -> None:
    cards = suggest_strategies(large_bank.customers, large_bank.membership, starts_on="2026-10-12")
    assert len(cards) >= 8
    begin = time.process_time()
    scores = score_customers(large_bank.customers, large_bank.membership, cards)
    chosen = select_targets(scores, cards, large_bank.customers, large_bank.membership, capacity=6000)
    assert time.process_time() - begin < 2
    assert len(chosen.targets) == 6000

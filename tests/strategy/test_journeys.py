"""Journeys: against the fundamental matrix by numpy, a seeded simulation, and every way by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.errors import ParameterProblem, TableProblem
from workbench.strategy import (
    Journey,
    JourneyStep,
    assumed_rates,
    check_journey,
    expected_path,
    handovers,
    measure_rates,
    open_channels,
    path_interval,
    plan_journey,
    read_journeys,
)
from workbench.strategy.journeys import JOURNEY_OUTCOMES, ONLINE

OPEN = {"app": 0.6, "sms": 0.9, "phone": 0.95}


def simulate(journey: Journey, rates: pd.DataFrame, reachable: dict[str, float], n: int, seed: int):
    """Walk customers one by one, as the docstring of expected_path tells it."""
    rng = np.random.default_rng(seed)
    known = rates.set_index("channel").to_dict("index")
    totals = {"contacts": np.zeros(n), "days": 0.0, "cost": 0.0, "minutes": 0.0, "won": 0}
    come = dict.fromkeys((step.name for step in journey.steps), 0)

    def contact(channel: str, wait: int, i: int) -> str:
        rate = known[channel]
        totals["contacts"][i] += 1
        totals["days"] += wait
        totals["cost"] += rate["cost"]
        totals["minutes"] += rate["minutes"]
        drawn = rng.random()
        for outcome in ("clicked", "reached", "declined"):
            if drawn < rate[outcome]:
                return outcome
            drawn -= rate[outcome]
        return "not_reached"

    for i in range(n):
        here = journey.steps[0].name
        while here not in ("won", "lost"):
            step = journey.step(here)
            come[here] += 1
            outcome = "not_reached"
            if rng.random() < reachable.get(step.channel, 1.0):
                outcome = contact(step.channel, step.wait, i)
            if (
                outcome == "not_reached"
                and step.fallback
                and rng.random() < reachable.get(step.fallback, 1.0)
            ):
                outcome = contact(step.fallback, step.wait, i)
            here = step.next(outcome)
        totals["won"] += here == "won"
    return totals, come


@pytest.mark.parametrize("name", list(read_journeys()))
def test_the_expected_path_agrees_with_a_simulation(name):
    journey, n = read_journeys()[name], 20_000
    path = expected_path(journey, assumed_rates(), OPEN)
    totals, come = simulate(journey, assumed_rates(), OPEN, n, seed=7)
    error = 4 * path.contacts_sd / np.sqrt(n)
    assert path.contacts == pytest.approx(totals["contacts"].mean(), abs=error)
    assert path.contacts_sd == pytest.approx(totals["contacts"].std(), rel=0.03)
    assert path.days == pytest.approx(totals["days"] / n, rel=0.03)
    assert path.cost == pytest.approx(totals["cost"] / n, rel=0.04)
    assert path.minutes == pytest.approx(totals["minutes"] / n, rel=0.05, abs=0.01)
    assert path.won == pytest.approx(totals["won"] / n, abs=4 * np.sqrt(0.25 / n))
    reach = path.steps.set_index("step")["reach"]
    for step, count in come.items():
        assert reach[step] == pytest.approx(count / n, abs=4 * np.sqrt(0.25 / n))


@pytest.mark.parametrize("name", list(read_journeys()))
def test_the_chain_is_the_fundamental_matrix_and_every_customer_ends(name):
    path = expected_path(read_journeys()[name], reachable=OPEN)
    n = len(path.states)
    assert np.allclose(path.transitions.sum(axis=1), 1.0)
    fundamental = np.linalg.inv(np.eye(n) - path.transitions[:, :n])
    contact = np.array([state.split(":")[1] != "enter" for state in path.states], dtype=float)
    assert path.contacts == pytest.approx(fundamental[0] @ contact)
    ends = fundamental[0] @ path.transitions[:, n:]
    assert ends.sum() == pytest.approx(1.0)
    assert path.won == pytest.approx(ends[0])
    # Kemeny and Snell, theorem 3.2.4, holds where every transient state counts.
    powers, term, mass = np.zeros(n), np.eye(n)[0], 0.0
    for _ in range(200):
        powers += term
        term = term @ path.transitions[:, :n]
        mass = term.sum()
    assert mass < 1e-12
    assert powers @ contact == pytest.approx(path.contacts)


def test_a_loop_with_a_way_out_is_reckoned_and_one_without_is_refused():
    rates = pd.DataFrame(
        {
            "channel": ["phone"],
            "clicked": [0.2],
            "reached": [0.3],
            "declined": [0.1],
            "cost": [10.0],
            "minutes": [5.0],
        }
    )
    again = Journey(
        "again",
        [JourneyStep("call", "phone", 1, "", {"clicked": "won", "reached": "call", "not_reached": "call"})],
    )
    path = expected_path(again, rates)
    # Geometric: 0.3 end at each contact.
    assert path.contacts == pytest.approx(1 / 0.3)
    assert path.contacts_sd == pytest.approx(np.sqrt(0.7) / 0.3)
    assert path.won == pytest.approx(2 / 3)
    assert check_journey(again)["problem"].tolist() == ["loop", "no_fallback"]
    endless = Journey(
        "endless", [JourneyStep("call", "phone", 1, "", dict.fromkeys(JOURNEY_OUTCOMES, "call"))]
    )
    with pytest.raises(ParameterProblem, match="round in circles"):
        expected_path(endless, rates)
    with pytest.raises(ParameterProblem, match="leads back to call"):
        plan_journey(again, "2026-10-08")


def test_dates_are_those_of_every_way_by_hand():
    for journey in read_journeys().values():
        ways: dict[str, set[int]] = {journey.steps[0].name: {0}}
        waiting = [(journey.steps[0].name, 0)]
        while waiting:
            name, day = waiting.pop()
            step = journey.step(name)
            for target in {step.next(outcome) for outcome in JOURNEY_OUTCOMES} - {"won", "lost"}:
                for wait in (step.wait, 2 * step.wait):
                    ways.setdefault(target, set()).add(day + wait)
                    waiting.append((target, day + wait))
        plan = plan_journey(journey, "2026-10-08").set_index("step")
        begin = pd.Timestamp("2026-10-08")
        assert set(plan.index) == set(ways)
        for name, days in ways.items():
            assert (plan.at[name, "earliest"] - begin).days == min(days)
            assert (plan.at[name, "latest"] - begin).days == max(days)
        assert plan["earliest"].is_monotonic_increasing
    with pytest.raises(ParameterProblem, match="is no date"):
        plan_journey(journey, "soon")


def test_hand_overs_are_seen_both_ways():
    for journey in read_journeys().values():
        for row in handovers(journey).to_dict("records"):
            was, will = row["channel"] in ONLINE, row["to_channel"] in ONLINE
            assert row["kind"] == {(True, False): "to_offline", (False, True): "to_online"}.get(
                (was, will), ""
            )
            assert all(
                journey.step(row["step"]).next(o) == row["to_step"] for o in row["outcomes"].split(",")
            )
    kinds = set(handovers(read_journeys()["app_call_branch"])["kind"])
    assert {"to_offline", "to_online"} <= kinds


def test_consent_is_asked_on_the_channel_and_on_the_fallback():
    customers = pd.DataFrame(
        {
            "customer_id": list("abcd"),
            "consent": [True, True, True, False],
            "consent_sms": [True, False, True, True],
            "app_logins_90d": [3.0, 0.0, None, 9.0],
        }
    )
    access = open_channels(customers)
    assert access["app"].tolist() == [True, False, False, False]
    assert access["sms"].tolist() == [True, False, True, False]
    assert access["phone"].tolist() == [True, True, True, False]
    journey = Journey("app", [JourneyStep("app", "app", 3, "sms", {"clicked": "won"})])
    found = check_journey(journey, customers)
    assert found[["problem", "severity", "n"]].values.tolist() == [["no_consent", "warn", 2.0]]
    nobody = check_journey(journey, customers.assign(consent=False))
    assert nobody["severity"].tolist() == ["error"]
    assert check_journey(journey).empty
    assert all(check_journey(each).empty for each in read_journeys().values())


def test_rates_are_measured_where_there_are_enough_contacts():
    rng = np.random.default_rng(2)
    n = 600
    contacts = pd.DataFrame(
        {
            "list_id": rng.choice(["A", "B"], n),
            "customer_id": rng.choice([f"c{i}" for i in range(250)], n),
            "channel": rng.choice(["phone", "sms", "fax"], n, p=[0.8, 0.1, 0.1]),
            "contacted_at": pd.Timestamp("2026-09-01") + pd.to_timedelta(rng.permutation(n), unit="h"),
            "disposition": rng.choice(["reached", "no_answer", "refused", "callback", "wrong_number"], n),
        }
    )
    outcomes = contacts.drop_duplicates(["list_id", "customer_id"])[["list_id", "customer_id"]].assign(
        responded=lambda t: rng.random(len(t)) < 0.3
    )
    yes = {(r.list_id, r.customer_id) for r in outcomes.itertuples() if r.responded}
    # By hand; a channel of no rates is no contact of a journey.
    known = contacts[contacts["channel"].isin(["phone", "sms"])].sort_values("contacted_at")
    last = {(r.list_id, r.customer_id): r.Index for r in known.itertuples()}
    said = {"clicked": 0, "reached": 0, "declined": 0, "n": 0}
    for row in known.itertuples():
        key = (row.list_id, row.customer_id)
        if row.channel != "phone":
            continue
        said["n"] += 1
        if key in yes and last[key] == row.Index:
            said["clicked"] += 1
        elif row.disposition == "refused":
            said["declined"] += 1
        elif row.disposition in ("reached", "callback"):
            said["reached"] += 1
    found = measure_rates(contacts, outcomes).set_index("channel")
    assert found.at["phone", "n"] == said["n"]
    for name in ("clicked", "reached", "declined"):
        assert found.at["phone", name] == pytest.approx(said[name] / said["n"])
    assumed = assumed_rates().set_index("channel")
    assert found.loc["sms"].tolist() == assumed.loc["sms"].tolist()
    assert found.at["phone", "cost"] == assumed.at["phone", "cost"]


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([], "it needs 1 to 12"),
        ([JourneyStep("a", "fax", 1)], "is no channel"),
        ([JourneyStep("a", "app", 1, "fax")], "is no channel"),
        ([JourneyStep("a", "app", -1)], "whole number of days"),
        ([JourneyStep("a", "app", 1.5)], "whole number of days"),
        ([JourneyStep("a", "app", "=1+1")], "whole number of days"),
        ([JourneyStep("a", "app", 1, "", {"clicked": "b"})], "is no step"),
        ([JourneyStep("a", "app", 1, "", {"won": "won"})], "is no outcome"),
        ([JourneyStep("won", "app", 1)], "reserved"),
        ([JourneyStep("a", "app", 1), JourneyStep("a", "sms", 1)], "used twice"),
    ],
)
def test_an_impossible_journey_is_refused_in_plain_words(steps, said):
    with pytest.raises(ParameterProblem, match=said):
        Journey("<script>", steps)


def test_impossible_rates_are_refused():
    journey, rates = read_journeys()["branch_app"], assumed_rates()
    with pytest.raises(TableProblem, match="cost"):
        expected_path(journey, rates.drop(columns="cost"))
    with pytest.raises(ParameterProblem, match="no rates for the channel branch"):
        expected_path(journey, rates[rates["channel"].ne("branch")])
    with pytest.raises(ParameterProblem, match="must be a share"):
        expected_path(journey, rates.assign(clicked=0.9, reached=0.9))
    with pytest.raises(ParameterProblem, match="must be a share"):
        expected_path(journey, rates.assign(clicked=float("nan")))
    with pytest.raises(ParameterProblem, match="0 or more"):
        expected_path(journey, rates.assign(cost=-1.0))
    with pytest.raises(ParameterProblem, match="reachable"):
        expected_path(journey, rates, {"app": 1.4})
    with pytest.raises(ParameterProblem, match="fewest"):
        measure_rates(pd.DataFrame(), fewest=0)


def test_a_journey_is_plain_data_and_back():
    for journey in read_journeys().values():
        assert Journey.from_dict(journey.to_dict()).to_dict() == journey.to_dict()
        assert journey.title("zh_CN") != journey.title("en")
        assert all(step.label("zh_CN") != step.label("en") for step in journey.steps)


def test_the_interval_is_the_posterior_of_what_was_measured():
    call = Journey("call", [JourneyStep("call", "phone", 2, "", {"clicked": "won"})])
    rates = assumed_rates().set_index("channel")
    rates.loc["phone", "n"] = 400
    low, high = path_interval(call, rates.reset_index(), draws=4_000)
    share = rates.at["phone", "clicked"]
    exact = stats.beta(400 * share + 0.5, 400 * (1 - share) + 1.5)
    assert low == pytest.approx(exact.ppf(0.1), abs=0.002)
    assert high == pytest.approx(exact.ppf(0.9), abs=0.002)
    assert np.isnan(path_interval(call, assumed_rates())).all()
    journey = read_journeys()["app_call_branch"]
    measured = assumed_rates().assign(n=1_000)
    low, high = path_interval(journey, measured, OPEN)
    assert low < expected_path(journey, measured, OPEN).won < high
    with pytest.raises(ParameterProblem, match="level"):
        path_interval(call, measured, level=1)

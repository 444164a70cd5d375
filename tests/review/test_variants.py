"""Channels and scripts within a strategy, against statsmodels and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

from workbench.errors import ParameterProblem
from workbench.review.variants import compare_variants, first_channels

CELLS = {
    # stage: (by phone, responded, by app, responded)
    "growth": (400, 80, 100, 35),
    "mature": (150, 9, 350, 42),
}


@pytest.fixture
def two_strata(make_cycle):
    n = sum(cell[0] + cell[2] for cell in CELLS.values())
    cycle = make_cycle(("S1", n, 0, 50, 5))
    stage, channel, answered = [], [], []
    for name, (by_phone, phone_yes, by_app, app_yes) in CELLS.items():
        stage += [name] * (by_phone + by_app)
        channel += ["phone"] * by_phone + ["app"] * by_app
        answered += [i < phone_yes for i in range(by_phone)] + [i < app_yes for i in range(by_app)]
    ids = [f"S1t{i:06d}" for i in range(n)]
    customers = pd.DataFrame({"customer_id": ids, "lifecycle_stage": stage})
    who = pd.Series(ids)[answered]
    outcomes = pd.DataFrame(
        {
            "outcome_id": who,
            "list_id": "L1",
            "strategy_id": "S1",
            "customer_id": who,
            "recorded_at": pd.Timestamp("2026-07-05"),
            "responded": True,
            "amount": 1.0,
        }
    )
    contacts = cycle.contacts.assign(channel=channel)
    return cycle, outcomes, contacts, customers


def test_strata_are_compared_as_statsmodels_does(two_strata):
    cycle, outcomes, contacts, customers = two_strata
    found = compare_variants(
        cycle.targets,
        outcomes,
        cycle.strategies,
        first_channels(contacts),
        customers=customers,
        within="lifecycle_stage",
    )
    assert found[["strategy_id", "used", "variant"]].values.tolist() == [["S1", "phone", "app"]]
    row = found.iloc[0]
    tables = [np.array([[a1, a - a1], [p1, p - p1]]) for p, p1, a, a1 in CELLS.values()]
    known = StratifiedTable(tables).test_null_odds(correction=False)
    assert row["p_value"] == pytest.approx(known.pvalue, rel=1e-9)
    weights = [a * p / (a + p) for p, _, a, _ in CELLS.values()]
    gaps = [a1 / a - p1 / p for p, p1, a, a1 in CELLS.values()]
    assert row["difference"] == pytest.approx(np.average(gaps, weights=weights))
    assert row["ci_low"] < row["difference"] < row["ci_high"]
    assert (row["n_used"], row["n_variant"], row["n_strata"]) == (550, 450, 2)


def test_without_strata_the_stages_deceive(two_strata):
    # More of the app's customers are in the stage where fewer respond.
    cycle, outcomes, contacts, _ = two_strata
    row = compare_variants(cycle.targets, outcomes, cycle.strategies, first_channels(contacts)).iloc[0]
    assert row["difference"] == pytest.approx(77 / 450 - 89 / 550)
    assert row["p_value"] > 0.5


def test_holm_goes_over_all_that_was_looked_at(make_cycle):
    cycle = make_cycle(("S1", 900, 300, 50, 5), ("S2", 900, 300, 50, 5))
    contacts = cycle.contacts.assign(
        channel=[("phone", "app", "sms")[i % 3] for i in range(len(cycle.contacts))]
    )
    found = compare_variants(*cycle.tables(), first_channels(contacts))
    assert found["variant"].tolist() == ["app", "sms"] * 2
    assert (found["p_holm"] >= found["p_value"]).all()


def test_too_few_to_judge_has_no_p(make_cycle):
    cycle = make_cycle(("S1", 40, 4, 10, 1))
    contacts = cycle.contacts.assign(channel=["app"] * 10 + ["phone"] * 30)
    row = compare_variants(*cycle.tables(), first_channels(contacts)).iloc[0]
    assert np.isnan(row["p_value"])
    assert row["rate_variant"] == pytest.approx(0.4)


def test_the_first_contact_counts(make_cycle):
    cycle = make_cycle(("S1", 4, 1, 2, 0))
    later = cycle.contacts.assign(
        channel="app", contact_id="x", contacted_at=cycle.contacts["contacted_at"] + pd.Timedelta(days=3)
    )
    both = pd.concat([later, cycle.contacts.assign(channel=["phone", "phone", "sms", None])])
    found = first_channels(both).sort_values("customer_id")
    assert found["variant"].tolist() == ["phone", "phone", "sms"]


def test_a_variant_nobody_of_the_cards_stands_beside_is_not_compared(make_cycle):
    cycle = make_cycle(("S1", 40, 4, 10, 1))
    assert compare_variants(*cycle.tables(), first_channels(cycle.contacts.assign(channel="app"))).empty


def test_columns_are_asked_for(make_cycle):
    cycle = make_cycle(("S1", 4, 1, 2, 0))
    with pytest.raises(ParameterProblem, match="variant"):
        compare_variants(*cycle.tables(), cycle.contacts)
    with pytest.raises(ParameterProblem, match="script_version"):
        compare_variants(*cycle.tables(), first_channels(cycle.contacts), used="script_version")

import numpy as np
import pandas as pd

from workbench.sample_bank.population import draw_population
from workbench.sample_bank.structure import CHANGED_SHARE, RETAIL, SEGMENTS, STAGES, TRAITS

LAST = np.datetime64("2026-09-30")


def population(customers: int = 10_000) -> pd.DataFrame:
    return draw_population(customers, LAST, np.random.default_rng(3))


def test_shares_are_as_planted_to_within_one_customer():
    people = population(9_990)
    counts = people["segment"].value_counts().sort_index()
    companies = round(9_990 * 0.05)
    for code, name in enumerate(SEGMENTS):
        whole = 9_990 - companies if code < len(RETAIL) else companies
        assert abs(counts[code] - TRAITS[name].share * whole) <= 1
    assert len(people) == 9_990
    assert people["number"].is_unique


def test_stage_follows_from_the_days():
    people = population()
    tenure = (pd.Timestamp(LAST) - people["opened_on"]).dt.days
    quiet = (pd.Timestamp(LAST) - people["last_active"]).dt.days
    stage = np.array(STAGES)[people["stage"]]
    assert tenure[stage == "acquisition"].between(1, 89).all()
    assert tenure[stage == "honeymoon"].between(91, 365).all()
    assert (tenure[~np.isin(stage, ("acquisition", "honeymoon"))] > 365).all()
    assert quiet[stage == "dormant"].between(181, 520).all()
    assert (quiet[stage == "lost"] > 365).all()
    assert (quiet[~np.isin(stage, ("dormant", "lost"))] == 0).all()
    assert (people["last_active"] >= people["opened_on"]).all()


def test_stage_three_months_before_agrees_with_the_days():
    people = population()
    tenure = (pd.Timestamp(LAST) - people["opened_on"]).dt.days - 92
    assert ((people["stage_before"] == -1) == (tenure < 0)).all()
    before = np.array([*STAGES, "none"])[people["stage_before"]]
    assert (tenure[before == "honeymoon"] <= 365).all()
    assert (tenure[before == "acquisition"] <= 90).all()


def test_the_planted_share_changed_segment_and_companies_did_not():
    people = population()
    moved = people["segment"] != people["segment_before"]
    retail = people["segment"] < len(RETAIL)
    known = retail & (people["stage_before"] >= 0)
    assert not moved[~retail].any()
    assert abs(moved[known].mean() - CHANGED_SHARE) < 0.005
    honeymoon = people[moved & (people["segment_before"] == RETAIL.index("new_honeymoon"))]
    assert ((pd.Timestamp(LAST) - honeymoon["opened_on"]).dt.days < 366 + 92).all()


def test_employers_are_companies_and_large_ones_employ_more():
    people = population()
    employed = people[people["employer"] > 0]
    kinds = people.set_index("number")["segment"]
    assert (kinds[employed["employer"]] >= len(RETAIL)).all()
    assert (employed["segment"] < len(RETAIL)).all()
    staff = employed["employer"].map(kinds).value_counts()
    firms = kinds[kinds >= len(RETAIL)].value_counts()
    per_firm = (staff / firms).sort_index()
    assert per_firm.is_monotonic_increasing


def test_a_small_bank_has_every_kind():
    people = population(200)
    assert set(people["segment"]) == set(range(len(SEGMENTS)))

import numpy as np
import pandas as pd

from workbench.sample_bank.people import company_names
from workbench.sample_bank.structure import BRANCHES, RETAIL, TRAITS


def test_telephones_lie_in_the_unassigned_range(bank):
    assert bank.people["phone"].str.fullmatch(r"1380000\d{4}").all()


def test_companies_and_people_have_their_own_columns(bank):
    company = (bank.population["segment"] >= len(RETAIL)).to_numpy()
    people = bank.people
    assert people.loc[company, ["gender", "birth_date", "occupation"]].isna().all().all()
    assert people.loc[~company, "industry"].isna().all()
    assert people.loc[~company, ["gender", "birth_date", "occupation"]].notna().all().all()
    assert people.loc[company, "name"].str.endswith("有限公司").all()


def test_company_names_do_not_repeat():
    number = np.arange(10_001, 10_001 + 5_000)
    names = company_names(number, np.zeros(5_000, dtype=int))
    assert len(set(names)) == 5_000


def test_nobody_who_stopped_contact_consents(bank):
    people = bank.people
    assert not (people["consent"] & people["do_not_contact"]).any()
    assert 0.7 < people["consent"].mean() < 0.85


def test_ages_are_near_the_planted_ones_and_drawn_towards_the_middle(bank):
    age = (pd.Timestamp("2026-09-30") - bank.people["birth_date"]).dt.days / 365.25
    mean = age.groupby(bank.population["segment"]).mean()
    for code, name in enumerate(RETAIL):
        assert abs(mean[code] - TRAITS[name].age) < 6
    assert age.min() >= 18


def test_every_branch_has_customers(bank):
    assert set(bank.people["branch"]) == set(BRANCHES)

import numpy as np

from workbench.sample_bank.links import KNOWN_SHARE, draw_links
from workbench.sample_bank.structure import RETAIL


def test_ties_lead_from_employees_and_suppliers_to_companies(bank):
    links = draw_links(bank.population, np.random.default_rng(0))
    kinds = bank.population.set_index("number")["segment"]
    assert (kinds[links["to_number"]] >= len(RETAIL)).all()
    staff = links[links["relation"] == "employer"]
    assert (kinds[staff["number"]] < len(RETAIL)).all()
    assert len(staff) == (bank.population["employer"] > 0).sum()
    suppliers = links[links["relation"] == "supplier"]
    assert (kinds[suppliers["number"]] >= len(RETAIL)).all()
    assert (suppliers["number"] != suppliers["to_number"]).all()
    assert not links.duplicated(["number", "to_number", "relation"]).any()


def test_the_bank_knows_most_ties(bank):
    links = draw_links(bank.population, np.random.default_rng(0))
    assert abs(links["known"].mean() - KNOWN_SHARE) < 0.03

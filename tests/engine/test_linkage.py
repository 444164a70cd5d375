"""Splink's weights are those of Fellegi and Sunter, and it finds the planted people."""

from __future__ import annotations

import math
import sys

import pandas as pd
import pytest

from workbench.customers import resolve_identities
from workbench.customers.identity import record_keys
from workbench.engine import linkage
from workbench.engine.linkage import Linkage, link_records
from workbench.errors import MachineProblem, ParameterProblem

pytest.importorskip("splink", reason="the extra linkage is not installed")


@pytest.fixture(scope="module")
def linked(people: pd.DataFrame) -> Linkage:
    return link_records(people, random_state=0)


def _true_pairs(people: pd.DataFrame) -> set[tuple[str, str]]:
    groups = people.groupby("person")["record_id"].agg(sorted)
    return {tuple(group) for group in groups if len(group) == 2}


def test_planted_duplicates_are_found(people, linked):
    truth = _true_pairs(people)
    found = resolve_identities(people, linked.pairs)
    same = {tuple(sorted(ids)) for ids in found.merges[["customer_id", "merged_from"]].to_numpy()}
    asked = {tuple(ids) for ids in found.queue[["record_id", "other_id"]].to_numpy()}
    exact = resolve_identities(people).merges
    precision, recall = len(same & truth) / len(same), len(same & truth) / len(truth)
    with_queue = len((same | asked) & truth) / len(truth)
    sys.stdout.write(
        f"{len(truth)} planted; exact keys find {len(exact)}; with Splink precision {precision:.3f}, "
        f"recall {recall:.3f}, and {with_queue:.3f} with the {len(asked)} pairs to review\n"
    )
    assert precision >= 0.99
    # Another given name beside the same telephone and birthday may be a twin: a person looks at it.
    assert recall >= 0.72
    assert with_queue >= 0.93
    assert len(exact) < len(same)
    assert len(asked) < 0.25 * len(truth)


def test_the_weight_of_a_pair_is_the_sum_of_its_fields(people, linked):
    """Compute the match weight from the model's m and u, without Splink."""
    keys = record_keys(people).set_index("record_id")
    odds = linked.parameters.set_index(["field", "agreement"])
    frequency = {name: keys[name].value_counts(normalize=True) for name in linked.frequencies}
    checked = 0
    for pair in linked.pairs.iloc[::7].to_dict("records"):
        total = math.log2(linked.prior / (1 - linked.prior))
        for name in linked.parameters["field"].unique():
            agreement = pair[name]
            one, other = keys.at[pair["record_id"], name], keys.at[pair["other_id"], name]
            if agreement == "unknown":
                assert not (isinstance(one, str) and isinstance(other, str))
                continue
            assert (agreement == "same") == (one == other)
            m, u = odds.loc[(name, agreement)]
            if agreement == "same" and name in frequency:
                # A shared value counts by how common it is, not by how often values agree on average.
                u = frequency[name][one]
            total += math.log2(m / u)
        assert pair["match_weight"] == pytest.approx(total, abs=1e-6)
        assert pair["match_probability"] == pytest.approx(2**total / (1 + 2**total), abs=1e-9)
        checked += 1
    assert checked > 50


def test_chance_agreement_is_measured(people, linked):
    """Compare u with the share among all pairs of the records, computed exactly."""
    keys = record_keys(people)
    u = linked.parameters.set_index(["field", "agreement"])["u"]
    for name, within in (("region", 0.02), ("gender", 0.02), ("name", 0.3)):
        counts = keys[name].value_counts()
        n = counts.sum()
        exact = float((counts * (counts - 1)).sum() / (n * (n - 1)))
        assert u[(name, "same")] == pytest.approx(exact, rel=within)


def test_slips_among_matches_are_learned(linked):
    m = linked.parameters.set_index(["field", "agreement"])["m"]
    assert linked.learned
    # Planted: 15% of the dates and 25% of the names slip, 15% of the regions are drawn again.
    assert m[("birth_date", "same")] == pytest.approx(0.85, abs=0.05)
    assert m[("name", "same")] == pytest.approx(0.75, abs=0.06)
    assert m[("region", "same")] == pytest.approx(0.88, abs=0.05)
    assert m.groupby("field").sum().to_numpy() == pytest.approx(1.0)


def test_the_same_seed_gives_the_same_pairs(people):
    few = people.head(400)
    one, other = link_records(few), link_records(few.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(one.pairs, other.pairs)


def test_few_records_are_weighed_without_learning():
    row = {"source": "crm", "name": "王安柏", "phone": "13812341234", "region": "East"}
    records = pd.DataFrame(
        [
            {"record_id": "1", **row},
            {"record_id": "2", **row},
            {**row, "record_id": "3", "name": "<b>Li</b>", "phone": "13912341234", "region": "West"},
        ]
    )
    found = link_records(records)
    assert not found.learned
    assert found.pairs[["record_id", "other_id", "name", "phone"]].to_numpy().tolist() == [
        ["1", "2", "same", "same"]
    ]


def test_what_can_not_be_compared_gets_a_sentence():
    with pytest.raises(ParameterProblem, match="name, telephone or date of birth"):
        link_records(pd.DataFrame({"record_id": ["1", "2"], "source": ["a", "b"]}))
    constant = pd.DataFrame({"record_id": ["1", "2"], "source": ["a", "b"], "name": ["Li", "Li"]})
    with pytest.raises(ParameterProblem, match="2 records"):
        link_records(constant)


def test_without_the_extra_the_sentence_names_it(people, monkeypatch):
    monkeypatch.setattr(linkage, "find_spec", lambda name: None)
    with pytest.raises(MachineProblem, match=r"\[linkage\]"):
        link_records(people)

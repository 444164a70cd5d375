"""The companies behind the retail customers, counted again by hand."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from workbench.customers import companies_behind, supply_chain
from workbench.customers.ties import COMPANIES, hide_small_parts
from workbench.errors import ParameterProblem, TableProblem


def _bank(n: int = 400, firms: int = 12, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    ids = [f"{k:04d}" for k in range(n)]
    company_ids = [f"9{k:03d}" for k in range(firms)]
    names = pd.DataFrame({"customer_id": company_ids, "name": [f"公司{k}" for k in range(firms)]})
    works = rng.integers(-1, firms, n)
    how = rng.integers(0, 3, n)
    # The last company is no customer: it is only a name in the CRM.
    outside = works == firms - 1
    share = np.where(rng.random(n) < 0.5, rng.random(n), 0.0)
    share[rng.random(n) < 0.05] = np.nan
    retail = pd.DataFrame(
        {
            "customer_id": ids,
            "kind": "retail",
            "balance_total": rng.integers(0, 100_000, n).astype(float),
            "salary_share": share,
            "inflow_12m": rng.integers(1, 200_000, n).astype(float),
            "employer": [
                f" 公司 {w}" if w >= 0 and (h == 2 or o) else None
                for w, h, o in zip(works, how, outside, strict=True)
            ],
            "employer_id": [
                f"9{w:03d}" if w >= 0 and h == 1 and not o else None
                for w, h, o in zip(works, how, outside, strict=True)
            ],
        }
    )
    corporate = pd.DataFrame(
        {
            "customer_id": company_ids[:-1],
            "kind": "corporate",
            "industry": rng.choice(["software", "catering"], firms - 1),
            "tier": "basic",
        }
    )
    employed = pd.DataFrame(
        {
            "customer_id": [
                i for i, w, h, o in zip(ids, works, how, outside, strict=True) if w >= 0 and h == 0 and not o
            ],
            "to_customer_id": [
                f"9{w:03d}"
                for w, h, o in zip(works, how, outside, strict=True)
                if w >= 0 and h == 0 and not o
            ],
            "relation": "employer",
        }
    )
    pairs = sorted({(int(a), int(b)) for a, b in rng.integers(0, firms - 1, (30, 2)) if a != b})
    chain = pd.DataFrame(
        {
            "customer_id": [f"9{a:03d}" for a, _ in pairs],
            "to_customer_id": [f"9{b:03d}" for _, b in pairs],
            "relation": "supplier",
        }
    )
    customers = pd.concat([retail, corporate], ignore_index=True)
    retail_truth = retail.assign(works=works)
    customers.attrs["truth"] = retail_truth
    return customers, pd.concat([employed, chain], ignore_index=True), names.iloc[:-1]


def test_every_figure_agrees_with_a_plain_count():
    customers, links, names = _bank()
    truth = customers.attrs.pop("truth")
    found = companies_behind(customers, links, names)
    salaries = [row["salary_share"] * row["inflow_12m"] for row in truth.to_dict("records")]
    paid = sorted(s for s in salaries if s > 0)
    middle = len(paid) // 2
    typical = paid[middle] if len(paid) % 2 else (paid[middle - 1] + paid[middle]) / 2
    assert found["n_employees"].sum() == (truth["works"] >= 0).sum()
    for row in found.to_dict("records"):
        if row["is_customer"]:
            mine = [k for k, w in enumerate(truth["works"]) if f"9{w:03d}" == row["company_id"]]
        else:
            mine = [k for k, w in enumerate(truth["works"]) if w == 11]
            assert row["company"].replace(" ", "") == "公司11"
        n_payroll = sum(1 for k in mine if salaries[k] > 0)
        assert row["n_employees"] == len(mine)
        assert row["n_payroll"] == n_payroll
        assert row["payroll_share"] == pytest.approx(n_payroll / len(mine))
        assert row["payroll_open"] == pytest.approx((len(mine) - n_payroll) * typical)
        assert row["balance_employees"] == pytest.approx(sum(truth["balance_total"].iloc[k] for k in mine))
        chain = links[links["relation"] == "supplier"]
        if row["is_customer"]:
            assert row["n_suppliers"] == sum(chain["to_customer_id"] == row["company_id"])
            assert row["n_buyers"] == sum(chain["customer_id"] == row["company_id"])
    assert list(found["payroll_open"]) == sorted(found["payroll_open"], reverse=True)
    assert list(found["rank"]) == list(range(1, 13))


def test_the_order_of_rows_does_not_show():
    customers, links, names = _bank(seed=3)
    customers.attrs.clear()
    one = companies_behind(customers, links, names)
    other = companies_behind(
        customers.sample(frac=1, random_state=1), links.sample(frac=1, random_state=2), names.iloc[::-1]
    )
    pd.testing.assert_frame_equal(one, other)


def _small(**columns: list) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": [str(k) for k in range(6)], "kind": ["retail"] * 6, **columns})


def test_a_company_that_is_no_customer_is_suggested_to_be_won():
    found = companies_behind(_small(employer=["Rui Foods", "rui foods", " RUI  FOODS "] * 2), fewest=6)
    assert found[["company", "n_employees", "action"]].to_numpy().tolist() == [
        [" RUI  FOODS ", 6, "win_company"]
    ]
    assert found["n_payroll"].isna().all()
    assert found["payroll_open"].isna().all()


def test_a_name_that_several_companies_bear_is_left_open():
    customers = pd.concat(
        [_small(employer=["瑞"] * 6), pd.DataFrame({"customer_id": ["8", "9"], "kind": ["corporate"] * 2})]
    )
    names = pd.DataFrame({"customer_id": ["8", "9"], "name": ["瑞", "瑞"]})
    found = companies_behind(customers, None, names)
    assert found.empty
    assert found.attrs["n_unplaced"] == 6


def test_actions_follow_from_payroll_and_chain():
    customers = pd.concat(
        [
            _small(salary_share=[0.9, 0.0, 0.0, 0.5, 0.5, np.nan], inflow_12m=[10.0] * 5 + [0.0]),
            pd.DataFrame({"customer_id": ["7", "8", "9"], "kind": ["corporate"] * 3}),
        ]
    )
    ties = [(str(k), "8", "employer") for k in range(3)] + [("3", "9", "employer"), ("4", "7", "employer")]
    ties += [("8", "9", "supplier"), ("7", "9", "supplier"), ("9", "8", "supplier")]
    links = pd.DataFrame(ties, columns=["customer_id", "to_customer_id", "relation"])
    found = companies_behind(customers, links, fewest=3).set_index("company_id")["action"]
    assert found.to_dict() == {"8": "offer_payroll", "9": "finance_chain", "7": "keep"}
    # Who has no inflow has no salary here: known, not unknown.
    only = pd.DataFrame({"customer_id": ["5"], "to_customer_id": ["8"], "relation": ["employer"]})
    assert companies_behind(customers, only)["n_payroll"].tolist() == [0.0]


def test_nothing_in_gives_an_empty_table():
    for customers in (_small(), _small().iloc[:0]):
        found = companies_behind(customers)
        assert list(found.columns) == list(COMPANIES.names)
        assert found.empty


def test_infinite_balances_are_no_balances():
    found = companies_behind(_small(employer=["A"] * 6, balance_total=[np.inf, np.nan, 1, 2, 3, 4]))
    assert found["balance_employees"].tolist() == [10.0]


def test_bad_input_gets_a_sentence():
    with pytest.raises(ParameterProblem, match="employees"):
        companies_behind(_small(), fewest=0)
    with pytest.raises(TableProblem, match="kind"):
        companies_behind(pd.DataFrame({"customer_id": ["1"]}))
    with pytest.raises(TableProblem, match="relation"):
        companies_behind(_small(), pd.DataFrame({"customer_id": ["1"], "to_customer_id": ["2"]}))


def test_the_chain_by_industry_agrees_with_a_plain_count():
    customers, links, _ = _bank(seed=4)
    found = supply_chain(customers, links).set_index(["supplier_industry", "buyer_industry"])["n"]
    industry = dict(zip(customers["customer_id"], customers["industry"], strict=True))
    counts: dict[tuple, int] = {}
    for row in links[links["relation"] == "supplier"].itertuples():
        key = (industry[row.customer_id], industry[row.to_customer_id])
        counts[key] = counts.get(key, 0) + 1
    assert found.to_dict() == counts


@pytest.mark.parametrize("seed", range(40))
def test_no_hidden_part_can_be_worked_out(seed):
    """Try every split that fits what is shown: each hidden one must have several values."""
    rng = np.random.default_rng(seed)
    totals = pd.Series(rng.integers(1, 9, int(rng.integers(1, 5))))
    parts = pd.Series([int(rng.integers(0, n + 1)) for n in totals])
    few = totals < 3
    hidden = hide_small_parts(totals, parts, few, minimum=3)
    shown = pd.concat([parts[~hidden], (totals - parts)[~hidden]])
    assert not ((shown > 0) & (shown < 3)).any()
    ranges = []
    for total, part, is_hidden, is_few in zip(totals, parts, hidden, few, strict=True):
        if not is_hidden:
            ranges.append([part])
        elif is_few:
            ranges.append(list(range(3)))
        else:
            first = 0 if part == 0 else 1
            ranges.append(list(range(first, total + 1 if part == total else total)))
    fitting = [each for each in product(*ranges) if sum(each) == parts.sum()]
    if hidden.all():
        return
    for at in np.flatnonzero(hidden):
        assert len({each[at] for each in fitting}) > 1

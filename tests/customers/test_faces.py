"""Every field of a portrait stands on a face, with its source and its age."""

import datetime as dt

import numpy as np
import pandas as pd

from workbench.customers import (
    FACES,
    count_ages,
    describe_sources,
    explain_stage,
    field_of,
    packaged_rules,
    parse_mapping,
    personal_view,
    portrait_fields,
    stage_rules,
)
from workbench.customers.faces import AGES, source_system
from workbench.tables import LIFECYCLE_STAGES, PORTRAIT

MAPPING = parse_mapping(
    """
[[file]]
pattern = "core/people*.csv"
table = "customers"
[file.columns]
customer_id = "id"
kind = { constant = "retail" }
birth_date = "born"

[[file]]
pattern = "crm/people*.csv"
table = "customers"
merge = "add"
keep = true
[file.columns]
customer_id = "id"
consent = "ok"

[[file]]
pattern = "surveys/*.csv"
table = "feedback"
[file.columns]
customer_id = "id"
answered_on = "day"
score = "score"
""",
    "mapping.toml",
)
FILES = ["core/people.csv", "crm/people.csv", "surveys/2026.csv"]


def test_the_catalogue_knows_the_portraits_columns():
    known = {field.name for field in portrait_fields(PORTRAIT.names)}
    assert set(PORTRAIT.names) - known == {"customer_id", "snapshot_date", "tier_basis", "peers"}
    for name in known:
        field = field_of(name)
        assert field.face in FACES
        assert field.en
        assert any("\u4e00" <= letter <= "\u9fff" for letter in field.zh)
    assert {field.face for field in portrait_fields(PORTRAIT.names)} == set(FACES)


def test_sources_come_from_the_mappings_sections():
    portrait = pd.DataFrame(
        {
            "customer_id": ["1", "2", "3"],
            "kind": ["retail", "retail", "corporate"],
            "age": [30.0, np.nan, np.nan],
            "consent": [True, True, None],
            "shoe_size": [1.0, 2.0, np.nan],
            "satisfaction": [5.0, np.nan, 7.0],
        }
    )
    fresh = pd.DataFrame({"fresh_feedback": pd.to_datetime(["2026-09-01", None, "2025-01-01"])})
    found = describe_sources(portrait, fresh, dt.date(2026, 9, 30), [(MAPPING, FILES)])
    rows = found.set_index(["field", "kind"])
    assert rows.loc[("age", "retail"), "source"] == "core"
    assert ("age", "corporate") not in rows.index
    assert rows.loc[("consent", "retail"), "files"] == "crm/people*.csv"
    assert rows.loc[("shoe_size", "retail"), "source"] == "crm"
    score = rows.loc[("satisfaction", "corporate")]
    assert (score["n"], score["n_filled"], score["n_older"]) == (1, 1, 1)
    assert score["newest"] == pd.Timestamp("2025-01-01")
    # A file that was not read is no source.
    unread = describe_sources(portrait, fresh, dt.date(2026, 9, 30), [(MAPPING, FILES[:1])])
    assert unread.set_index("field").loc["consent", "source"].tolist() == ["", ""]


def test_ages_are_counted():
    rng = np.random.default_rng(0)
    days = rng.integers(0, 900, 300)
    fresh = pd.Series(pd.Timestamp("2026-09-30") - pd.to_timedelta(days, "D"))
    fresh[rng.random(300) < 0.2] = pd.NaT
    kinds = pd.Series(rng.choice(["retail", "corporate"], 300))
    found = count_ages(kinds, pd.DataFrame({"fresh_events": fresh}), dt.date(2026, 9, 30))
    ages = (pd.Timestamp("2026-09-30") - fresh).dt.days
    cut = pd.cut(ages, [-1, 30, 90, 365, 10_000], labels=AGES[:4]).cat.add_categories("none").fillna("none")
    expected = pd.crosstab(kinds, cut)
    for row in found.itertuples():
        assert row.n == expected.loc[row.kind].get(row.age, 0)
    assert found["n"].sum() == 300


def test_systems_are_folders():
    assert source_system("core_banking/customers*.csv") == "core_banking"
    assert source_system("customers*.csv") == "customers"


def test_why_a_stage_agrees_with_the_stage():
    rng = np.random.default_rng(1)
    from tests.customers.test_portrait import slow_stage

    rules = packaged_rules()
    for _ in range(500):
        row = {
            "tenure": float(rng.choice([1, 3, 12, 13, 80])),
            "balance_total": float(rng.choice([0, 1_000, 5_000])),
            "balance_change_3m": float(rng.choice([-0.2, -0.1, 0.1, 0.3, np.nan])),
        }
        idle = float(rng.choice([3, 180, 365, 500]))
        stage = slow_stage(row, idle)
        found = explain_stage({**row, "idle_days": idle}, rules)
        assert (found and found[0].rpartition(".")[2]) == stage
    assert set(stage_rules(rules)) == set(LIFECYCLE_STAGES)


def test_a_card_names_nobody():
    row = {
        "customer_id": "0000012345",
        "employer_id": "0000099999",
        "employer": "Acme",
        "phone": "138",
        "age": 3,
    }
    assert personal_view(row) == {
        "customer_id": "000****2345",
        "employer_id": "000****9999",
        "employer": "A**",
        "age": 3,
    }

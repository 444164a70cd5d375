"""The section Portrait: figures agree with the portrait, few customers are hidden, rules are previewed."""

from __future__ import annotations

import pandas as pd
import pytest

import workbench as wb
from workbench.project import Project
from workbench.tables import LIFECYCLE_STAGES
from workbench.ui.screens.insight import InsightScreen
from workbench.ui.state.insight import InsightState
from workbench.ui.state.sections.portrait_figures import Figures

NASTY = "<img src=x onerror=alert(1)>"


def opened(project: Project, **traits: str) -> tuple:
    screen = InsightScreen(InsightState(project, section="portrait", **traits))
    return screen, screen.state.current_section, screen._sections["portrait"]


def test_the_matrix_counts_the_portraits_customers(viewed):
    _, state, _ = opened(viewed)
    portrait = viewed.customers(
        ["customer_id", "kind", "tier", "contribution", "potential", "lifecycle_stage"]
    )
    mine = portrait[portrait["kind"] == "retail"]
    limits = viewed.insight.portraits.rules_of().values["retail"]
    cut = lambda values, pair: sum((values >= limit).astype(int) for limit in pair)  # noqa: E731
    table = pd.crosstab(
        cut(mine["contribution"], limits.contribution), cut(mine["potential"], limits.potential)
    )
    shown = state.matrix()
    for row, band in zip(shown["rows"], (2, 1, 0), strict=True):
        for column, cell in enumerate(row["cells"]):
            n = int(table.loc[band].get(column, 0)) if band in table.index else 0
            assert cell["n"] in (None, n)
            assert cell["n"] is not None or n
            assert not 0 < (cell["n"] or 0) < viewed.small_cell
    stages = state.stages().set_index("lifecycle_stage")
    counts = mine["lifecycle_stage"].value_counts()
    for stage in stages.index[~stages["hidden"]]:
        assert stages.loc[stage, "n"] == counts[stage]
    assert list(stages.index) == [stage for stage in LIFECYCLE_STAGES if stage in stages.index]


def test_a_hidden_cell_can_not_be_had_from_the_tiers():
    cells = [(2, 2, "strategic", 3), (2, 1, "strategic", 40), (1, 0, "value", 60), (0, 0, "basic", 500)]
    rows = [
        ("retail", c, p, tier, "contribution_potential", "mature", n, 1.0, 1.0, 1.0)
        for c, p, tier, n in cells
    ]
    columns = ["kind", "contribution_band", "potential_band", "tier", "tier_basis", "lifecycle_stage", "n"]
    counts = pd.DataFrame(rows, columns=[*columns, "contribution", "potential", "balance_total"])
    empty = pd.DataFrame()
    figures = Figures("c", None, counts, empty, empty, empty)
    found = figures.cells("retail", 11)
    assert found["hidden"].sum() >= 4
    assert figures.tier_counts("retail", 11)["strategic"] is None
    assert figures.tier_share("strategic", "retail", 11) is None
    assert figures.top_tier("retail", 11)[0] != "strategic"


def test_kinds_days_and_languages_can_be_switched(walked):
    screen, state, view = opened(walked)
    assert state.other == walked.cycles()[0].cycle_id
    before = screen.title.html
    view.controls.press("kind", "corporate")
    assert state.kind == "corporate"
    assert screen.title.html != before
    view.controls.press("kind", "wholesale")
    assert state.kind == "corporate"
    assert state.stages()["before"].notna().any()
    view.controls.press("other", "")
    assert state.stages()["before"].isna().all()
    screen.top.press("lang", "zh_CN")
    assert "对公" in screen.title.html
    assert "生命周期" in view.rules.html


def test_an_analyst_sees_one_masked_customer(walked):
    screen, state, view = opened(walked)
    view.customer.press("typical", "", {"tier": "value", "stage": "mature"})
    customer = walked.insight.portraits.typical("retail", "value", "mature")
    assert state.cards.card.customer in view.customer.html
    assert customer not in view.customer.html
    assert "core_banking" in view.customer.html
    view.customer.press("search", "", {"text": customer})
    assert [row["customer_id"] for row in state.cards.found] == [customer]
    view.customer.press("search", "", {"text": NASTY})
    assert NASTY not in view.customer.html
    assert "Nobody has an id like this" in view.customer.html
    view.customer.press("search", "", {"text": "1"})
    assert screen.state.banner.key == "insight_portrait.error.short"
    view.customer.press("pick", "77")
    assert "py" in view.customer.html or state.cards.python().startswith("portraits")


def test_rules_are_previewed_saved_and_make_the_portrait_stale(walked):
    screen, state, view = opened(walked)
    numbers = {row["name"]: row["now"] for group in state.rules.groups() for row in group["rows"]}
    view.rules.press("preview", "", {**numbers, "dormant_days": "90"})
    assert state.jobs.wait()
    difference = {row["label"]: row for row in state.rules.difference() if row["what"] == "lifecycle_stage"}
    assert difference["Dormant"]["after"] > difference["Dormant"]["before"]
    assert sum(row["come"] for row in difference.values()) == state.rules.moved() > 0
    assert '"dormant_days": 90' in state.rules.python()
    # Another kernel finds what was typed.
    again = opened(wb.open_project(walked.folder, role="analyst"))[1]
    assert again.rules.numbers["dormant_days"] == "90"
    view.rules.press("save", "", {**numbers, "dormant_days": "90", "note": NASTY})
    assert screen.state.banner.key == "insight_portrait.rules.saved"
    assert walked.insight.portraits.rules().dormant_days == 90
    assert state.stale == "insight_portrait.stale.rules"
    assert NASTY not in view.rules.html
    view.controls.press("build")
    assert state.jobs.wait()
    assert state.stale == ""
    counts = dict(zip(state.stages()["label"], state.stages()["n"], strict=True))
    assert counts["Dormant"] == difference["Dormant"]["after"]
    view.rules.press("restore", "1")
    assert walked.insight.portraits.rules().dormant_days == 180


@pytest.mark.parametrize("typed", ["long", "nan", "", "9999"])
def test_a_number_that_is_none_is_said(walked, typed):
    screen, state, view = opened(walked)
    view.rules.press("preview", "", {"dormant_days": typed})
    state.jobs.wait()
    assert screen.state.banner.kind == "error"
    assert walked.insight.portraits.rules().dormant_days == 180


def test_a_mistake_in_the_file_stops_only_the_form(walked):
    (walked.folder / "lifecycle.toml").write_text("dormant_days = 'long'\n")
    screen, state, view = opened(walked)
    assert "dormant_days is &#34;long&#34;" in view.rules.html
    assert screen.state.banner is None
    assert state.matrix()["rows"]


def test_a_viewer_has_no_customer_and_no_form(viewed, monkeypatch):
    monkeypatch.setenv("WORKBENCH_PUBLISHED", "1")
    screen, state, view = opened(viewed)
    assert len(view.cards) == 6
    view.customer.press("typical", "", {})
    view.rules.press("restore", "1")
    view.controls.press("build")
    assert state.cards.card is None
    html = "".join(
        panel.html for panel in (view.controls, view.matrix, view.needs, view.fields, screen.title)
    )
    assert 'data-action="build"' not in html
    assert not [one for one in viewed.customers(["customer_id"])["customer_id"] if one in html]


def test_a_bank_with_customers_only(tmp_path):
    (tmp_path / "people.csv").write_text(
        "id,age,balance\n" + "".join(f"{i:05d},{20 + i % 50},{i * 900}\n" for i in range(60))
    )
    (tmp_path / "mapping.toml").write_text(
        '[[file]]\npattern = "people.csv"\ntable = "customers"\n[file.columns]\ncustomer_id = "id"\n'
        'kind = { constant = "retail" }\nage = "age"\nbalance_total = { from = "balance", type = "number" }\n'
    )
    project = wb.create_project(tmp_path / "bank")
    assert "There is no portrait" in opened(project)[0].title.html
    project.import_files(tmp_path, snapshot_date="2026-09-30")
    _screen, state, view = opened(project)
    view.controls.press("build")
    assert state.jobs.wait()
    assert "Tiers are read off the balance" in view.matrix.html
    assert "The lifecycle stage is not known" in view.stages_head.html
    assert state.matrix()["tiers"]
    view.customer.press("typical", "", {})
    assert "Tier by balance" in view.customer.html

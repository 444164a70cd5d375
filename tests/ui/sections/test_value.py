"""Customer value on the screen: figures, hidden cells, recomputing, roles, empty states."""

from __future__ import annotations

import pandas as pd
import pytest

import workbench as wb
from workbench.errors import ParameterProblem
from workbench.insight.value.summary import top_share
from workbench.ui.screens.insight import InsightScreen

NASTY = "<img src=x onerror=alert(1)>"


def test_the_title_is_the_share_of_the_top_fifth(viewed, opened):
    state = opened(viewed)
    value = viewed.insight.value.current()
    share = top_share(value.customers["expected_value"])
    assert f"{share * 100:.0f}%" in state.heading().title
    assert f"{len(value.customers):,} customers" in state.heading().subtitle
    assert "not income" in state.heading().subtitle
    figures = {kpi.label: kpi for kpi in state.kpis()}
    assert len(figures) == 6
    row = value.checks.set_index("check").loc["correlation"]
    assert figures["Corr(frequency, money)"].value == f"{row['estimate']:+.2f}".replace("-", "−")


def test_small_cells_are_hidden_and_the_rest_adds_up(viewed, opened):
    section = opened(viewed).current_section
    grid = section.grid()
    cells = grid[grid["r_score"].notna() & grid["f_score"].notna()]
    shown = cells[~cells["hidden"]]
    assert not shown["n"].between(1, viewed.small_cell - 1).any()
    assert cells["hidden"].sum() != 1
    columns, rows = section.grid_rows()
    assert [row["score"] for row in rows] == [5, 4, 3, 2, 1, None]
    assert len(columns) == len(rows[0]["cells"])
    calibration = section.calibration()
    assert calibration.empty or (calibration["n"] >= viewed.small_cell).all()
    assert (section.segments()["n"] >= viewed.small_cell).all()


def test_segments_are_those_of_the_segmentation(viewed, opened):
    state = opened(viewed, lang="zh_CN")
    rows = state.current_section.segments()
    known = viewed.insight.segmentation().segments
    assert set(rows["group"]) <= set(known["segment"])
    assert set(rows["segment"]) <= set(known["segment_zh"])
    assert rows["mean"].is_monotonic_decreasing
    assert "模型" in state.current_section.findings.verdict()[1]


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_a_viewer_sees_everything_but_the_form(viewed, lang, text, opened):
    screen = InsightScreen(opened(viewed, lang=lang, mode="dark"))
    section = screen._sections["value"]
    assert section.form_card not in screen.grid.children
    assert len([part for part in screen.grid.children if part.layout.display != "none"]) == 5
    for panel in (section.deciles_head, section.grid, section.model, section.calibration_head):
        assert len(text(panel)) > 25
    ids = viewed.insight.value.current().customers["customer_id"]
    everything = " ".join(text(panel) for panel in (section.grid, section.model, section.segments_head))
    assert not any(str(name) in everything for name in ids.head(300))


def test_an_analyst_computes_with_other_choices(walked, opened):
    state = opened(walked)
    screen = InsightScreen(state)
    section = screen._sections["value"]
    before = state.current_section.value.version
    assert "project.insight.value.compute(types=" in section.form.html
    known = state.current_section.known_types()
    fields = {f"type-{known.index('card')}": "1", "period": "week", "discount": "0,5", "margin": "2"}
    section.form.press("compute", "", {**fields, "model": "bgnbd"})
    assert state.jobs.wait()
    value = state.current_section.value
    assert value.version > before
    assert (value.settings["types"], value.settings["period"]) == (["card"], "week")
    assert (value.settings["discount_rate"], value.settings["margin"]) == (0.005, 0.02)
    assert state.banner.kind == "done"
    assert "2.0% of discounted turnover (card)" in state.heading().subtitle
    assert state.current_section.draft() is None
    assert "period=&#39;week&#39;" in section.form.html or "period='week'" in section.form.html


def test_a_senseless_number_is_said_and_nothing_is_lost(walked, opened):
    state = opened(walked)
    section = InsightScreen(state)._sections["value"]
    before = state.current_section.value.version
    section.form.press("compute", "", {"type-0": "1", "discount": "cheap"})
    assert "discount_rate can't be cheap" in state.t(state.banner.key, **state.banner.values)
    section.form.press("compute", "", {"discount": "1"})
    assert "no transactions of the types" in state.t(state.banner.key, **state.banner.values)
    with pytest.raises(ParameterProblem):
        state.current_section.compute({"type-0": "1", "margin": ""})
    assert walked.insight.value.current().version == before


def test_a_run_that_fails_leaves_the_choices_as_a_draft(walked, opened):
    state = opened(walked)
    known = state.current_section.known_types()
    state.current_section.compute({f"type-{known.index('card')}": "1", "discount": "250"})
    assert state.jobs.wait()
    assert "discount_rate" in state.t(state.banner.key, **state.banner.values)
    again = opened(wb.open_project(walked.folder, role="analyst")).current_section.form()
    assert again["discount"] == "250"
    assert dict(again["types"])["card"]
    assert not dict(again["types"])["payment"]


def test_an_unsuited_model_is_warned_of(walked, opened):
    state = opened(walked)
    section = state.current_section
    checks = section.value.checks.copy()
    checks.loc[checks["check"] == "rhythm", ["verdict", "estimate"]] = ["unsuited", 8.0]
    object.__setattr__(section.value, "checks", checks)
    assert section.findings.verdict()[0] == "unsuited"
    first = section.findings.checks()[0]
    assert first["sign"] == "✕"
    assert "standing orders" in first["advice"]


def test_a_type_of_transaction_is_escaped(walked, opened):
    state = opened(walked)
    section = state.current_section
    section.value.settings["types"] = [NASTY]
    section.types = [NASTY]
    screen = InsightScreen(state)
    view = screen._sections["value"]
    view.paint()
    assert "<img" not in view.model.html + view.form.html


def test_without_transactions_it_is_said_what_to_do(tmp_path, text, opened):
    raw = tmp_path / "raw"
    raw.mkdir()
    rows = "\n".join(f"{n},{20 + n}" for n in range(30))
    (raw / "people.csv").write_text(f"no,age\n{rows}\n", encoding="utf-8")
    (raw / "mapping.toml").write_text(
        '[[file]]\npattern = "people.csv"\ntable = "customers"\n[file.columns]\n'
        'customer_id = "no"\nkind = { constant = "retail" }\nage = "age"\n',
        encoding="utf-8",
    )
    project = wb.create_project(tmp_path / "p", "P")
    project.import_files(raw, snapshot_date="2026-09-30")
    for role in ("analyst", "viewer"):
        state = opened(wb.open_project(tmp_path / "p", role=role))
        screen = InsightScreen(state)
        section = screen._sections["value"]
        assert "needs transactions" in text(section.missing)
        assert state.kpis() == []
        assert not [part for part in section.shown if part.layout.display != "none"]


def test_too_few_customers_show_scores_without_a_model(walked, text, opened):
    walked.insight.value.compute(kind="corporate", period="month")
    state = opened(walked)
    section = InsightScreen(state)._sections["value"]
    assert "RFM scores" in state.heading().title
    assert "no model" in text(section.deciles_head)
    assert len(state.kpis()) == 2


def test_the_table_of_checks_is_complete(viewed, opened):
    assert isinstance(opened(viewed).current_section.value.checks, pd.DataFrame)
    assert len(opened(viewed).current_section.findings.checks()) >= 6

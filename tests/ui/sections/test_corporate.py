"""Companies on the screen: hidden cells, playbooks and journeys edited, conflicts, roles, empty states."""

from __future__ import annotations

from dataclasses import replace

import pytest

import workbench as wb
from workbench.ui.screens.strategy import StrategyScreen

NASTY = "<img src=x onerror=alert(1)>"


def view_of(state):
    return StrategyScreen(state)._sections["corporate"]


def said(state) -> str:
    return state.t(state.banner.key, **state.banner.values)


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_a_viewer_reads_and_small_cells_stay_hidden(viewed, lang, text, opened):
    state = opened(viewed, lang=lang, mode="dark")
    view, section = view_of(state), state.current_section
    assert state.banner is None
    shown = section.shown()
    told = shown[~shown["hidden"]]
    assert not told["n"].astype("float64").between(1, viewed.small_cell - 1).any()
    assert shown.loc[shown["hidden"], ["balance", "potential"]].isna().all().all()
    everything = view.map.html + view.book.html + view.bundle.html + view.journey.html
    for action in ("edit-book", "make-card", "edit-journey"):
        assert f'data-action="{action}"' not in everything
    assert "project.strategy" not in everything
    ids = section.companies["customer_id"]
    assert not any(str(name) in everything for name in ids)
    assert section.book.key_rows() == []
    assert len(state.kpis()) == 6
    for panel in (view.map, view.book, view.bundle, view.journey, view.rates):
        assert len(text(panel)) > 60


def test_an_analyst_sees_all_cells_and_masked_key_customers(walked, opened):
    state = opened(walked)
    view, section = view_of(state), state.current_section
    cells = walked.strategy.corporate.map()
    shown = section.shown()
    assert shown.loc[shown["tier"].notna() & shown["industry"].notna(), "n"].tolist() == cells["n"].tolist()
    assert not shown["hidden"].any()
    missing = cells["flag"].isin(["no_strategy", "neither"]).sum()
    assert str(missing) in state.heading().title
    industry = cells.loc[cells["n"] > 0, "industry"].iloc[-1]
    view.map.press("industry", industry)
    assert section.industry == industry
    assert f"project.strategy.corporate.playbook(&#39;{industry}&#39;)" in view.book.html
    assert all("****" in row["id"] for row in section.book.key_rows())


def test_a_playbook_is_edited_and_the_second_editor_sees_both(walked, text, opened):
    state = opened(walked)
    view, section = view_of(state), state.current_section
    view.book.press("edit-book")
    fields = section.book.form()["values"]
    assert fields["version"] == "0"
    typed = {**fields, "summary": NASTY, "bundle_value": "Payroll service\nOur =cmd|plan", "key_basic": "1"}
    view.book.press("save-book", "", typed)
    assert state.banner.kind == "done"
    book = section.book.stored()
    assert (book.version, book.playbook.bundle["value"]) == (1, ("payroll_service", "Our =cmd|plan"))
    assert "basic" in book.playbook.rule.tiers
    assert book.playbook.summary("zh_CN") != NASTY
    assert "<img" not in view.book.html + view.bundle.html
    assert NASTY.replace("<", "&lt;").replace(">", "&gt;") in view.book.html
    # Somebody else saves while this form is open.
    view.book.press("edit-book")
    mine = {**section.book.form()["values"], "response": "9"}
    walked.strategy.corporate.save_playbook(replace(book.playbook, response=0.5), 1)
    view.book.press("save-book", "", mine)
    assert state.banner.kind == "error"
    assert section.book.difference == [("Response assumed, %", "0.09", "0.5")]
    assert "Nothing is lost" in text(view.book)
    assert 'value="9"' in view.book.html
    view.book.press("overwrite-book")
    assert (section.book.stored().version, section.book.stored().playbook.response) == (3, 0.09)
    assert section.draft() is None


def test_a_wrong_field_is_said_and_what_was_typed_stays(walked, opened):
    state = opened(walked)
    view, section = view_of(state), state.current_section
    view.book.press("edit-book")
    typed = {**section.book.form()["values"], "least_balance": "a lot", "tools": "Our own tool"}
    view.book.press("save-book", "", typed)
    assert 'holds "a lot"' in said(state)
    assert "Our own tool" in view.book.html
    # Another kernel finds it again.
    again = opened(wb.open_project(walked.folder, role="analyst"))
    again.current_section.choose(section.industry)
    again.current_section.book.edit()
    assert again.current_section.book.form()["values"]["tools"] == "Our own tool"
    view.book.press("cancel-book")
    assert section.draft() is None
    assert section.book.stored().version == 0


def test_a_card_is_made_from_the_playbook(walked, text, opened):
    state = opened(walked, lang="zh_CN")
    view, section = view_of(state), state.current_section
    view.bundle.press("make-card", "value")
    assert state.banner.kind == "done"
    name = state.banner.values["strategy"]
    assert name in set(state.cards["strategy_id"])
    assert name in text(view.bundle)
    view.bundle.press("make-card", "value")
    assert name in said(state)
    assert section.industry in walked.strategy.card(name)["eligibility"]


def test_a_journey_is_reckoned_and_edited(walked, text, opened):
    state = opened(walked)
    view, section = view_of(state), state.current_section
    before = walked.strategy.cards()
    view.journey.press("journey", "company_visit")
    view.journey.press("who", "corporate")
    path = walked.strategy.corporate.journeys.expected("company_visit", "corporate")
    assert f"{100 * path.won:.1f} of 100 customers" in section.path.title()[0]
    assert section.path.chart()["reach"].tolist() == path.steps["reach"].tolist()
    view.journey.press("start", "2027-01-04")
    assert "4 Jan 2027" in text(view.journey)
    view.journey.press("start", "soon")
    assert "is no date" in said(state)
    assert "handed back online" in text(view.journey)
    assert walked.strategy.cards().equals(before)
    view.journey.press("edit-journey")
    typed = {**section.path.form()["values"], "0-wait": "9", "0-fallback": "", "0-label": NASTY}
    view.journey.press("save-journey", "", typed)
    assert section.path.stored().version == 1
    assert section.path.stored().journey.steps[0].wait == 9
    assert "no fallback" in text(view.journey)
    assert "<img" not in view.journey.html
    view.journey.press("edit-journey")
    values = section.path.form()["values"]
    circles = {**values, **{name: "call" for name in values if name.startswith("0-") and "reach" in name}}
    view.journey.press("save-journey", "", {**circles, "0-clicked": "call", "0-declined": "call"})
    assert "round in circles" in said(state)
    view.journey.press("save-journey", "", {**values, "0-wait": "soon"})
    assert "whole number of days" in said(state)
    assert 'value="soon"' in view.journey.html
    stored = section.path.stored()
    other = replace(stored.journey, steps=[replace(s, wait=1) for s in stored.journey.steps])
    walked.strategy.corporate.journeys.save(other, 1)
    view.journey.press("save-journey", "", {**values, "0-wait": "2"})
    assert next(row[1:] for row in section.path.difference if "Wait" in row[0]) == ("2", "1")
    view.journey.press("keep-journey")
    assert section.path.stored().version == 2


def test_without_companies_the_journeys_stay(tmp_path, text, opened):
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
    for imported in (False, True):
        if imported:
            project.import_files(raw, snapshot_date="2026-09-30")
            project.customers()
        for role in ("analyst", "viewer"):
            state = opened(wb.open_project(tmp_path / "p", role=role))
            view = view_of(state)
            assert state.banner is None
            assert "no companies" in state.heading().title
            assert state.kpis() == []
            assert [part.layout.display for part in view.companies] == ["none"] * 4
            assert "of 100 customers take the offer" in text(view.journey)

"""Strategy cards on the screen: figures, the form, drafts, two edits of one card, roles, empty states."""

from __future__ import annotations

import pytest

import workbench as wb
from workbench.errors import ParameterProblem
from workbench.strategy import required_size
from workbench.ui.screens.strategy import StrategyScreen
from workbench.ui.state.card_fields import ALL, fill_fields, read_fields, same_value
from workbench.ui.state.strategy import StrategyState

NASTY = "<script>alert(1)</script>"


@pytest.fixture
def state(walked, opened):
    return opened(walked)


@pytest.fixture
def screen(state):
    return StrategyScreen(state)


@pytest.fixture
def section(screen):
    return screen._sections["cards"]


def test_each_card_says_what_its_list_can_show(state):
    section = state.current_section
    rows = {row["id"]: row for row in section.rows()}
    assert set(rows) == set(state.cards["strategy_id"])
    judged = [row for row in rows.values() if row["power_verdict"] in ("enough", "too_small")]
    assert judged
    for row in judged:
        needed = required_size(
            row["expected_response"] - row["effect"], row["effect"], control_share=row["control_share"]
        ).n
        assert row["power_n_needed"] == needed
        assert (row["power_verdict"] == "enough") is (row["power_n"] >= needed)
    small = [row for row in judged if row["power_verdict"] == "too_small"]
    kpis = {kpi.label: kpi for kpi in state.kpis()}
    assert kpis["Lists large enough"].value == str(len(judged) - len(small))
    if len(small) > 1:
        assert f"{len(small)} of {len(rows)} strategies" in state.heading().title
    chart = section.chart_rows()
    assert chart["gap"].dropna().is_monotonic_decreasing
    assert len(kpis) == 6


def test_a_small_list_says_what_could_be_learned_and_what_to_change(state):
    section = state.current_section
    row = next(row for row in section.rows() if row["power_verdict"] == "too_small")
    figures = section.power().set_index("strategy_id", drop=False).loc[row["id"]].to_dict()
    said = " ".join(section.findings.explain(figures, row["power_basis"]))
    assert f"{figures['n_needed']:,.0f} are needed" in said
    assert f"{figures['detectable'] * 100:.1f} pts or more" in said
    assert "To change" in said
    state.lang = "zh_CN"
    assert "可调整" in " ".join(section.findings.explain(figures, row["power_basis"]))


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_a_viewer_reads_and_has_no_control_that_writes(viewed, lang, text, opened):
    screen = StrategyScreen(opened(viewed, lang=lang, mode="dark"))
    section = screen._sections["cards"]
    shown = "".join(panel.html for panel in (section.list, section.detail, section.foot, screen.title))
    for action in ("edit", "duplicate", "remove", "new", "save", "make"):
        assert f'data-action="{action}"' not in shown
    assert 'class="py"' not in shown
    assert len(text(section.detail)) > 200
    state = screen.state.current_section
    other = state.rows()[-1]["id"]
    section.list.press("choose", other)
    assert screen.state.chosen == other
    # A page can still send the press: nothing comes of it.
    section.foot.press("edit")
    assert not state.form.is_open
    for n in state.sizes()["n"].dropna():
        assert n >= viewed.small_cell


def test_typing_is_checked_in_place_kept_and_saved(walked, screen, section, opened):
    state = screen.state.current_section
    name = state.chosen
    section.foot.press("edit")
    section.detail.press("field:name", NASTY)
    section.detail.press("field:budget", "0")
    section.detail.press("field:effect", "99")
    section.detail.press("field:cost_per_contact", "much")
    section.detail.press("field:ends_on", "2020-01-01")
    problems = state.form.problems()
    assert set(problems) == {"budget", "effect", "cost_per_contact", "ends_on"}
    for problem in problems.values():
        assert problem.replace("'", "&#39;").split('"')[0] in section.detail.html
    assert "&lt;script&gt;" in section.detail.html
    assert "<script" not in section.detail.html
    section.foot.press("save")
    assert walked.strategy.card(name)["name"] != NASTY
    # What was typed is there again in another kernel.
    again = opened(wb.open_project(walked.folder, role="analyst")).current_section
    assert again.form.typed["name"] == NASTY
    assert again.form.typed["budget"] == "0"
    for field, value in {
        "budget": "1,000",
        "effect": "1.5",
        "cost_per_contact": "2",
        "ends_on": "2030-01-01",
    }.items():
        section.detail.press(f"field:{field}", value)
    section.detail.press("field:name", "=cmd|' /C calc'!A0")
    assert state.form.problems() == {}
    section.foot.press("save")
    card = walked.strategy.card(name)
    assert (card["name"], card["budget"], card["cost_per_contact"]) == ("=cmd|' /C calc'!A0", 1_000.0, 2.0)
    assert card["effect"] == pytest.approx(0.015)
    assert not state.form.is_open
    assert state.draft() is None
    assert screen.state.banner.key == "strategy.done.card"
    # And it can be taken back.
    screen.title.press("undo-card")
    assert walked.strategy.card(name)["cost_per_contact"] != 2.0


def test_every_field_of_the_form_reaches_the_card(walked, state):
    section = state.current_section
    section.edit()
    form = section.form
    segments = [name for name, _ in section.segment_names()]
    other = next(name for name in segments if name != form.typed["segment"])
    typed = {"owner": "Li", "objective": "Other", "kpi": "balances", "kpi_target": "120", "segment": other}
    typed |= {"scenario": "event", "trigger": "maturity", "window_days": "14", "contact_policy": "gentle"}
    typed |= {"quota": "30", "script": "New {name}", "expected_response": "12.5", "control_share": "30"}
    for name, value in typed.items():
        form.type(name, value)
    form.toggle("tier", "basic")
    form.add_channel("email")
    form.move_channel(str(len(form.typed["channels"].split(",")) - 1), -1)
    form.add_row()
    form.change_row(str(len(form.rows()) - 1), "operator", "between")
    form.change_row(str(len(form.rows()) - 1), "typed", "30, 60")
    assert form.problems() == {}
    section.save()
    card = walked.strategy.card(section.chosen)
    assert card["tier"] == "value,strategic"
    assert "email" in card["channels"]
    assert card["channels"].split(",")[0] == card["channel"]
    assert '"value": [30, 60]' in card["eligibility"]
    assert (card["segment"], card["trigger"], card["window_days"]) == (other, "maturity", 14.0)
    assert (card["kpi"], card["quota"], card["owner"]) == ("balances", 30.0, "Li")
    assert (card["expected_response"], card["control_share"]) == (0.125, 0.3)
    assert card["script_version"] == "2"
    assert section.scripts()[0]["version"] == "1"
    assert any("30" in said and "60" in said for said in section.row()["conditions"])


def test_steps_of_typing_are_taken_back(state):
    form = state.current_section.form
    state.current_section.edit()
    before = dict(form.typed)
    for letters in ("R", "Re", "Ren"):
        form.type("name", letters)
    form.type("owner", "Li")
    form.toggle("tier", "basic")
    form.undo()
    form.undo()
    assert form.typed == before | {"name": "Ren"}
    form.undo()
    assert form.typed == before
    assert not form.is_changed
    # What no control offers does nothing.
    form.type("strategy_id", "S99")
    form.toggle("tier", "royal")
    form.move_channel("7", -1)
    form.change_row("9", "column", "age")
    assert form.typed == before


def test_two_edits_of_one_card_are_shown_field_by_field(walked, screen, section):
    state = screen.state.current_section
    name = state.chosen
    section.foot.press("edit")
    section.detail.press("field:owner", "Mine")
    section.detail.press("field:budget", "500")
    hers = walked.strategy.card(name)
    walked.strategy.save_card(hers | {"owner": NASTY, "quota": 40.0}, int(hers["row_version"]))
    section.foot.press("save")
    sides = {row["name"]: row["is_mine"] for row in screen.state.editor.differences()}
    assert sides == {"owner": True, "budget": True, "quota": False}
    assert "<script" not in section.detail.html
    assert walked.strategy.card(name)["owner"] == NASTY
    section.detail.press("merge", "", {"side-owner": "theirs", "side-budget": "mine", "side-quota": "theirs"})
    card = walked.strategy.card(name)
    assert (card["owner"], card["budget"], card["quota"]) == (NASTY, 500.0, 40.0)
    assert not state.form.is_open
    assert screen.state.editor.mine is None


def test_a_draft_is_carried_onto_what_somebody_else_saved_since(walked, state, opened):
    section = state.current_section
    name = section.chosen
    section.edit()
    section.form.type("owner", "Mine")
    hers = walked.strategy.card(name)
    walked.strategy.save_card(hers | {"quota": 40.0}, int(hers["row_version"]))
    again = opened(wb.open_project(walked.folder, role="analyst"))
    form = again.current_section.form
    assert (form.typed["owner"], form.typed["quota"]) == ("Mine", "40")
    again.current_section.save()
    card = walked.strategy.card(name)
    assert (card["owner"], card["quota"]) == ("Mine", 40.0)
    # The same field on both sides is a difference to choose in.
    section.give_up()
    section.edit()
    section.form.type("owner", "A")
    walked.strategy.save_card(card | {"owner": "B"}, int(card["row_version"]))
    again = opened(wb.open_project(walked.folder, role="analyst"))
    again.current_section.save()
    assert [(row["name"], row["is_mine"]) for row in again.editor.differences()] == [("owner", True)]


def test_the_other_ways_out_of_a_conflict(walked, screen, section):
    state = screen.state.current_section
    name = state.chosen

    def conflict(owner: str) -> None:
        section.foot.press("edit")
        section.detail.press("field:owner", owner)
        hers = walked.strategy.card(name)
        walked.strategy.save_card(hers | {"owner": f"not {owner}"}, int(hers["row_version"]))
        section.foot.press("save")

    conflict("A")
    section.detail.press("keep")
    assert walked.strategy.card(name)["owner"] == "not A"
    assert not state.form.is_open
    conflict("B")
    section.detail.press("overwrite")
    assert walked.strategy.card(name)["owner"] == "B"


def test_a_card_that_somebody_removed_is_not_lost(walked, screen, section):
    state = screen.state.current_section
    state.make({"template": "large_inflow", "segment": state.segment_names()[0][0]})
    name = state.chosen
    section.detail.press("field:owner", "Me")
    walked.strategy.card_file.remove(name)
    section.foot.press("save")
    assert screen.state.editor.removed
    assert 'data-action="overwrite"' in section.detail.html
    section.detail.press("overwrite")
    assert walked.strategy.card(name)["owner"] == "Me"


def test_a_card_is_made_copied_removed_and_brought_back(walked, screen, section):
    state = screen.state.current_section
    before = walked.strategy.cards()["strategy_id"].tolist()
    screen.title.press("new")
    assert "corporate_strategic" in section.new.html
    segment = state.segment_names()[0][0]
    section.new.press("make", "", {"template": "corporate_strategic", "segment": segment})
    made = state.chosen
    assert made not in before
    assert state.form.is_open
    assert "project.strategy.card_file.add(" in state.python()["new"]
    section.foot.press("give-up")
    section.foot.press("duplicate")
    copy = state.chosen
    assert walked.strategy.card(copy)["name"].endswith("(copy)")
    section.foot.press("give-up")
    section.foot.press("remove")
    assert copy not in set(walked.strategy.cards()["strategy_id"])
    screen.title.press("undo-card")
    assert walked.strategy.card(copy)["name"].endswith("(copy)")
    screen.title.press("undo-card")
    screen.title.press("undo-card")
    assert walked.strategy.cards()["strategy_id"].tolist() == before
    section.new.press("make", "", {"template": "no_such", "segment": segment})
    assert screen.state.banner.kind == "error"
    section.new.press("make", "", {"template": "honeymoon", "segment": "Nobody"})
    assert "no segment" in screen.state.t(screen.state.banner.key, **screen.state.banner.values)


def test_a_launched_card_can_not_be_removed(walked, opened):
    state = opened(walked)
    section = StrategyScreen(state)._sections["cards"]
    launched = state.lists["strategy_id"].iloc[0]
    section.list.press("choose", launched)
    assert 'data-action="remove"' not in section.foot.html
    section.foot.press("remove")
    assert launched in state.t(state.banner.key, **state.banner.values)
    assert launched in set(state.project.strategy.cards()["strategy_id"])


def test_an_offer_out_of_date_and_a_segment_that_is_gone_are_flagged(walked, state, text):
    card = walked.strategy.card(state.chosen)
    changed = card | {"starts_on": "2020-01-01", "ends_on": "2020-02-01", "segment": "Gone"}
    walked.strategy.save_card(changed, int(card["row_version"]))
    state.reload()
    problems = dict(state.current_section.row()["amiss"])
    assert set(problems) == {"ended", "no_segment"}
    section = StrategyScreen(state)._sections["cards"]
    assert "out of date" in text(section.list)
    assert "give it new dates" in text(section.detail)
    ended = next(kpi for kpi in state.kpis() if kpi.label == "Offers out of date")
    assert ended.value == "1"


def test_fields_read_back_what_they_are_filled_with(walked):
    for card in walked.strategy.cards().to_dict("records"):
        read, problems = read_fields(fill_fields(card), card, "en")
        # A review may have found a lower response than the uplift hoped for.
        assert set(problems) == ({"effect"} if card["effect"] > card["expected_response"] else set())
        assert [n for n in ALL if n in read and not same_value(n, read[n], card[n])] == []


@pytest.mark.parametrize("value", ["[1, 2]", "{", '[{"column": 3}]'])
def test_a_form_s_conditions_that_make_no_sense(walked, value):
    card = walked.strategy.cards().iloc[0].to_dict()
    read, problems = read_fields(fill_fields(card) | {"eligibility": value}, card, "zh_CN")
    assert "eligibility" in problems or read["eligibility"] == ""


def test_the_overview_leads_to_the_section(walked):
    screen = StrategyScreen(StrategyState(walked))
    screen.detail.press("section", "cards")
    assert screen.state.section == "cards"
    with pytest.raises(ParameterProblem):
        screen.state.editor.save({"name": ""})


def test_without_a_segmentation_or_cards_it_is_said_what_to_do(tmp_path, text, opened):
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
        section = StrategyScreen(state)._sections["cards"]
        assert "01_insight" in text(section.missing)
        assert state.kpis() == []
    features = wb.build_features(project.customers())
    project.insight.approve(wb.Segmenter(n_clusters=2).fit(features), features, labels={0: "Young", 1: "Old"})
    state = opened(project)
    screen = StrategyScreen(state)
    assert "New card" in screen.title.html
    screen.title.press("new")
    screen._sections["cards"].new.press("make", "", {"template": "term_deposit_telephone", "segment": "Old"})
    assert state.chosen == "S1"
    assert state.current_section.power()["verdict"].tolist() == ["no_list"]


def test_a_card_tells_what_the_front_line_says_and_a_request_is_accepted_there(state, section, screen):
    asked = state.project.execution.feedback.requests().iloc[0]
    state.current_section.choose(asked["strategy_id"])
    assert "From the front line" in screen._sections["cards"].voice.html
    assert asked["what"] in screen._sections["cards"].voice.html
    before = set(state.cards["strategy_id"])
    answer = {"request": str(asked["request_id"]), "version": str(asked["row_version"]), "answer": NASTY}
    state.current_section.accept_change(answer)
    assert state.banner.key == "execution_voice_page.done.accepted"
    drafted = set(state.cards["strategy_id"]) - before
    # The draft's form is open, and the answer stands on it, as text.
    assert {state.chosen} == drafted
    assert state.current_section.form.is_open
    told = screen._sections["cards"].voice.html
    assert "&lt;script&gt;" in told
    assert NASTY not in told


def test_a_viewer_reads_on_a_card_only_how_many_changes_are_asked_for(viewed, opened):
    state = opened(viewed)
    view = StrategyScreen(state)._sections["cards"]
    asked = viewed.execution.feedback.requests().iloc[0]
    state.current_section.choose(asked["strategy_id"])
    assert "1 wait for an answer" in view.voice.html
    assert "simulated" not in view.voice.html
    assert "data-action" not in view.voice.html

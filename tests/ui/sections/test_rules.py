"""The section of rules, without a browser."""

from __future__ import annotations

import time

import pytest

import workbench as wb
from workbench.errors import NotAllowed
from workbench.insight import Condition, Rule, RuleSet, apply_rules
from workbench.ui.screens.insight import InsightScreen
from workbench.ui.state.insight import InsightState
from workbench.ui.state.sections.rules_draft import RuleDraft, parsed, to_content, to_node

NASTY = "<img src=x onerror=alert(1)>"


def opened(project):
    screen = InsightScreen(InsightState(project, section="rules"))
    assert screen.state.banner is None
    return screen, screen._sections["rules"]


@pytest.fixture
def analyst(walked):
    return opened(walked)


@pytest.fixture
def reader(viewed, monkeypatch):
    monkeypatch.setenv("WORKBENCH_PUBLISHED", "1")
    return opened(viewed)


def test_the_figures_are_those_of_the_rules(analyst):
    _, section = analyst
    state = section.state
    rows = state.rule_rows()
    customers = state.project.insight.rules.customers()
    rules = state.builder.finished()
    applied = apply_rules(customers, rules)
    for row in rows:
        assert row["assigned"] == (applied["rule"] == row["name"]).sum()
    found = state.evaluation
    assert found.n_gap == applied["rule"].isna().sum()
    assert f"{found.n_conflict:,}" in state.heading().title or found.n_conflict == 0
    columns, cells = state.crosstab_rows()
    membership = state.segmentation.membership.set_index("customer_id")["cluster"]
    mine = applied["customer_id"].map(membership)
    for row in cells:
        if row["last"] or row["none"]:
            continue
        for column, cell in zip(columns, row["cells"], strict=True):
            expected = ((applied["rule"] == row["name"]) & (mine == column["cluster"])).sum()
            assert cell["n"] == expected


def test_a_rule_is_built_by_pressing_and_tried_at_once(analyst):
    screen, section = analyst
    state = section.state
    before = len(state.builder.draft.rules)
    section.listed.press("add")
    assert len(state.builder.draft.rules) == before + 1
    assert "holds no condition" in section.listed.html
    section.form.press("condition:")
    section.form.press("column:0", "balance_total")
    section.form.press("operator:0", ">=")
    section.form.press("typed0:0", "200,000")
    section.form.press("field:name", "Wealthy")
    section.form.press("nest:")
    section.form.press("column:1.0", "region")
    section.form.press("operator:1.0", "in")
    section.form.press("pick0:1.0", "true")
    section.form.press("pick1:1.0", "true")
    rule = state.builder.draft.rule(state.builder.selected)
    regions = state.builder.choices("region")[:2]
    assert rule.expression == Condition("balance_total", ">=", 200_000) & wb.AnyOf(
        Condition("region", "in", regions)
    ) or str(rule.expression) == str(
        wb.AllOf(Condition("balance_total", ">=", 200_000), Condition("region", "in", regions))
    )
    customers = state.project.insight.rules.customers()
    row = state.rule_rows()[state.builder.selected]
    assert row["matched"] == rule.expression.mask(customers).sum()
    assert "wb.Rule(&#39;Wealthy&#39;" in section.live.html
    section.listed.press("up", str(state.builder.selected))
    assert state.builder.selected == before - 1
    section.listed.press("duplicate", str(before - 1))
    assert state.builder.draft.rules[before]["name"] == "Wealthy (2)"
    assert screen.state.banner is None


def test_deleting_can_be_undone(analyst):
    screen, section = analyst
    builder = section.state.builder
    names = [rule["name"] for rule in builder.draft.rules]
    section.listed.press("delete", "1")
    assert [rule["name"] for rule in builder.draft.rules] == [names[0], *names[2:]]
    assert "Undo" in screen.message.html
    section.listed.press("undo")
    assert [rule["name"] for rule in builder.draft.rules] == names


def test_a_draft_survives_the_kernel_and_can_be_given_up(analyst, walked):
    _, section = analyst
    section.form.press("field:name", "Half done")
    section.listed.press("add")
    _, again = opened(wb.open_project(walked.folder, role="analyst"))
    assert again.state.builder.changed
    assert again.state.builder.draft.rules[0]["name"] == "Half done"
    again.screen.title.press("rules-discard")
    assert again.state.builder.draft.rules[0]["name"] != "Half done"
    assert not again.state.builder.changed


def test_saving_makes_a_version_that_readers_see(analyst, walked):
    screen, section = analyst
    section.listed.press("delete", "0")
    version = section.state.stored.version
    screen.title.press("rules-save")
    assert screen.state.jobs.wait()
    assert section.state.stored.version == version + 1
    assert not section.state.builder.changed
    kept = wb.open_project(walked.folder, role="viewer").insight.rules.evaluation()
    assert kept.rules_version == version + 1
    assert not kept.is_stale


def test_rules_are_approved_as_segments(analyst):
    screen, _section = analyst
    screen.title.press("rules-approve")
    assert screen.state.jobs.wait()
    assert screen.state.banner.kind == "done", screen.state.banner
    assert "rules" in screen.state.segmentation.model


def test_a_segment_becomes_a_rule_in_one_press_from_both_places(analyst):
    screen, section = analyst
    told = section.state.told_rows()[0]
    before = len(section.state.builder.draft.rules)
    section.told_list.press("learn", told["value"])
    assert len(section.state.builder.draft.rules) == before + 1
    assert section.state.rule_rows()[before]["sentence"] == told["sentence"]
    screen.tabs.press("section", "overview")
    assert "Held-out: precision" in screen.side_foot.html
    screen.side_foot.press("edit-rule", screen.state.focus)
    assert screen.state.section == "rules"
    assert len(section.state.builder.draft.rules) == before + 2
    section.told_list.press("learn", "Nobody")
    assert screen.state.banner.kind == "error"


def test_a_rule_on_a_missing_column_is_said_and_nothing_is_lost(walked):
    rules = [
        Rule("Last quarter", Condition("app_login_90d", ">", 4)),
        Rule("Old", Condition("age", ">=", 60)),
    ]
    walked.insight.rules.save(RuleSet(rules))
    screen, section = opened(walked)
    rows = section.state.rule_rows()
    assert "app_login_90d" in rows[0]["problem"]
    assert "app_logins_90d" in rows[0]["problem"]
    assert rows[0]["sentence"]
    assert rows[1]["counted"]
    assert "app_login_90d" in section.form.html
    section.form.press("column:0", "app_logins_90d")
    assert section.state.rule_rows()[0]["counted"]
    assert screen.state.banner is None


def test_contradictions_and_values_that_nobody_has_are_said(analyst):
    _, section = analyst
    section.listed.press("add")
    for place, (operator, value) in enumerate(((">=", "60"), ("<", "40"))):
        section.form.press("condition:")
        section.form.press(f"operator:{place}", operator)
        section.form.press(f"typed0:{place}", value)
    row = section.state.rule_rows()[-1]
    assert "together" in row["warnings"][0]
    assert row["matched"] == 0
    section.form.press("typed0:0", "many")
    assert "needs a number" in section.state.rule_rows()[-1]["problem"]


def test_what_a_page_makes_up_changes_nothing(analyst):
    screen, section = analyst
    draft = section.state.builder.draft.to_dict()
    for panel, action, value in (
        (section.listed, "delete", "99"),
        (section.listed, "edit", "-1"),
        (section.listed, "up", "x"),
        (section.form, "column:0", "no_such_column"),
        (section.form, "operator:0", "drop"),
        (section.form, "group:", "xor"),
        (section.form, "pick999:0", "true"),
    ):
        panel.press(action, value)
    assert section.state.builder.draft.to_dict() == draft
    assert screen.state.banner is None or screen.state.banner.kind == "error"


def test_names_like_scripts_are_text(walked):
    walked.insight.rules.save(RuleSet([Rule(NASTY, Condition("region", "is", NASTY), segment=NASTY + "2")]))
    walked.insight.rules.evaluate()
    _, section = opened(walked)
    section.listed.press("duplicate", "0")
    for panel in (section.listed, section.form, section.live, section.pairs, section.cross):
        assert NASTY not in panel.html


def test_two_hundred_rules_stay_quick(walked):
    many = RuleSet([Rule(f"r{i}", Condition("age", "between", (18 + i / 4, 30 + i / 4))) for i in range(200)])
    walked.insight.rules.save(many)
    _, section = opened(walked)
    began = time.perf_counter()
    section.state.builder.act("typed0", (0,), "20")
    assert time.perf_counter() - began < 3
    assert len(section.state.rule_rows()) == 200
    assert "Too many rules" in section.cross.html


def test_readers_see_figures_and_no_builder(reader):
    screen, section = reader
    assert section.state.builder is None
    assert "rules-save" not in screen.title.html
    assert 'data-action="add"' not in section.listed.html
    assert section.state.rule_rows()[0]["counted"]
    section.listed.press("add")
    assert screen.state.banner.kind == "error"
    with pytest.raises(NotAllowed):
        section.state.save()
    small = screen.state.project.small_cell
    _, rows = section.state.crosstab_rows()
    shown = [cell["n"] for row in rows for cell in row["cells"] if cell["n"]]
    assert shown
    assert min(shown) >= small
    screen.top.press("lang", "zh_CN")
    assert "条规则" in screen.title.html


def test_projects_without_rules_or_customers_say_what_to_do(tmp_path, walked):
    screen = InsightScreen(InsightState(wb.create_project(tmp_path / "new")))
    screen.state.open_section("rules")
    assert "No rules yet" in screen.title.html
    walked.insight.rules.save(RuleSet())
    _, section = opened(walked)
    assert "Add a rule" in section.listed.html
    assert section.state.kpis() == []


@pytest.mark.parametrize(
    "expression",
    [
        Condition("age", ">=", 56),
        ~(Condition("age", ">=", 56) | Condition("share_fund", "<", 0.25)),
        wb.AllOf(
            wb.AnyOf(Condition("age", "<", 3), Condition("region", "in", ["A", "B"])),
            Condition("x", "is", True),
        ),
        Condition("d", "before", "2026-01-01") & ~Condition("e", "is_missing"),
    ],
)
def test_a_rule_comes_out_of_the_builder_as_it_went_in(expression):
    from workbench.insight import read_expression

    again = read_expression(to_content(to_node(expression.to_dict())))
    assert again.describe().replace("not (", "(") == expression.describe().replace("not (", "(")
    draft = RuleDraft(RuleSet([Rule("a", expression)]))
    assert RuleDraft.from_dict(draft.to_dict()).finished()[0]["a"].expression == again


def test_numbers_are_read_as_people_type_them():
    assert parsed("balance_total", ">=", ["¥1,200"]) == 1200
    assert parsed("share_fund", "<", ["12.5 %"]) == 0.125
    assert parsed("age", "<", ["−3"]) == -3
    assert parsed("age", "<", ["1e999"]) is None
    assert parsed("d", "before", ["2026-02-30"]) is None

"""Scripts on the screen: where calls are lost, two scripts compared, and a script written and saved."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    power_proportions_2indep,
    proportion_confint,
)
from statsmodels.stats.proportion import test_proportions_2indep as score_test

import workbench as wb
from workbench.errors import ParameterProblem
from workbench.execution.coach import ScriptRun, tabulate_mandatory
from workbench.project.demo_scripts import play_scripts
from workbench.project.script_calls import SIMULATED
from workbench.project.script_trials import compare_scripts
from workbench.ui.screens.execution import ExecutionScreen
from workbench.ui.state.sections.scripts_editor import show_difference
from workbench.ui.state.sections.scripts_trial import smallest_effect

NASTY = "<img src=x onerror=alert(1)>"


def shown(opened, project, **traits):
    state = opened(project, **traits)
    view = ExecutionScreen(state)._sections["scripts"]
    return state, view, state.current_section


def said(state) -> str:
    return state.t(state.banner.key, **state.banner.values)


def test_a_manager_reads_of_the_sample_bank_s_trial(opened, viewed, text):
    state, view, section = shown(opened, viewed, mode="dark")
    assert section.trial() is not None
    assert section.runs()["who"].eq(SIMULATED).all()
    assert "simulated" in state.heading().subtitle
    # Simulated calls end as their contacts did.
    contacts = viewed.execution.contacts().set_index("contact_id")["disposition"]
    runs = section.runs()
    assert len(runs)
    assert runs["disposition"].tolist() == contacts[runs["contact_id"]].tolist()
    for lang in ("en", "zh_CN"):
        state.choose_language(lang)
        assert ("现在没空" in text(view.preview)) == (lang == "zh_CN")
        assert ("No time now" in text(view.preview)) == (lang == "en")
    state.choose_language("en")
    # No single count of few customers: neither in words nor in what is drawn.
    n = section.n_customers()
    assert f"{n} customers" not in text(view.head)
    told = [section.findings.count(each) for each in (0, 10, 21, 22)]
    assert told == ["0", "under 11", "about 11", "about 22"]
    assert len(section.findings.tree()) == (len(section.steps()) if section.is_told() else 0)
    assert 'data-action="edit"' not in view.bar.html
    assert 'data-action="use' not in view.versions.html
    assert "project.execution" not in view.bar.html + view.preview.html
    view.bar.press("edit")
    assert not section.editor.is_open
    # The walk of a viewer is as the coach shows it.
    view.preview.press("answer", "1")
    assert "must be said" in said(state)
    view.preview.press("confirm", "recording")
    view.preview.press("answer", "1")
    assert len(section.preview.run.steps) == 2
    view.preview.press("lang", "zh_CN")
    assert len(section.preview.run.steps) == 2
    assert "现在" not in text(view.bar)
    view.preview.press("undo")
    view.preview.press("again")
    assert section.preview.run.moves == ()


def test_a_manager_s_rates_are_so_coarse_that_no_few_can_be_reckoned(opened, viewed):
    section = opened(viewed).current_section
    script = section.stored().script
    rng = np.random.default_rng(3)
    far = rng.integers(1, 4, 300)
    runs = pd.DataFrame(
        {
            "strategy_id": section.strategy,
            "customer_id": [str(i) for i in range(300)],
            "version": section.shown_version,
            "steps": [["hello", "offer", "close"][:n] for n in far],
            "end": "",
            "who": SIMULATED,
        }
    )
    section._kept["runs", section.strategy] = runs
    steps = wb.tabulate_steps(runs, viewed.execution.outcomes(), script)
    section._kept["steps", section.strategy, section.shown_version] = steps
    tree = section.findings.tree()
    assert (tree["share"] * 20).round(9).mod(1).eq(0).all()  # in steps of 5%: 15 of 300
    wide = tree["loss"].notna()
    assert (tree["loss_low"][wide] <= steps["leave_low"][wide]).all()
    assert (tree["loss_high"][wide] >= steps["leave_high"][wide]).all()
    assert not set(steps["reached"].astype("str")) & set(tree["reached"])
    assert "about 297" in section.findings.tree_title()[1]


def test_steps_and_sentences_are_told_as_they_were(opened, walked, text):
    state, view, section = shown(opened, walked)
    strategy, number = section.strategy, section.shown_version
    tree, steps = section.findings.tree(), section.steps()
    total = section.n_customers()
    assert tree["share"].tolist() == (steps["reached"] / total).tolist()
    low, high = proportion_confint(steps["reached"], total, method="wilson")
    np.testing.assert_allclose(tree["share_low"], low, atol=1e-9)
    np.testing.assert_allclose(tree["share_high"], high, atol=1e-9)
    inner = steps["kind"].eq("step").to_numpy() & steps["reached"].gt(0).to_numpy()
    low, high = proportion_confint(steps["left"][inner], steps["reached"][inner], method="wilson")
    np.testing.assert_allclose(tree["loss_low"][inner], low, atol=1e-9)
    np.testing.assert_allclose(tree["loss_high"][inner], high, atol=1e-9)
    # The worst step is the one the title names.
    worst = steps.loc[steps.loc[steps["kind"].eq("step"), "left"].idxmax()]
    assert section.findings.label(worst["label"]) in state.heading().title
    assert str(total) in text(view.head)
    read = walked.execution.scripts.mandatory_read(strategy, number)
    assert read["missed"].sum() == 0
    assert "recording" in read["must"].tolist()
    assert "read in every call" in text(view.read)
    # A second play changes nothing.
    assert play_scripts(walked) == 0
    assert "sx-inline" in view.objections.html
    view.bar.press("version", "2")
    assert section.shown_version == 2
    view.bar.press("version", "9")
    assert section.shown_version == 2
    assert "Version 2" in text(view.head)


def trial_of(yes_a: int, n_a: int, yes_b: int, n_b: int):
    n = n_a + n_b
    runs = pd.DataFrame(
        {
            "list_id": "L1",
            "strategy_id": "S1",
            "customer_id": [str(i) for i in range(n)],
            "version": [1] * n_a + [2] * n_b,
            "at": pd.Timestamp("2026-10-09"),
        }
    )
    agreed = np.r_[np.arange(n_a) < yes_a, np.arange(n_b) < yes_b]
    outcomes = runs[["list_id", "strategy_id", "customer_id"]].assign(
        responded=agreed, recorded_at=runs["at"]
    )
    return compare_scripts("S1", (1, 2), runs, outcomes)


@pytest.mark.parametrize(
    ("yes_a", "n_a", "yes_b", "n_b"), [(12, 140, 21, 150), (3, 40, 30, 60), (5, 90, 5, 88)]
)
def test_the_comparison_is_that_of_other_implementations(yes_a, n_a, yes_b, n_b):
    found = trial_of(yes_a, n_a, yes_b, n_b)
    low, high = confint_proportions_2indep(yes_b, n_b, yes_a, n_a, method="score", compare="diff")
    # Near it; the exact ends are held by the tests of the review.
    assert (found.ci_low, found.ci_high) == pytest.approx((low, high), abs=0.01)
    test = score_test(yes_b, n_b, yes_a, n_a, compare="diff", method="score")
    assert found.p_value == pytest.approx(test.pvalue, rel=1e-9)
    effect, pooled = smallest_effect(found), (yes_a + yes_b) / (n_a + n_b)

    def power(size: float) -> float:
        return power_proportions_2indep(size, pooled, n_b, ratio=n_a / n_b, alpha=0.05).power - 0.8

    assert effect == pytest.approx(optimize.brentq(power, 0.001, 0.9), abs=0.004)
    assert found.verdict == ("better" if low > 0 else "worse" if high < 0 else "open")


def test_the_trial_says_its_ratio_first_and_no_difference_honestly(opened, walked, text):
    state, view, section = shown(opened, walked)
    found = section.comparison()
    counts = found.ratio.counts
    expected = stats.chisquare(counts["n"], counts["expected"]).pvalue
    assert found.ratio.p_value == pytest.approx(expected)
    told = text(view.trial)
    assert "Sample ratio as drawn" in told
    assert section.trial_findings.told()["verdict"] in told
    if found.verdict == "open":
        assert "not proof that there is none" in told
        assert "probability" in told or "answered alike" in told or "hardly" in told
    arms = section.trial_findings.told()["arms"]
    low, high = proportion_confint(found.arms["responded"], found.arms["n"], method="wilson")
    np.testing.assert_allclose(arms["low"], low, atol=1e-9)
    np.testing.assert_allclose(arms["high"], high, atol=1e-9)
    # The trial ends, goes back, and another begins.
    view.versions.press("use_one", "2")
    assert section.trial() is None
    assert section.in_use().version == 2
    assert "version 2 from now on" in said(state)
    view.versions.press("back")
    assert section.in_use().version == 1
    view.versions.press("trial", "", {"other": "2", "share": "30", "note": "again"})
    assert (section.trial()["other_version"], section.trial()["share"]) == (2, 0.3)
    view.versions.press("trial", "", {"other": "2", "share": "0", "note": ""})
    assert "share of 0" in said(state)
    view.versions.press("use", "", {"version": "1", "note": "enough"})
    assert walked.execution.scripts.uses(section.strategy)[-1]["note"] == "enough"


def test_a_script_is_written_checked_walked_and_saved(opened, walked, text):
    state, view, section = shown(opened, walked)
    strategy = section.strategy
    view.bar.press("edit")
    editor = section.editor
    assert "Nothing is wrong" in text(view.faults)
    before = editor.text
    must = next(line for line in before.splitlines() if "must say [recording]" in line)
    view.form.press("text", before.replace(must, "  say: " + NASTY))
    assert 'lacks the mandatory sentence "recording"' in text(view.faults).replace("&#34;", '"')
    assert "Mend the errors first" in text(view.preview)
    assert NASTY not in view.form.html + view.faults.html + view.preview.html
    view.form.press("save", "", {"text": editor.text, "note": "shorter"})
    assert "mandatory sentence" in said(state)
    assert section.numbers() == [1, 2]
    # Another kernel finds the draft.
    again = opened(wb.open_project(walked.folder, role="analyst")).current_section
    assert again.editor.is_open
    assert again.editor.text == editor.text
    assert again.editor.note == "shorter"
    mine = before.replace("two minutes", "one minute")
    view.form.press("text", mine)
    assert "one minute" in text(view.preview)
    # The second of two editors sees what the first has saved.
    walked.execution.scripts.save(strategy, before.replace("two minutes", "an hour"), use=False)
    view.form.press("save", "", {"text": mine, "note": "shorter"})
    assert "changed meanwhile" in said(state)
    assert "an hour" in text(view.faults)
    assert section.numbers() == [1, 2]
    view.faults.press("overwrite")
    assert section.numbers() == [1, 2, 3, 4]
    assert (section.shown_version, section.in_use().version) == (4, 1)
    assert "waits for a trial" in said(state)
    assert section.draft() is None
    assert section.version_rows()[0]["note"] == "shorter"
    assert "one minute" in text(view.preview)
    view.bar.press("edit")
    view.form.press("text", "nothing")
    walked.execution.scripts.save(strategy, before, use=False)
    view.form.press("save", "", {"text": mine.replace("one", "half a"), "note": ""})
    view.faults.press("theirs")
    assert section.editor.text == before
    view.form.press("cancel")
    assert not section.editor.is_open


def test_a_strategy_without_script_gets_its_first_one(opened, walked, text):
    state, view, section = shown(opened, walked)
    other = next(name for name in section.shown_strategies() if section.in_use(name) is None)
    view.bar.press("strategy", other)
    assert state.heading().title == "No script is written yet"
    assert state.kpis() == []
    view.bar.press("edit")
    assert "first version" in text(view.form)
    faults = section.editor.errors()
    if not faults:
        view.form.press("save", "", {"text": section.editor.text, "note": ""})
        assert section.in_use().version == 1
        assert "nobody was called" in state.heading().title


def test_without_scripts_it_says_what_to_do(opened, walked, text):
    later = walked.open_cycle("2027 Q4", walked.cycle.snapshot_date)
    state, _view, section = shown(opened, later)
    assert state.heading().title == "No script is written yet" or section.in_use() is not None
    assert state.banner is None or state.banner.kind != "error"


def test_differences_name_both_sides():
    assert show_difference("same", "same") == []
    assert show_difference("a", "b") == [("-", "a"), ("+", "b")]


def test_a_sentence_that_was_not_read_is_counted():
    script = wb.read_script(
        "step a\n  must say [recording]: R\n  answer: Go -> b\nstep b\n  must say [risk]: K\n"
        "  answer: Yes -> done\nend done: reached, yes"
    )
    whole = ScriptRun.start(script).confirm("recording").answer(1).confirm("risk").answer(1)
    cut = ScriptRun.start(script).confirm("recording").answer(1).stop("refused")
    unread = [move for move in whole.moves if move.get("name") != "risk"]
    runs = pd.DataFrame(
        {
            "steps": [["a", "b"], ["a", "b"], ["a", "b"]],
            "end": ["done", "", "done"],
            "moves": [whole.moves, cut.moves, unread],
        }
    )
    rows = tabulate_mandatory(runs, script).set_index("must")
    assert rows.loc["recording", ["calls", "due", "read", "missed", "broke_off"]].tolist() == [3, 3, 3, 0, 0]
    assert rows.loc["risk", ["calls", "due", "read", "missed", "broke_off"]].tolist() == [3, 2, 1, 1, 1]
    with pytest.raises(ParameterProblem, match="moves"):
        tabulate_mandatory(runs.drop(columns="moves"), script)

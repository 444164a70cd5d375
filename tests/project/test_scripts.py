"""Scripts of a project: saved only whole, called with, tried side by side; and the pace beside them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import workbench as wb
from workbench.errors import NotAllowed, NotFound, ParameterProblem
from workbench.execution.coach import ScriptRun, assign_scripts
from workbench.project import Project
from workbench.review import compare_proportions

TEXT = """\
title: {title}
step hello: Opening
  say: Good day {{name}}.
  must say [recording]: This call is recorded.
  answer: Go on -> offer
step offer
  say: We have {{product}} for you.
  must say [risk]: Its return is not guaranteed.
  must say [annual_rate]: What it costs a year is in the offer.
  answer: Yes -> done
  answer: No -> refused
  objection: Too dear = We look for the cheapest.
end done: reached, yes
end refused: refused, no
"""
FIRST, SECOND = TEXT.format(title="First"), TEXT.format(title="Second")


@pytest.fixture
def opened(copied: Project) -> Project:
    """The first cycle, opened again: it has lists, contacts and outcomes."""
    first = copied.cycles()[0]
    project = copied.at(first.cycle_id)
    if first.state != "open":
        project.store.cycles.reopen(first.cycle_id, "to play calls in a test")
    return project


def _listed(project: Project) -> tuple[str, list[str], pd.DataFrame]:
    """Return a strategy called by telephone, its treated customers, and its targets."""
    cards = project.strategy.launched_cards()
    strategy = str(cards["strategy_id"].iloc[0])
    targets = project.strategy.targets()
    mine = targets[targets["strategy_id"].eq(strategy)]
    return strategy, mine.loc[mine["arm"].eq("treatment"), "customer_id"].tolist(), mine


def _called(run: ScriptRun, agrees: bool) -> ScriptRun:
    run = run.confirm("recording").answer(1).confirm("risk").confirm("annual_rate")
    return run.answer(1) if agrees else run.object(1).answer(2)


def test_calls_from_the_first_version_to_where_they_are_lost(opened: Project) -> None:
    scripts = opened.execution.scripts
    strategy, customers, targets = _listed(opened)
    assert scripts.current(strategy) is None
    with pytest.raises(NotFound, match="no branching script"):
        scripts.start(strategy)
    # A script without its mandatory sentence is refused, with the reason.
    unsaid = FIRST.replace("  must say [recording]: This call is recorded.\n", "")
    card = next(c for c in opened.store.cards.rows(opened.cycle.cycle_id) if c["strategy_id"] == strategy)
    if card["channel"] == "phone":
        with pytest.raises(ParameterProblem, match=r"mandatory sentence \"recording\""):
            scripts.save(strategy, unsaid)
    with pytest.raises(ParameterProblem, match="leads nowhere"):
        scripts.save(strategy, FIRST.replace("answer: Yes -> done", "answer: Yes"))
    assert scripts.versions(strategy).empty
    assert scripts.save(strategy, FIRST, note="begin") == 1
    stored = scripts.current(strategy)
    assert stored is not None
    assert (stored.version, stored.script.title, stored.note) == (1, "First", "begin")
    # Three calls: one agrees, one refuses, one hangs up.
    run = scripts.start(strategy)
    for n, made in enumerate((_called(run, True), _called(run, False), run.stop("no_answer"))):
        key = f"call {n}"
        number = scripts.record_run(key, strategy, customers[n], 1, made)
        assert scripts.record_run(key, strategy, customers[n], 1, list(made.moves)) == number
    runs = scripts.runs(strategy)
    assert runs["disposition"].tolist() == ["reached", "refused", "no_answer"]
    assert runs["steps"].tolist() == [["hello", "offer"], ["hello", "offer"], ["hello"]]
    segments = targets.set_index("customer_id")["segment"]
    assert runs["segment"].tolist() == [segments[one] for one in customers[:3]]
    table = scripts.step_outcomes(strategy).set_index("step")
    assert table["reached"].tolist() == [3, 2, 1, 1]
    outcomes = opened.execution.outcomes()
    yes = set(outcomes.loc[outcomes["responded"] & outcomes["strategy_id"].eq(strategy), "customer_id"])
    assert table.loc["hello", "responded"] == len(yes & set(customers[:3]))
    assert table.loc["hello", "left"] == int(customers[2] not in yes)
    told = scripts.objections(strategy)
    assert told[["objection", "raised"]].values.tolist() == [["Too dear", 1]]
    assert scripts.objections(strategy, segment="no such")["raised"].tolist() == [0]
    assert scripts.step_outcomes(strategy, segment="no such")["reached"].sum() == 0


def test_what_a_call_did_not_say_is_not_recorded(opened: Project) -> None:
    scripts = opened.execution.scripts
    strategy, customers, targets = _listed(opened)
    scripts.save(strategy, FIRST)
    run = scripts.start(strategy)
    forged = [{"do": "answer", "n": 1}]
    with pytest.raises(ParameterProblem, match="This call is recorded"):
        scripts.record_run("k", strategy, customers[0], 1, forged)
    with pytest.raises(ParameterProblem, match="not over"):
        scripts.record_run("k", strategy, customers[0], 1, run)
    with pytest.raises(ParameterProblem, match="not a disposition"):
        scripts.record_run("k", strategy, customers[0], 1, run.stop("vanished"))
    done = run.stop("no_answer")
    with pytest.raises(NotFound, match="no contact"):
        scripts.record_run("k", strategy, customers[0], 1, done, contact_id="none of theirs")
    with pytest.raises(NotFound):
        scripts.record_run("k", strategy, "nobody", 1, done)
    held = targets.loc[targets["arm"].eq("control"), "customer_id"].tolist()
    with pytest.raises(ParameterProblem, match="control"):
        scripts.record_run("k", strategy, held[0], 1, done)
    assert scripts.runs().empty
    viewer = wb.open_project(opened.folder, role="viewer").at(opened.cycle.cycle_id)
    with pytest.raises(NotAllowed):
        viewer.execution.scripts.save(strategy, SECOND)
    with pytest.raises(NotAllowed):
        viewer.execution.scripts.record_run("k", strategy, customers[0], 1, done)


def test_two_scripts_are_compared_as_they_were_drawn(opened: Project) -> None:
    scripts = opened.execution.scripts
    strategy, customers, _ = _listed(opened)
    scripts.save(strategy, FIRST)
    scripts.save(strategy, SECOND, use=False)
    current = scripts.current(strategy)
    assert current is not None
    assert current.version == 1
    with pytest.raises(ParameterProblem, match="share"):
        scripts.try_out(strategy, 1, 2, share=1.0)
    scripts.try_out(strategy, 1, 2, share=0.4, seed=3, note="warmer opening")
    trial = scripts.trial(strategy)
    assert trial is not None
    assert (trial["version"], trial["other_version"], trial["share"]) == (1, 2, 0.4)
    called = customers[:40]
    drawn = assign_scripts(called, share=0.4, seed=3, scripts=("1", "2")).astype(int)
    crossed = called[0]
    for customer in called:
        heard = scripts.current(strategy, customer)
        assert heard is not None
        assert heard.version == drawn[customer]
        version = 3 - drawn[customer] if customer == crossed else drawn[customer]
        scripts.record_run(
            customer, strategy, customer, version, ScriptRun.start(heard.script).stop("refused")
        )
    outcomes = opened.execution.outcomes()
    yes = set(outcomes.loc[outcomes["responded"] & outcomes["strategy_id"].eq(strategy), "customer_id"])
    counts = {v: [c for c in called if drawn[c] == v] for v in (1, 2)}
    said = {v: sum(c in yes for c in counts[v]) for v in (1, 2)}
    found = scripts.compare_versions(strategy, 1, 2)
    assert found.is_trial
    assert found.crossed == 1
    assert found.arms["n"].tolist() == [len(counts[1]), len(counts[2])]
    assert found.arms["responded"].tolist() == [said[1], said[2]]
    expected = compare_proportions(said[2], len(counts[2]), said[1], len(counts[1]))
    assert found.difference == pytest.approx(float(expected.estimate))
    assert (found.ci_low, found.ci_high) == pytest.approx((float(expected.ci_low), float(expected.ci_high)))
    assert found.ratio is not None
    assert found.ratio.counts["expected"].tolist() == pytest.approx([24.0, 16.0])
    assert found.verdict == "open"
    # The other way round, the difference turns its sign; after the trial nothing is drawn.
    assert scripts.compare_versions(strategy, 2, 1).difference == pytest.approx(-found.difference)
    scripts.use(strategy, 2)
    assert scripts.trial(strategy) is None
    with pytest.raises(ParameterProblem, match="two versions"):
        scripts.compare_versions(strategy, 1, 1)


def test_a_bank_has_mandatory_sentences_of_its_own(opened: Project) -> None:
    scripts = opened.execution.scripts
    strategy, _, _ = _listed(opened)
    own = "[fee]\nen = 'the fee'\nzh_CN = '费用'\nbefore = 'agreement'\n"
    (opened.folder / "mandatory.toml").write_text(own, encoding="utf-8")
    with pytest.raises(ParameterProblem, match="fee"):
        scripts.save(strategy, FIRST)
    with pytest.raises(ParameterProblem) as caught:
        scripts.save(strategy, FIRST, lang="zh_CN")
    assert "费用" in caught.value.message("zh_CN")
    assert scripts.save(strategy, FIRST.replace("[risk]", "[fee]")) == 1
    (opened.folder / "mandatory.toml").write_text("[fee", encoding="utf-8")
    with pytest.raises(ParameterProblem, match=r"mandatory\.toml"):
        scripts.save(strategy, SECOND)


def test_a_script_goes_on_into_the_next_cycle(opened: Project, copied: Project) -> None:
    strategy, _, _ = _listed(opened)
    opened.execution.scripts.save(strategy, FIRST)
    later = copied.execution.scripts
    offers = {
        cycle.cycle_id: {c["strategy_id"]: c["offer"] for c in copied.store.cards.rows(cycle.cycle_id)}
        for cycle in copied.cycles()
    }
    goes_on = offers[copied.cycle.cycle_id].get(strategy) == offers[opened.cycle.cycle_id][strategy]
    assert (later.current(strategy) is not None) == goes_on
    for card in copied.store.cards.rows(copied.cycle.cycle_id):
        if card["strategy_id"] == strategy:
            copied.store.cards.save(copied.cycle.cycle_id, {**card, "offer": "something_else"}, None)
    assert later.current(strategy) is None


@pytest.mark.parametrize("by", ["strategy", "branch", "channel", "person", "day"])
def test_the_pace_of_a_walked_cycle(walked: Project, by: str) -> None:
    project = walked.at(walked.cycles()[0].cycle_id)
    table = project.execution.pace.compare(by)
    progress = project.execution.progress()
    assert table["contacted"].sum() == progress["contacted"].sum()
    if by in ("strategy", "branch", "day"):
        today = pd.Timestamp(project.execution.day())
        ends: Any = project.strategy.launched_cards()["ends_on"]
        if today >= ends.max():
            assert table["due"].sum() == pytest.approx(progress["treatment"].sum())
    if by != "day":
        alerts = project.execution.pace.alerts(by)
        assert set(alerts["member"]) <= set(table["member"])
        for alert in alerts.to_dict("records"):
            assert "{" not in wb.state_limit_alert(alert, alert["member"], "zh_CN")

"""Scripts as text: what is read, what is wrong with them, what a call allows, where calls are lost."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.errors import ParameterProblem
from workbench.execution.coach import (
    ScriptRun,
    assign_scripts,
    check_script,
    fill_fields,
    read_mandatory,
    read_script,
    script_fields,
    tabulate_objections,
    tabulate_steps,
)
from workbench.execution.pace import wilson_interval
from workbench.tables import OUTCOMES

ENGLISH = """\
# For deposits that mature within a month.
title: Deposit about to mature
objection: Where did you get my number? = You are our customer; say so and we stop calling.
step hello: Opening
  say: Good day {name}, this is your bank.
    Do you have two minutes?
  must say [recording]: This call is recorded.
  answer: Go on -> offer
  answer: No time now -> later
step offer
  say: Your deposit matures on {date}. For {product} we pay {rate}.
  objection: That is too little = It is paid whatever happens to the market.
  objection: I want to talk to the branch = Of course. -> later
  answer: Yes -> done
  answer: Not now -> refused
  answer: Say it again -> offer
end done: Reached, yes
end later: call back
end refused: refused, no
"""
CHINESE = """\
标题：存款到期
步骤 开场：问候
  说：{姓名}您好，我是您的客户经理。
  必读【录音】：本次通话将被录音。
  说明一下，只需两分钟。
  回答：请讲 → 产品
步骤 产品：介绍
  说：您的存款 {日期} 到期，{产品} 年利率 {利率}。
  异议：利率低 ＝ 保本保息。
  回答：好的 → 成功
结束 成功：已接通，是
"""


def _problems(text: str, **given: Any) -> list[list[Any]]:
    return check_script(text, **given)[["line", "severity", "problem"]].values.tolist()


def _broken(old: str, new: str) -> str:
    assert old in ENGLISH
    return ENGLISH.replace(old, new)


def test_what_a_trainer_writes_is_read() -> None:
    script = read_script(ENGLISH)
    assert (script.title, script.language) == ("Deposit about to mature", "en")
    hello, offer = script.steps[:2]
    assert (hello.step_id, hello.label, hello.line) == ("hello", "Opening", 4)
    assert [(part.text, part.must) for part in hello.parts] == [
        ("Good day {name}, this is your bank. Do you have two minutes?", ""),
        ("This call is recorded.", "recording"),
    ]
    assert [(answer.text, answer.to) for answer in hello.answers] == [
        ("Go on", "offer"),
        ("No time now", "later"),
    ]
    assert [(o.reply, o.to) for o in offer.objections] == [
        ("It is paid whatever happens to the market.", ""),
        ("Of course.", "later"),
    ]
    assert [o.text for o in script.objections_at(hello)] == ["Where did you get my number?"]
    assert [(end.step_id, end.disposition, end.responded) for end in script.steps[2:]] == [
        ("done", "reached", True),
        ("later", "callback", None),
        ("refused", "refused", False),
    ]
    assert check_script(script, offer="time_deposit").empty


def test_chinese_keywords_signs_and_fields() -> None:
    script = read_script(CHINESE)
    assert script.language == "zh_CN"
    opening = script.steps[0]
    # A line that goes on may begin with a keyword's first character.
    assert opening.parts[1].text == "本次通话将被录音。说明一下，只需两分钟。"
    assert opening.musts[0].must == "录音"
    assert script.steps[1].objections[0].reply == "保本保息。"
    assert check_script(script).empty
    fields = script_fields(name="王小明", gender="M", offer="time_deposit", rate=0.021, lang="zh_CN")
    assert (
        fill_fields(script.steps[1].parts[0].text, fields) == "您的存款 {日期} 到期，定期存款 年利率 2.10%。"
    )
    assert "小明" not in fill_fields(opening.parts[0].text, fields)


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_line_ends_and_a_byte_order_mark_do_not_matter(ends: str) -> None:
    assert read_script("\ufeff" + ENGLISH.replace("\n", ends)) == read_script(ENGLISH)


_ANSWERS = "  answer: Yes -> done\n  answer: Not now -> refused\n"
_AGAIN = "  answer: Say it again -> offer\n"
WRONG = {
    "unknown step": (
        _broken("Yes -> done", "Yes -> doen"),
        [[14, "error", "unknown_step"], [17, "warn", "unreachable"]],
    ),
    "dead end": (
        _broken(_ANSWERS + _AGAIN, ""),
        [[10, "error", "dead_end"], [14, "warn", "unreachable"], [16, "warn", "unreachable"]],
    ),
    "loop without exit": (
        _broken(_ANSWERS, "").replace("Of course. -> later", "Of course."),
        [[10, "error", "endless"], [15, "warn", "unreachable"], [17, "warn", "unreachable"]],
    ),
    "no mandatory sentence": (
        _broken("  must say [recording]: This call is recorded.\n", ""),
        [[1, "error", "mandatory_missing"]],
    ),
    "unknown fields": (
        _broken("Good day {name}", "Good day {nmae} {0}"),
        [[5, "warn", "unknown_field"]] * 2,
    ),
    "one name twice": (
        _broken("end refused", "end done"),
        [[15, "error", "unknown_step"], [19, "error", "twice"]],
    ),
    "no disposition": (_broken("end later: call back", "end later: gone"), [[18, "error", "disposition"]]),
    "agreed unspoken": (
        _broken("refused: refused, no", "refused: no answer, yes"),
        [[19, "warn", "agreed_unspoken"]],
    ),
    "neither yes nor no": (_broken("refused, no", "refused, perhaps"), [[19, "error", "end_answer"]]),
    "no arrow": (
        _broken("answer: Yes -> done", "answer: Yes"),
        [[14, "error", "answer_leads_nowhere"], [17, "warn", "unreachable"]],
    ),
    "no reply": (
        _broken("= It is paid whatever happens to the market.", ""),
        [[12, "error", "objection_unanswered"]],
    ),
    "behind an end": (ENGLISH + "  answer: More -> hello\n", [[20, "error", "after_end"]]),
    "not understood": (ENGLISH + "What is this\n", [[20, "error", "line"]]),
    "before the first step": (
        _broken("title: Deposit about to mature", "say: too early"),
        [[2, "error", "before_first_step"]],
    ),
    "no name": (_broken("step offer\n", "step offer\nstep: The offer\n"), [[11, "error", "no_name"]]),
    "says nothing": (
        _broken("  say: Your deposit matures on {date}. For {product} we pay {rate}.\n", ""),
        [[10, "warn", "silent"]],
    ),
    "nothing": (
        "",
        [[1, "error", "no_steps"], [1, "error", "no_end"], [1, "error", "mandatory_missing"]],
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_said_with_its_line(wrong: str) -> None:
    text, expected = WRONG[wrong]
    assert _problems(text) == expected
    for lang in ("en", "zh_CN"):
        told = check_script(text, lang=lang)
        assert all(str(row["line"]) in row["sentence"] for row in told.to_dict("records"))


def test_the_way_past_a_mandatory_sentence_is_found() -> None:
    skipped = ENGLISH.replace("  must say [recording]: This call is recorded.\n", "").replace(
        "step offer\n", "step offer\n  must say [recording]: This call is recorded.\n"
    )
    # "No time now" ends the call before it is said.
    assert _problems(skipped) == [[18, "error", "mandatory_skipped"]]
    assert "later" in check_script(skipped)["sentence"].iloc[0]


def test_what_is_mandatory_depends_on_the_offer_and_the_channel() -> None:
    assert _problems(ENGLISH, offer="fund_plan") == [[1, "error", "mandatory_missing"]]
    told = check_script(ENGLISH, offer="fund_plan")["sentence"].iloc[0]
    assert "must say [risk]" in told
    said = _broken("step offer\n", "step offer\n  must say [风险]: Funds can lose value.\n")
    assert _problems(said, offer="fund_plan") == []
    unsaid = _broken("  must say [recording]: This call is recorded.\n", "")
    assert _problems(unsaid, channel="branch") == []
    own = read_mandatory("[fee]\nen = 'the fee'\nzh_CN = '费用'\nbefore = 'agreement'")
    assert _problems(ENGLISH, mandatory=own) == [[1, "error", "mandatory_missing"]]


@pytest.mark.parametrize(
    "text", ["[fee", "[fee]\nen = 'x'", "fee = 1", "[f]\nen='a'\nzh_CN='b'\nbefore='never'"]
)
def test_an_own_file_that_is_not_whole_is_refused(text: str) -> None:
    with pytest.raises(ParameterProblem, match=r"own\.toml"):
        read_mandatory(text, "own.toml")


def test_a_call_goes_where_the_script_leads() -> None:
    run = ScriptRun.start(read_script(ENGLISH))
    assert [part.must for part in run.unsaid] == ["recording"]
    with pytest.raises(ParameterProblem, match="This call is recorded"):
        run.answer(1)
    # An objection that is answered on the spot passes nothing.
    run = run.object(1).confirm("recording").answer(1)
    assert run.at.step_id == "offer"
    run = run.object(1).answer(3).answer(1)
    assert (run.is_over, run.disposition, run.responded) == (True, "reached", True)
    assert run.steps == ("hello", "offer", "offer", "done")
    assert [move["do"] for move in run.moves] == ["object", "confirm", "answer", "object", "answer", "answer"]
    assert ScriptRun.replay(run.script, run.moves) == run
    assert run.back().at.step_id == "offer"
    with pytest.raises(ParameterProblem, match="has ended"):
        run.stop("reached")


def test_no_way_leads_past_a_sentence_that_must_be_said() -> None:
    """Try every sequence of five moves: none leaves the first step without the confirmation."""
    script = read_script(ENGLISH)
    moves = [{"do": "answer", "n": 1}, {"do": "answer", "n": 2}, {"do": "object", "n": 1}]
    moves += [{"do": "object", "n": 2}, {"do": "object", "n": 3}, {"do": "confirm", "name": "recording"}]
    left = 0
    for tried in itertools.product(moves, repeat=4):
        try:
            run = ScriptRun.replay(script, tried)
        except ParameterProblem:
            continue
        if len(run.steps) > 1:
            left += 1
            names = [move.get("name") for move in run.moves]
            first_step_left = next(i for i, move in enumerate(run.moves) if move["do"] == "answer")
            assert "recording" in names[:first_step_left]
    assert left > 10


def test_a_sentence_at_an_end_is_said_before_the_call_is_over() -> None:
    text = _broken(
        "end done: Reached, yes", "end done: Reached, yes\n  must say [thanks]: We send the contract."
    )
    run = ScriptRun.start(read_script(text)).confirm("recording").answer(1).answer(1)
    assert (run.is_over, run.disposition, run.responded) == (False, "", None)
    assert run.confirm("thanks").is_over


@pytest.mark.parametrize(
    "moves",
    [
        [{"do": "answer", "n": 9}],
        [{"do": "object", "n": 0}],
        [{"do": "answer"}],
        [{"do": "sing"}],
        [{"do": "confirm", "name": "other"}],
        [{"do": "stop", "disposition": ""}],
        [{"do": "object", "n": 1}] * 1_001,
    ],
)
def test_moves_that_are_none_are_refused(moves: list[dict[str, Any]]) -> None:
    with pytest.raises(ParameterProblem):
        ScriptRun.replay(read_script(ENGLISH), moves)


def test_a_call_that_breaks_off_has_not_responded() -> None:
    run = ScriptRun.start(read_script(ENGLISH)).stop("no_answer")
    assert (run.is_over, run.disposition, run.responded, run.steps) == (True, "no_answer", None, ("hello",))


def _runs(*rows: tuple[str, list[str], str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "steps", "end"])
    return frame.assign(strategy_id="S1", list_id="L1")


def _outcomes(*customers: str) -> pd.DataFrame:
    return OUTCOMES.check(
        pd.DataFrame(
            {
                "outcome_id": [f"o{n}" for n in range(len(customers))],
                "list_id": "L1",
                "strategy_id": "S1",
                "customer_id": list(customers),
                "recorded_at": pd.Timestamp("2026-10-13"),
                "responded": True,
                "amount": 1.0,
            }
        )
    )  # fmt: skip


def test_where_calls_are_lost_is_counted_by_customer() -> None:
    runs = _runs(
        ("1", ["hello"], ""),
        ("2", ["hello"], "later"),
        # Called again: what counts as left is the last call's.
        ("2", ["hello", "offer", "offer"], "refused"),
        ("3", ["hello", "offer"], "done"),
        # Hung up, and came to the branch all the same.
        ("4", ["hello", "offer"], ""),
    )
    table = tabulate_steps(runs, _outcomes("3", "4", "9"), read_script(ENGLISH)).set_index("step")
    assert list(table.index) == ["hello", "offer", "done", "later", "refused"]
    assert table["reached"].tolist() == [4, 3, 1, 1, 1]
    assert table["left"].tolist() == [1, 1, 0, 0, 0]
    assert table["responded"].tolist() == [2, 2, 1, 0, 0]
    assert table["label"].tolist()[:2] == ["Opening", "offer"]
    assert table.loc["offer", "share_reached"] == 0.75
    low, high = wilson_interval(table["responded"].to_numpy(float), table["reached"].to_numpy(float))
    assert table["rate_low"].tolist() == low.tolist()
    assert table["rate_high"].tolist() == high.tolist()


def test_steps_that_nobody_reached_have_no_rate() -> None:
    table = tabulate_steps(_runs().astype("object"), OUTCOMES.empty(), read_script(ENGLISH))
    assert table["reached"].tolist() == [0] * 5
    assert table[["rate", "rate_low", "leave_rate", "share_reached"]].isna().all(axis=None)
    with pytest.raises(ParameterProblem, match="steps"):
        tabulate_steps(pd.DataFrame({"strategy_id": [], "customer_id": [], "end": []}), OUTCOMES.empty())


def test_the_scripts_of_the_manual_can_be_used() -> None:
    manual = (Path(__file__).resolve().parents[2] / "docs" / "scripts.md").read_text(encoding="utf-8")
    texts = re.findall(r"```text\n(.*?)```", manual, re.DOTALL)
    assert [read_script(text).language for text in texts] == ["en", "zh_CN"]
    assert all(check_script(text, offer="time_deposit").empty for text in texts)


def test_what_was_objected_is_counted_by_customer() -> None:
    runs = _runs(("1", ["hello"], ""), ("1", ["hello"], ""), ("2", ["hello"], ""), ("3", ["hello"], ""))
    runs["objections"] = [["That is too little"], ["That is too little", "Where"], ["That is too little"], []]
    table = tabulate_objections(runs, _outcomes("1"), read_script(ENGLISH)).set_index("objection")
    assert table["raised"].tolist() == [2, 1, 0, 0]
    assert table.loc["That is too little", ["share_raised", "responded", "rate"]].tolist() == [2 / 3, 1, 0.5]
    # Nobody raised it: no rate.
    assert np.isnan(table.loc["I want to talk to the branch", "rate"])
    run = ScriptRun.start(read_script(ENGLISH)).object(1).confirm("recording").answer(1).object(3)
    assert run.raised == ("Where did you get my number?",) * 2
    with pytest.raises(ParameterProblem, match="objections"):
        tabulate_objections(runs.drop(columns="objections"), OUTCOMES.empty())


def test_the_interval_is_wilsons() -> None:
    runs = _runs(*[(str(n), ["hello"], "") for n in range(40)])
    row = tabulate_steps(runs, _outcomes("1", "2", "3")).iloc[0]
    expected = stats.binomtest(3, 40).proportion_ci(method="wilson")
    assert [row["rate_low"], row["rate_high"]] == pytest.approx([expected.low, expected.high])


def test_a_customer_hears_the_same_script_and_the_share_is_kept() -> None:
    ids = [f"{n:010d}" for n in range(20_000)]
    drawn = assign_scripts(ids, share=0.3, seed=5)
    # Three standard errors of a share of 0.3 among 20,000.
    assert drawn.eq("b").mean() == pytest.approx(0.3, abs=0.01)
    again = assign_scripts(ids[::-1][:500], share=0.3, seed=5)
    assert again.equals(drawn.loc[again.index])
    # Another seed draws independently of this one.
    other = assign_scripts(ids, share=0.3, seed=6)
    assert (drawn.eq("b") & other.eq("b").to_numpy()).mean() == pytest.approx(0.09, abs=0.01)
    assert set(assign_scripts(ids[:99], share=0.0)) == {"a"}
    with pytest.raises(ParameterProblem, match="share"):
        assign_scripts(ids, share=1.5)


@pytest.mark.parametrize("value", ["{product}", "<script>", "\\g<0>", "{{name}}"])
def test_what_is_filled_in_is_text_and_not_searched_again(value: str) -> None:
    assert fill_fields("{name}|{name.x}|{ name }|{", {"name": value}) == f"{value}|{{name.x}}|{value}|{{"


def test_a_script_that_is_too_long_is_refused() -> None:
    with pytest.raises(ParameterProblem, match="50001"):
        read_script("x" * 50_001)


def _drawn(chance: np.random.Generator) -> str:
    """Draw a script of a few steps whose answers lead anywhere."""
    steps, ends = [f"s{n}" for n in range(chance.integers(1, 6))], ["yes", "no", "gone"]
    lines = []
    for step in steps:
        lines += [f"step {step}", "  say: words"]
        if chance.random() < 0.3:
            lines.append("  must say [recording]: It is recorded.")
        if chance.random() < 0.2:
            lines.append(f"  objection: But = Still -> {chance.choice([*steps, *ends])}")
        for _ in range(chance.integers(0, 3)):
            lines.append(f"  answer: words -> {chance.choice([*steps, *ends])}")
    return "\n".join([*lines, "end yes: reached, yes", "end no: refused, no", "end gone: no answer"])


def _walked(run: ScriptRun) -> tuple[set[str], set[str], bool]:
    """Try every way: the steps met, the ends met without the recording said, whether an end was met."""
    met, unsaid, waiting, seen = set(), set(), [run], set()
    while waiting:
        here = waiting.pop()
        state = (here.steps[-1], here.confirmed)
        if state in seen:
            continue
        seen.add(state)
        met.add(here.steps[-1])
        if here.at.is_end and not here.confirmed:
            unsaid.add(here.steps[-1])
        waiting += [here.confirm(part.must) for part in here.unsaid]
        if not here.unsaid and not here.is_over:
            waiting += [here.answer(n) for n in range(1, len(here.answers) + 1)]
            waiting += [here.object(n) for n in range(1, len(here.objections) + 1)]
    return met, unsaid, any(run.script.find(step).is_end for step in met)  # type: ignore[union-attr]


def test_the_checks_say_what_every_way_through_a_script_shows() -> None:
    chance = np.random.default_rng(5)
    skipped = endless = 0
    for _ in range(60):
        text = _drawn(chance)
        script = read_script(text)
        found = check_script(script)
        by = found.groupby("problem")["step"].agg(set).to_dict()
        met, unsaid, _ = _walked(ScriptRun.start(script))
        assert by.get("unreachable", set()) == {step.step_id for step in script.steps} - met
        if "mandatory_missing" not in by:
            # Nobody was spoken to at "gone", so nothing need be said before it.
            assert by.get("mandatory_skipped", set()) == unsaid & {"yes", "no"}
            skipped += bool(unsaid & {"yes", "no"})
        dead = {step.step_id for step in script.steps if not step.is_end and not step.answers}
        assert by.get("dead_end", set()) == dead
        for step in script.steps:
            if not step.is_end and step.step_id not in dead:
                ways, _, ends = _walked(ScriptRun(script, (step.step_id,)))
                stuck = not ends and not ways & dead
                assert (step.step_id in by.get("endless", set())) == stuck
                endless += stuck
    assert skipped > 5
    assert endless > 1


def test_any_text_is_read() -> None:
    """What nobody would write is a problem with a line, never a fault."""
    chance = np.random.default_rng(6)
    words = ["step", "步骤", "say:", "必读【", "answer: a ->", "end x:"]
    words += ["{", "}", "=", "：", "\t", "\n", "\n  ", "\x00", "é"]
    for _ in range(40):
        text = " ".join(chance.choice(words, size=chance.integers(1, 25)))
        for lang in ("en", "zh_CN"):
            assert "severity" in check_script(text, lang=lang)

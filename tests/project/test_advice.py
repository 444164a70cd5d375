"""The project's review rules, and what accepted recommendations make of the next cycle's cards."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import workbench as wb
from workbench.errors import Conflict, NotAllowed, NotFound, ParameterProblem
from workbench.project import Project
from workbench.project.cards import STAMPS
from workbench.project.review_rules import compare_texts
from workbench.review import compare_strategies
from workbench.review.rules import default_rules_text

STRICT = default_rules_text().replace("scale_return = 3.0 ", "scale_return = 9999")

LOOSE = (
    default_rules_text()
    .replace("alpha = 0.05 ", "alpha = 0.99 ")
    .replace("min_expected_count = 5", "min_expected_count = 0")
)


def cards_of(project: Project) -> pd.DataFrame:
    return project.strategy.cards().drop(columns=list(STAMPS))


def without_dates(difference: pd.DataFrame) -> list[tuple[object, ...]]:
    kept = difference[~difference["field"].isin(["starts_on", "ends_on"])]
    return sorted(
        (row.strategy_id, row.field, *("" if pd.isna(x) else str(x) for x in (row.before, row.after)))
        for row in kept.itertuples(index=False)
    )


def decide_all(project: Project, accepted: set[str]) -> None:
    for row in project.review.recommendations().to_dict("records"):
        if row["strategy_id"] in accepted:
            project.review.accept(row["recommendation_id"], "as the figures say")
        else:
            project.review.reject(row["recommendation_id"], "not this time")


# Rules ------------------------------------------------------------------------------------


def test_the_workbenchs_rules_are_in_force_until_somebody_edits_them(copied: Project) -> None:
    advice = copied.review.advice
    assert not advice.path.exists()
    assert advice.rules_text() == default_rules_text()
    began = advice.rules_hash()
    version = advice.save_rules(STRICT, began, note="dearer money")
    assert "# The rules by which" in advice.path.read_text(encoding="utf-8")
    assert copied.review.rules().thresholds["scale_return"] == 9999
    versions = advice.rule_versions().set_index("version")
    assert versions.at[version, "note"] == "dearer money"
    assert versions["in_force"].tolist() == [False] * (len(versions) - 1) + [True]
    assert advice.rules_of(version - 1) == default_rules_text()
    # Back to the text before, as one more version.
    assert advice.save_rules(default_rules_text(), advice.rules_hash()) == version + 1


def test_recommendations_say_which_rules_decided(copied: Project) -> None:
    copied.review.advice.save_rules(STRICT)
    rows = copied.review.recommend()
    assert "scale" not in set(rows["action"])
    newest = copied.store.artefacts.latest("review_rules")
    assert newest is not None
    lineage = copied.lineage()
    for row in rows.to_dict("records"):
        assert json.loads(row["evidence"])["rules"] == newest.summary["sha256"]
        node = f"recommendation:{row['recommendation_id']}"
        assert lineage.path(newest.artefact_id, node) is not None
    assert f"Review rules v{newest.version}" in str(lineage)
    assert "回检规则" in lineage.text("zh_CN")


def test_a_mistake_is_refused_with_its_place_and_nothing_is_written(copied: Project) -> None:
    advice = copied.review.advice
    broken = STRICT.replace('op = "<", threshold = "alarm"', 'op = "<", threshold = "alrm"')
    line = next(n for n, each in enumerate(broken.splitlines(), 1) if "alrm" in each)
    with pytest.raises(ParameterProblem, match=f"review_rules.toml, line {line}: rule R9: there is no thr"):
        advice.save_rules(broken)
    with pytest.raises(ParameterProblem, match="at most"):
        advice.save_rules("#" * 200_000)
    assert not advice.path.exists()
    advice.path.write_bytes("[thresholds] # M\xfcnchen".encode("latin-1"))
    with pytest.raises(ParameterProblem, match="not UTF-8"):
        copied.review.recommend()


def test_the_second_of_two_editors_sees_the_difference(copied: Project) -> None:
    began = copied.review.advice.rules_hash()
    other = wb.open_project(copied.folder).review.advice
    other.save_rules(default_rules_text().replace("alpha = 0.05 ", "alpha = 0.01 "), began)
    with pytest.raises(Conflict) as caught:
        copied.review.advice.save_rules(STRICT, began)
    mine, theirs = caught.value.difference["rules"]
    lines = compare_texts(theirs, mine)
    assert any(sign == "-" and "alpha = 0.01" in line for sign, line in lines)
    assert any(sign == "+" and "scale_return = 9999" in line for sign, line in lines)
    assert copied.review.rules().thresholds["alpha"] == 0.01
    assert copied.review.rules().thresholds["scale_return"] == 3.0


def test_a_viewer_changes_no_rule(walked: Project) -> None:
    with pytest.raises(NotAllowed):
        walked.review.advice.save_rules(STRICT)
    assert walked.review.rules().thresholds["scale_return"] == 3.0


def test_a_preview_says_what_would_change_and_stores_nothing(walked: Project) -> None:
    advice = walked.review.advice
    rows = advice.preview(LOOSE)
    then = advice.what_if(advice.read(LOOSE)).set_index("strategy_id")
    assert set(then["action"]) > set(rows["action"])
    for row in rows.to_dict("records"):
        assert row["action_after"] == then.at[row["strategy_id"], "action"]
        # Whose action changes is marked; so is whose next cards would.
        assert row["changes"] or row["action"] == row["action_after"]
    assert rows["changes"].any()
    assert not advice.preview(walked.review.rules())["changes"].any()
    assert not advice.path.exists()


def test_without_an_evaluation_there_is_nothing_to_preview(copied: Project) -> None:
    later = copied.open_cycle("2027 Q2", copied.cycle.snapshot_date)
    with pytest.raises(NotFound):
        later.review.advice.preview(STRICT)
    assert later.review.advice.changes().empty
    assert later.review.advice.scored_by() == {}


def test_what_is_compared_is_stored_beside_the_evaluation(copied: Project) -> None:
    material = copied.review.advice.material()
    assert {"parts", "tiers", "script_texts"} <= set(material.more)
    stored = copied.store.artefacts.latest("advice", copied.cycle.cycle_id)
    assert stored is not None
    assert stored.summary["evaluation"] == material.evaluation_id == copied.review.evaluation().artefact_id


# The next cycle ----------------------------------------------------------------------------


def test_the_second_cycle_differs_by_exactly_what_was_accepted(walked: Project) -> None:
    first = walked.at("2026 Q2")
    told = first.review.advice.changes()
    assert set(told["status"]) == {"accepted"}
    before, after = cards_of(first), cards_of(walked)
    # What the sample bank tries again by telephone is a new card with a name of its own.
    again = ~after["strategy_id"].isin(before["strategy_id"])
    assert after.loc[again, "name"].str.contains("phone").all()
    assert without_dates(compare_strategies(before, after[~again])) == without_dates(told)
    carried = walked.review.advice.carried()
    assert carried["holds"].all()
    assert set(carried["cycle_id"]) == {"2026 Q2"}
    learned = set(told.loc[told["field"].eq("prior_a"), "strategy_id"])
    scored = walked.review.advice.scored_by()
    assert learned
    assert all(scored[name] in ("review", "model") for name in learned & set(scored))
    assert "review" in scored.values()


def test_scores_without_a_model_are_those_of_the_learned_rate(walked: Project) -> None:
    cards = cards_of(walked).set_index("strategy_id")
    scored = walked.review.advice.scored_by()
    name = next(name for name, by in scored.items() if by == "review")
    scores = walked.strategy.scores()
    mine = scores.loc[scores["strategy_id"].eq(name), "propensity"]
    a, b = cards.loc[name, ["prior_a", "prior_b"]]
    assert mine.tolist() == pytest.approx([a / (a + b)] * len(mine))


def test_what_is_rejected_changes_nothing_but_dates(copied: Project) -> None:
    rows = copied.review.recommendations()
    one = rows.loc[rows["action"].ne("stop"), "strategy_id"].iloc[0]
    decide_all(copied, {one})
    after = cards_of(copied.at("2026 Q4"))
    difference = compare_strategies(cards_of(copied), after)
    changed = difference[~difference["field"].isin(["starts_on", "ends_on"])]
    assert set(changed["strategy_id"]) == {one}
    told = copied.review.advice.changes()
    assert without_dates(difference) == without_dates(told[told["status"].eq("accepted")])
    assert copied.at("2026 Q4").review.advice.carried()["strategy_id"].eq(one).all()


def test_a_decision_is_taken_back_with_a_reason(copied: Project) -> None:
    rows = copied.review.recommendations()
    decide_all(copied, set(rows["strategy_id"]))
    later, advice = copied.at("2026 Q4"), copied.review.advice
    for name in rows["recommendation_id"]:
        with pytest.raises(ParameterProblem, match="why"):
            advice.reopen(name, " ")
        advice.reopen(name, "the list had a fault")
    assert set(copied.review.recommendations()["status"]) == {"open"}
    difference = compare_strategies(
        cards_of(copied), cards_of(later).reindex(columns=cards_of(copied).columns)
    )
    assert without_dates(difference) == []
    log = copied.store.trail.audit_log()
    mine = log[log["action"].eq("recommendation.reopen")]
    assert len(mine) == len(rows)
    assert mine["ids"].astype(str).str.contains("the list had a fault").all()
    node = f"recommendation:{rows['recommendation_id'].iloc[0]}"
    assert copied.lineage().path(node, "cycle:2026 Q4") is None
    with pytest.raises(Conflict, match="still open"):
        advice.reopen(rows["recommendation_id"].iloc[0], "again")
    with pytest.raises(NotAllowed):
        wb.open_project(copied.folder, role="viewer").review.advice.reopen(
            rows["recommendation_id"].iloc[0], "x"
        )


def test_what_somebody_changed_meanwhile_is_not_taken_back(copied: Project) -> None:
    rows = copied.review.recommendations()
    row = rows[rows["action"].ne("stop")].iloc[0]
    copied.review.accept(row["recommendation_id"])
    later = copied.at("2026 Q4")
    card = later.strategy.card(row["strategy_id"])
    later.strategy.save_card({**card, "expected_response": 0.5}, int(card["row_version"]))
    with pytest.raises(ParameterProblem, match="expected_response"):
        copied.review.advice.reopen(row["recommendation_id"], "a fault")
    assert (
        copied.review.recommendations().set_index("recommendation_id").at[row["recommendation_id"], "status"]
        == "accepted"
    )
    carried = later.review.advice.carried().set_index("field")
    assert not carried.at["expected_response", "holds"]
    assert row["strategy_id"] not in [
        name for name, by in later.review.advice.scored_by().items() if by == "review"
    ]


def test_a_launched_cycle_keeps_what_opened_it(copied: Project) -> None:
    name = copied.at("2026 Q2").review.recommendations()["recommendation_id"].iloc[0]
    with pytest.raises(ParameterProblem):
        copied.review.advice.reopen(name, "too late")


def test_a_script_waits_until_somebody_confirms_it(copied: Project) -> None:
    rows = copied.review.advice.what_if(copied.review.rules()).to_dict("records")
    row = next(row for row in rows if row["action"] != "stop")
    change = json.loads(row["change"]) | {"script_version": "2", "script": "Good day, {name}."}
    copied.store.decisions.propose(
        copied.cycle.cycle_id,
        copied.review.evaluation().artefact_id,
        [{str(k): v for k, v in row.items()} | {"change": json.dumps(change)}],
    )
    copied.review.accept(f"2026 Q3 {row['strategy_id']}")
    later = copied.at("2026 Q4")
    name = str(row["strategy_id"])
    before = later.strategy.card(name)["script"]
    drafts = later.review.advice.script_drafts()
    assert drafts[["strategy_id", "script", "version", "draft"]].values.tolist() == [
        [name, before, "2", "Good day, {name}."]
    ]
    with pytest.raises(ParameterProblem, match="empty"):
        later.review.advice.confirm_script(name, "  ")
    later.review.advice.confirm_script(name)
    card = later.strategy.card(name)
    assert (card["script"], card["script_version"]) == ("Good day, {name}.", "2")
    assert later.review.advice.script_drafts().empty
    with pytest.raises(NotFound, match="no script"):
        later.review.advice.confirm_script(name)

"""Rules on the screen: which fired and why, thresholds tried out, the file edited, what changes."""

from __future__ import annotations

import re

import pytest

import workbench as wb
from workbench.review.rules import default_rules_text
from workbench.ui.screens.review import ReviewScreen
from workbench.ui.state.review import ReviewState
from workbench.ui.state.review_marks import review_marks

NASTY = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def seen(walked_folder):
    """Return the section's view as a viewer has it; read only, or put back."""
    return view_of(opened(wb.open_project(walked_folder, role="viewer")))


def opened(project, **traits):
    state = ReviewState(project, **traits)
    state.open_section("advice")
    return state


def view_of(state):
    return ReviewScreen(state)._sections["advice"]


def text(panel) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", panel.html)).replace("&#39;", "'")


def said(state) -> str:
    return state.t(state.banner.key, **state.banner.values)


def test_the_title_counts_what_the_rules_recommend(viewed, seen):
    state = seen.screen.state
    rows = viewed.review.recommendations()
    n = int(rows["action"].eq("undecided").sum())
    assert f"{n} can't be decided yet" in state.heading().title
    assert "Rules that come with the workbench" in state.heading().subtitle
    kpis = {kpi.label: kpi.value for kpi in state.kpis()}
    assert kpis["Undecided"] == str(n)
    assert len(kpis) == 6
    assert state.kpis()[-1].note == f"{len(rows)} wait for a decision"


def test_every_strategy_stands_beside_the_rule_that_fired(viewed, seen):
    rows = seen.state.words.rows()
    stored = viewed.review.recommendations().set_index("strategy_id")
    fired = {one["id"]: row["id"] for row in rows for one in row["strategies"]}
    assert fired == stored["rule"].to_dict()
    assert [row["id"] for row in rows] == [rule.id for rule in viewed.review.rules().rules]
    assert rows[2]["conditions"] == [
        "p after Holm below 0.05",
        "Uplift above 0",
        "Return on 1 spent at least 3.00",
    ]
    assert rows[2]["does"] == "list × 1.5; plans the response it learned"


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_a_viewer_opens_the_evidence_and_changes_nothing(viewed, lang):
    state = opened(viewed, lang=lang, mode="dark")
    view = view_of(state)
    name = viewed.review.recommendations()["strategy_id"].iloc[1]
    view.rules.press("choose", name)
    assert state.current_section.chosen == name
    shown = text(view.side)
    assert name in shown
    assert viewed.review.recommendations().set_index("strategy_id").at[name, "rule"] in shown
    whole = "".join(
        panel.html for panel in (view.rules, view.side, view.moved, view.changes, view.carried, view.editor)
    )
    assert not re.search(
        'data-action="(accept|reject|reopen|recommend|take|toggle|save-rules|confirm|overwrite)"', whole
    )
    assert view.editor_card.layout.display == "none"
    ids = viewed.customers(["customer_id"])["customer_id"]
    assert not any(str(each) in whole for each in ids.head(300))
    view.rules.press("choose", "nothing of the kind")
    assert state.current_section.chosen == name
    # What has no handler for this role does nothing, whoever reports it.
    view.editor.press("save-rules", "", {"text": "[thresholds]"})
    view.side.press("accept", f"2026 Q3 {name}")
    assert set(viewed.review.recommendations()["status"]) == {"open"}


def test_a_viewer_sees_no_figure_of_a_small_cell_nor_what_tells_it(viewed, seen):
    section = seen.state
    minimum = viewed.settings.small_cell
    hidden = 0
    for name, figures in section.figures.items():
        shown = section.shown(name)
        assert all(
            not 0 < value < minimum for key, value in shown.items() if key.startswith("n_") or key == "n"
        )
        if 0 < figures["n_responded"] < minimum:
            hidden += 1
            assert not {"mean", "control_mean", "lift", "posterior_mean", "posterior_a"} & set(shown)
            section.choose(name)
            detail = section.words.detail()
            assert detail["rate"] is None
            told = f"{figures['posterior_mean']:.1%}"
            assert not any(told in row["after"] for row in section.differences.of(name))
            assert told not in str(detail)
            assert told not in "".join(
                row["change"] for row in section.screen.decisions.rows() if name in row["id"]
            )
    assert hidden
    # That something would change is said all the same.
    assert "hidden" in text(seen.changes)
    told = viewed.review.advice.changes()["strategy_id"].nunique()
    assert f"changes in the next cycle: {told}" in text(seen.changes)


def test_a_moved_threshold_shows_what_would_change_and_stores_nothing(viewed, seen):
    view, section = seen, seen.state
    before = view.sliders.html
    assert "Move a threshold" in text(view.moved)
    view.sliders.press("threshold-min_expected_count", "0")
    view.sliders.press("threshold-alpha", "0.25")
    changes = section.what_if.changes()
    told = viewed.review.advice.preview(
        viewed.review.rules().with_thresholds(min_expected_count=0, alpha=0.25)
    )
    assert [row["id"] for row in changes] == list(told.loc[told["changes"], "strategy_id"])
    assert changes
    assert f"{len(changes)} of {len(told)} recommendations would change" in text(view.moved)
    # The slider under the hand stays as it is.
    assert view.sliders.html == before
    assert not viewed.review.advice.path.exists()
    view.moved.press("reset")
    assert section.what_if.values == {}
    assert "Move a threshold" in text(view.moved)
    for wrong in ("nan", "much", "1e400"):
        view.sliders.press("threshold-alpha", wrong)
    assert section.what_if.values == {}


def test_the_chart_shows_strategies_with_a_return(viewed, seen):
    section = seen.state
    rows = section.chart().set_index("strategy_id")
    overall = viewed.review.evaluation().overall
    known = overall[overall["arm"].eq("treatment") & overall["outcome"].eq("responded")]
    known = known[known["return_on_cost"].notna() & known["uplift"].notna()].set_index("strategy_id")
    assert set(rows.index) == set(known.index)
    assert rows["value"].to_dict() == pytest.approx(known["return_on_cost"].to_dict())
    title, subtitle = section.chart_words()
    assert f"of {len(rows)} strategies" in title
    assert "95%" in subtitle


def test_what_acceptance_changes_stands_beside_what_the_review_before_changed(viewed, seen):
    view = seen
    assert "Strategies that acceptance changes" in text(view.changes)
    carried = viewed.review.advice.carried()
    n = carried["strategy_id"].nunique()
    assert f"{n} strategies came from the review of 2026 Q2" in text(view.carried)
    assert "What this cycle's plan scores by" in text(view.carried)
    assert "The rate that the review left" in text(view.carried)


def test_an_analyst_decides_and_takes_it_back_where_the_figures_are(walked):
    state = opened(walked)
    view, section = view_of(state), state.current_section
    first, second = list(section.figures)[:2]
    view.rules.press("choose", first)
    view.side.press("accept", f"2026 Q3 {first}")
    assert "accepted" in text(view.side)
    assert "Accepted changes are in cycle 2026 Q4" in text(view.changes)
    view.rules.press("choose", second)
    view.side.press("reject", f"2026 Q3 {second}", {"reason": f"because {NASTY}"})
    assert NASTY not in view.side.html
    assert "because" in text(view.side)
    view.side.press("reopen", f"2026 Q3 {second}", {"reason": " "})
    assert "Say why" in said(state)
    view.side.press("reopen", f"2026 Q3 {second}", {"reason": "a fault in the list"})
    assert said(state) == f"{second} is open again; the next cycle is as it was before."
    statuses = walked.review.recommendations().set_index("strategy_id")["status"]
    assert (statuses[first], statuses[second]) == ("accepted", "open")


def test_the_rules_are_edited_checked_and_saved(walked):
    state = opened(walked)
    view, section = view_of(state), state.current_section
    view.editor.press("toggle")
    assert "[thresholds]" in view.editor.html
    whole = view.editor.html
    broken = default_rules_text().replace(
        'op = ">=", threshold = "scale_return"', 'op = ">=", threshold = "x"'
    )
    view.editor.press("text", broken)
    line = next(n for n, each in enumerate(broken.splitlines(), 1) if 'threshold = "x"' in each)
    assert f"line {line}: rule R1: there is no threshold x" in text(view.check)
    # The field is not painted anew while somebody types in it.
    assert view.editor.html == whole
    view.editor.press("save-rules", "", {"text": broken})
    assert "no threshold x" in said(state)
    assert not walked.review.advice.path.exists()
    # Another kernel finds the text as it was left.
    again = opened(wb.open_project(walked.folder, role="analyst")).current_section
    assert again.editor.typed == broken
    fits = default_rules_text().replace("min_expected_count = 5", "min_expected_count = 0")
    view.editor.press("text", fits)
    assert "The text can be saved" in text(view.check)
    view.editor.press("save-rules", "", {"text": fits, "note": "small lists"})
    assert state.banner.kind == "done"
    assert walked.review.rules().thresholds["min_expected_count"] == 0
    assert section.draft() is None
    assert "small lists" in text(view.check)
    assert "earlier version of the rules" in text(view.rules)
    view.rules.press("recommend")
    assert state.jobs.wait()
    assert "earlier version of the rules" not in text(view.rules)
    version = walked.review.advice.rule_versions()["version"].iloc[0]
    view.check.press("bring-back", str(version))
    assert section.editor.typed == default_rules_text()
    view.editor.press("give-up")
    assert section.editor.typed == fits


def test_moved_thresholds_are_written_into_the_text_and_not_saved(walked):
    state = opened(walked)
    view, section = view_of(state), state.current_section
    view.sliders.press("threshold-scale_return", "4.5")
    view.moved.press("take")
    assert "scale_return = 4.5      # return on 1 spent" in section.editor.typed
    assert "The text can be saved" in text(view.check)
    assert not walked.review.advice.path.exists()


def test_the_second_of_two_editors_sees_both_texts(walked):
    state = opened(walked)
    view = view_of(state)
    view.editor.press("toggle")
    mine = default_rules_text().replace("scale_return = 3.0", "scale_return = 7.0")
    view.editor.press("text", mine)
    walked.review.advice.save_rules(default_rules_text().replace("alarm = 0.001", "alarm = 0.002"))
    view.editor.press("save-rules", "", {"text": mine})
    assert "Somebody else changed the rules" in said(state)
    assert "alarm = 0.002" in text(view.check)
    assert "scale_return = 7.0" in text(view.check)
    assert walked.review.rules().thresholds["scale_return"] == 3.0
    view.check.press("overwrite")
    assert walked.review.rules().thresholds["scale_return"] == 7.0
    assert walked.review.rules().thresholds["alarm"] == 0.001


def test_a_mistake_in_the_file_is_said_and_stops_nothing(walked):
    walked.review.advice.path.write_text("[thresholds]\nalpha = 'low'\n", encoding="utf-8")
    for role in ("analyst", "viewer"):
        view = view_of(opened(wb.open_project(walked.folder, role=role)))
        assert "threshold alpha must be a number" in text(view.rules)
        assert "stand in here" in text(view.rules)
    walked.review.advice.path.write_bytes(b"\xff\xfe\xff")
    assert "not UTF-8" in text(view_of(opened(walked)).rules)


def test_without_an_evaluation_it_is_said_what_to_do(walked, tmp_path):
    later = walked.open_cycle("2027 Q2", walked.cycle.snapshot_date)
    state = opened(later)
    view = view_of(state)
    assert state.heading().title
    assert state.kpis() == []
    assert "15 rules" in text(view.rules)
    empty = opened(wb.create_project(tmp_path / "empty"))
    assert "Nothing is evaluated" in empty.heading().title
    view_of(empty)


def test_an_older_evaluation_without_comparisons_still_opens(walked):
    artefacts = walked.store.artefacts
    latest = artefacts.latest

    def without(kind, *rest, **named):
        return None if kind == "advice" else latest(kind, *rest, **named)

    artefacts.latest = without
    section = opened(walked).current_section
    assert section.figures
    assert "tiers" not in section.handle.material().more


@pytest.mark.parametrize(
    ("lang", "title"), [("en", "From the review of 2026 Q2"), ("zh_CN", "来自 2026 Q2 周期的回检")]
)
def test_cards_of_the_next_cycle_say_what_came_from_the_review(viewed, lang, title):
    from workbench.ui.screens.strategy import StrategyScreen
    from workbench.ui.state.strategy import StrategyState

    state = StrategyState(viewed, lang=lang)
    carried = viewed.review.advice.carried()
    name = str(carried["strategy_id"].iloc[0])
    state.choose(name)
    state.open_section("cards")
    shown = text(StrategyScreen(state)._sections["cards"].detail)
    assert title in shown
    after = carried[carried["strategy_id"].eq(name) & carried["field"].eq("expected_response")]["after"].iloc[
        0
    ]
    assert f"{after:.1%}" in shown
    assert not review_marks(viewed.at("2026 Q2"), lang)

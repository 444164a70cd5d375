"""Launch on the screen: who asks, who decides, what a reader sees, and the files."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.project import Project
from workbench.strategy import hash_targets
from workbench.strategy.fairness import check_fairness
from workbench.ui.screens.strategy import StrategyScreen
from workbench.ui.state.sections.launch_fairness import hide_small_groups
from workbench.ui.state.strategy import StrategyState

NASTY = "=cmd|' /C calc'!A0 <script>alert(1)</script>"


@pytest.fixture(scope="module")
def prepared(walked_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cycle with a plan and without lists, where more than 20 customers take two people."""
    folder = tmp_path_factory.mktemp("launch") / "bank"
    shutil.copytree(walked_folder, folder)
    settings = folder / "project.toml"
    settings.write_text(settings.read_text("utf-8").replace("four_eyes = 1000", "four_eyes = 20"), "utf-8")
    project = wb.open_project(folder)
    before = project.insight.segmentation()
    following = project.open_cycle("Spring", "2026-09-30")
    customers = following.customers()
    features = wb.build_features(customers)
    following.insight.approve(wb.Segmenter(n_clusters=len(before.segments)).fit(features), features)
    members = following.insight.segmentation().membership
    drafts = wb.suggest_strategies(customers, members, starts_on="2026-10-12", control_share=0.25)
    following.strategy.save(drafts.head(3).assign(name=NASTY, contact_policy=""))
    following.strategy.approve()
    return folder


@pytest.fixture
def fresh(prepared: Path, tmp_path: Path) -> Project:
    shutil.copytree(prepared, tmp_path / "bank")
    return wb.open_project(tmp_path / "bank", who="lin")


def opened(project: Project, **traits: str) -> tuple[StrategyState, StrategyScreen]:
    state = StrategyState(project, **traits)
    state.open_section("launch")
    return state, StrategyScreen(state)


def as_person(project: Project, who: str, role: str) -> Project:
    return wb.open_project(project.folder, role=role, who=who, cycle=project.cycle.cycle_id)


def section(screen: StrategyScreen):
    return screen._sections["launch"]


def actions(state: StrategyState) -> list[str]:
    return [button.action for button in state.heading().buttons]


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_a_reader_sees_the_state_and_the_fairness_and_no_control_that_writes(viewed, lang):
    state, screen = opened(viewed, lang=lang, mode="dark")
    n = len(viewed.strategy.targets())
    assert state.current_section.n == n
    assert len(state.kpis()) == 6
    assert actions(state) == []
    view = section(screen)
    assert view.fair.layout.display != "none"
    assert view.files_card not in screen.grid.children
    everything = "".join(p.html for p in (view.fair_head, view.fair_table, view.lists, view.eyes))
    for action in ("approve", "refuse", "withdraw", "export", "submit"):
        assert f'data-action="{action}"' not in everything
    ids = viewed.strategy.targets()["customer_id"]
    assert not any(str(name) in everything for name in ids.head(300))
    assert 'class="py"' not in everything


def test_small_groups_are_hidden_from_readers_and_not_from_analysts(viewed, walked):
    hidden = opened(viewed)[0].current_section.figures
    whole = opened(walked)[0].current_section.figures
    for base in whole.bases():
        for strategy in whole.strategies():
            for figures in (hidden, whole):
                figures.choose_base(base)
                figures.choose_strategy(strategy)
            shown = hidden.table()
            there = shown[~shown["hidden"]]
            passed_over = there["n"] - there["n_selected"]
            for counts in (there["n"], there["n_selected"], passed_over):
                assert not counts.astype("int64").between(1, viewed.small_cell - 1).any()
            assert shown.loc[shown["hidden"], ["n", "n_selected", "rate", "ratio"]].isna().all(axis=None)
            assert not whole.table()["hidden"].any()


def test_small_lists_and_strata_are_hidden_from_who_decides(fresh):
    fresh.strategy.request_launch(fresh.strategy.select(150))
    decider = opened(as_person(fresh, "wang", "contributor"))[0].current_section
    rows, whole = decider.list_rows(), opened(fresh)[0].current_section.list_rows()
    assert [row["name"] for row in rows] == [row["name"] for row in whole]
    assert not any(row["hidden"] for row in whole)
    assert any(row["hidden"] for row in rows)
    for row in rows:
        for one in (row, *row["strata"]):
            small = [0 < n < 11 for n in (one["n_control"], one["n"] - one["n_control"])]
            assert one["hidden"] or not any(small)


def test_what_is_hidden_can_not_be_worked_out():
    rng = np.random.default_rng(0)
    customers = pd.DataFrame(
        {
            "customer_id": [f"{i:04d}" for i in range(900)],
            "gender": rng.choice(["F", "M"], 900),
            "region": rng.choice(["A", "B", "C", "D"], 900, p=[0.5, 0.4, 0.09, 0.01]),
        }
    )
    on = customers[rng.random(900) < 0.2]
    targets = on.assign(strategy_id=rng.choice(["S1", "S2", "S3"], len(on)))
    frame = check_fairness(targets, customers, by=["gender", "region"])
    shown = hide_small_groups(frame, 11)
    assert shown["hidden"].any()
    assert not shown["hidden"].all()
    regions = shown[shown["attribute"].eq("region")]
    # Of no strategy is one group alone hidden, and of no group one strategy alone:
    # either would be the total less the rest.
    by_strategy = regions.groupby("strategy_id")["hidden"].sum()
    assert not by_strategy.eq(1).any()
    by_group = regions.groupby("group")["hidden"].sum()
    assert not by_group.eq(1).any()
    blocks = shown.groupby(["strategy_id", "attribute"])
    for _, block in blocks:
        if block.loc[block["reference"], "hidden"].any():
            assert block["ratio"].isna().all()


def test_an_analyst_asks_a_second_person_approves_and_the_same_lists_are_launched(fresh, text):
    state, screen = opened(fresh)
    kept = state.current_section
    assert (kept.subject, kept.needs_second()) == ("draft", True)
    assert "takes a second person" in state.heading().title
    sha256 = kept.selection.sha256
    section(screen).eyes.press("submit", "", {"note": "<b>spring</b> campaign"})
    assert state.jobs.wait()
    assert kept.subject == "requested"
    assert state.banner.key == "strategy_launch.done.requested"
    assert actions(state) == []
    # The overview's button leads here, too.
    state.open_section("overview")
    assert [(b.action, b.value) for b in state.heading().buttons][-1] == ("section", "launch")
    state.open_section("launch")
    # Who asked can't decide, neither by a control nor by a message.
    view = section(screen)
    assert "You asked for this yourself (lin)" in text(view.eyes)
    assert 'data-action="approve"' not in view.eyes.html
    view.eyes.press("approve", "", {"note": ""})
    assert state.banner.key == "strategy_launch.error.same_person"

    other, page = opened(as_person(fresh, "wang", "contributor"))
    eyes = section(page).eyes
    assert "&lt;b&gt;spring&lt;/b&gt;" in eyes.html
    assert 'data-action="withdraw"' not in eyes.html
    eyes.press("approve", "", {"note": "seen"})
    assert other.banner.key == "strategy_launch.done.approved"
    other.current_section.launch()
    assert other.jobs.wait()
    assert other.banner.key == "store.error.not_allowed"

    state.reload()
    assert actions(state) == ["launch-approved"]
    screen.title.press("launch-approved", "", {})
    assert state.jobs.wait()
    assert state.banner.key == "strategy.done.lists"
    assert hash_targets(fresh.strategy.targets()) == sha256
    assert "approved by a second person" in state.heading().title
    words = [step["who"] for step in kept.history()]
    assert words == ["lin", "wang", "lin"]
    assert "<script" not in section(screen).lists.html


def test_a_viewer_decides_nothing_by_message_either(fresh, text):
    fresh.strategy.request_launch(fresh.strategy.select(150))
    state, screen = opened(as_person(fresh, "wang", "viewer"))
    eyes = section(screen).eyes
    assert 'data-action="approve"' not in eyes.html
    assert "lin" not in text(eyes).split("History")[1]
    for action in ("approve", "refuse"):
        eyes.press(action, "", {"note": "x"})
        assert state.banner.key == "store.error.not_allowed"
    assert fresh.strategy.launch_requests()["status"].tolist() == ["requested"]


def test_a_refusal_needs_a_reason_and_is_read_by_who_asked(fresh, text):
    fresh.strategy.request_launch(fresh.strategy.select(150))
    state, screen = opened(as_person(fresh, "wang", "contributor"))
    section(screen).eyes.press("refuse", "", {"note": " "})
    assert state.banner.key == "strategy_launch.error.refusal_reason"
    section(screen).eyes.press("refuse", "", {"note": "Too many in one region"})
    assert state.banner.key == "strategy_launch.done.refused"
    again, page = opened(fresh)
    assert "Too many in one region" in text(section(page).eyes)
    assert again.current_section.subject == "draft"


def test_a_stale_request_says_so_and_can_be_withdrawn(fresh, text):
    fresh.strategy.request_launch(fresh.strategy.select(150))
    fresh.strategy.approve({"expected_value": 1.0})
    state, screen = opened(fresh)
    assert "stale" in state.heading().title
    assert "newer plan" in text(section(screen).eyes)
    other, page = opened(as_person(fresh, "wang", "contributor"))
    assert 'data-key="la-approve"' not in section(page).eyes.html
    section(page).eyes.press("approve", "", {})
    assert other.banner.key == "strategy_launch.error.stale_plan"
    section(screen).eyes.press("withdraw", "", {})
    assert state.banner.key == "strategy_launch.done.withdrawn"
    assert state.current_section.subject == "draft"


def test_few_customers_are_launched_by_one_person(fresh):
    state, screen = opened(fresh)
    state.limit("15")
    state.load()
    assert actions(state) == ["submit"]
    assert state.heading().buttons[0].label == "Launch the lists"
    screen.title.press("submit", "", {})
    assert state.jobs.wait()
    assert state.banner.key == "strategy.done.lists"
    assert 0 < len(fresh.strategy.targets()) <= 15


def test_the_overviews_button_asks_where_it_takes_two(fresh):
    state = StrategyState(fresh)
    assert state.heading().buttons[-1].label == "Ask a second person"
    state.launch()
    assert state.jobs.wait()
    assert state.banner.key == "strategy_launch.done.requested"
    assert fresh.strategy.lists().empty


def test_an_analyst_exports_a_list_and_sees_where_it_is(fresh, text):
    fresh.strategy.launch(fresh.strategy.select(20))
    state, screen = opened(fresh)
    list_id = fresh.strategy.lists()["list_id"].iloc[0]
    files = section(screen).files
    assert "project.strategy.export(" in files.html
    files.press("export", "", {"list": list_id, "format": "xlsx", "whole": "1", "reason": ""})
    assert state.jobs.wait()
    assert state.banner.key == "strategy_launch.error.export_reason"
    files.press("export", "", {"list": list_id, "format": "csv", "reason": ""})
    assert state.jobs.wait()
    assert state.banner.key == "strategy_launch.done.exported"
    assert state.current_section.exported in text(files)
    assert Path(state.current_section.exported).is_file()


def test_without_lists_a_reader_is_told_what_comes_first(fresh, text):
    for role in ("viewer", "contributor"):
        state, screen = opened(as_person(fresh, "wang", role))
        assert state.heading().title == "No list is launched in this cycle, and none waits"
        assert "An analyst approves a plan" in text(section(screen).missing)
        assert state.kpis() == []


def test_without_age_gender_and_region_it_is_said(walked, monkeypatch, text):
    monkeypatch.setattr(type(walked.strategy.fairness), "launched", lambda self: None)
    _, screen = opened(walked)
    assert "neither age, gender nor region" in text(section(screen).fair_head)


@pytest.mark.parametrize(
    ("older", "lang", "words"),
    [
        (0.1, "en", "Customers aged 65 and over are selected 0.2"),
        (0.1, "zh_CN", "65 岁及以上客户被选中的频率为"),
        (0.4, "en", "None of"),
    ],
)
def test_the_finding_follows_the_figures(viewed, older, lang, words):
    state = StrategyState(viewed, lang=lang)
    state.open_section("launch")
    figures = state.current_section.figures
    rng = np.random.default_rng(1)
    customers = pd.DataFrame(
        {
            "customer_id": [f"{i:05d}" for i in range(6_000)],
            "age": rng.integers(18, 85, 6_000),
            "gender": rng.choice(["F", "M"], 6_000),
        }
    )
    hit = rng.random(6_000) < np.where(customers["age"] >= 65, older, 0.4)
    table = check_fairness(customers[hit].assign(strategy_id="S1"), customers)
    object.__setattr__(figures.found, "table", table)
    figures._shown = {}
    figures.base, figures.strategy = "all", ""
    assert words in figures.title()
    assert figures.below()[0] == (older < 0.4)

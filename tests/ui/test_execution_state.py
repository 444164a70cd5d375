"""The execution screen's state against the room's own functions, and what a viewer may not see."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

import workbench as wb
from workbench.errors import WorkbenchError
from workbench.execution import count_days, count_dispositions, summarise_progress
from workbench.ui.state import guard
from workbench.ui.state.execution import ExecutionState
from workbench.ui.state.execution_hidden import COUNTS, Hiding, hide_dispositions


@pytest.fixture
def state(walked):
    return ExecutionState(walked)


@pytest.fixture
def plain(tmp_path):
    """Return a bank that has nothing but customers, with launched lists that nobody has begun."""
    folder = tmp_path / "people"
    folder.mkdir()
    rows = "\n".join(f"{i},P,{25 + i % 50},{1000 * (i % 7) + 400 * (i % 50)}.50" for i in range(1, 301))
    (folder / "people.csv").write_text(f"id,type,age,balance\n{rows}\n", encoding="utf-8")
    (folder / "mapping.toml").write_text(
        '[[file]]\npattern = "people.csv"\ntable = "customers"\n[file.columns]\n'
        'customer_id = { from = "id", pad = 6 }\n'
        'kind = { from = "type", codes = { P = "retail" } }\n'
        'age = "age"\nbalance_total = { from = "balance", type = "number" }\n',
        encoding="utf-8",
    )
    project = wb.create_project(tmp_path / "plain")
    project.import_files(folder, snapshot_date="2026-09-30")
    project.walk(k=2, k_range=range(2, 4), embedding=None, sample_size=200, list_size=60)
    return project


# Figures -------------------------------------------------------------------------------


def test_figures_are_the_rooms_own(state):
    project, day = state.project, state.today
    cards, targets = project.strategy.launched_cards(), project.strategy.targets()
    contacts, outcomes = project.execution.contacts(), project.execution.outcomes()
    progress = summarise_progress(targets, contacts, outcomes, cards, today=day)
    columns = list(progress.columns)
    pd.testing.assert_frame_equal(state.rows()[columns].reset_index(drop=True), progress)
    days = count_days(targets, contacts, outcomes, cards, today=day)
    pd.testing.assert_frame_equal(state.days(), days)
    assert days["contacted"].iloc[-1] == progress["contacted"].sum()
    assert days["responded"].iloc[-1] == progress["responded"].sum()
    assert state.dispositions()["n"].tolist() == count_dispositions(contacts)["n"].tolist()
    shown = dict(zip([kpi.label for kpi in state.kpis()], state.kpis(), strict=True))
    assert shown["Responded"].exact == f"{progress['responded'].sum():,}"
    assert shown["On the lists"].exact == f"{len(targets):,}"


def test_the_day_follows_contacts_that_lie_ahead_of_the_clock(state):
    project = state.project
    last = max(
        project.execution.contacts()["contacted_at"].max(), project.execution.outcomes()["recorded_at"].max()
    )
    clock = project.store.database.clock().date()
    assert project.execution.day() == max(clock, last.date())
    assert project.execution.day("2026-10-20") == dt.date(2026, 10, 20)


def test_filters_leave_their_strategies_and_only_those(state):
    row = state.progress_rows.iloc[0]
    state.strategy = row["strategy_id"]
    assert state.rows()["strategy_id"].tolist() == [row["strategy_id"]]
    assert state.total("contacted") == row["contacted"]
    assert state.days()["contacted"].max() == row["contacted"]
    assert "1 list ·" in state.heading().subtitle
    assert state.hint() == f"wb.ui.execution(project, strategy='{row['strategy_id']}')"
    state.strategy, state.segment = "", row["segment"]
    assert set(state.rows()["segment"]) == {row["segment"]}
    state.channel = next(c for c in ("phone", "sms", "app", "branch", "email", "") if c != row["channel"])
    if state.rows().empty:
        assert state.heading().title == "No strategy matches these filters"
        assert state.kpis()[1].value == "–"


def test_the_title_says_who_is_behind(state):
    rows = state.progress_rows
    assert "no strategy is behind plan" in state.heading().title or "behind" in state.heading().title
    first = rows["strategy_id"].iloc[0]
    state.progress_rows = rows.assign(pace=["behind"] + ["on_plan"] * (len(rows) - 1))
    state.kept.clear()
    assert f"{first} is behind plan" in state.heading().title
    state.progress_rows = rows.assign(pace="behind")
    state.kept.clear()
    assert f"{len(rows)} of {len(rows)} strategies are behind plan" in state.heading().title
    state.choose_language("zh_CN")
    assert "落后于计划" in state.heading().title


def test_contacts_before_the_end_are_running_and_not_over(state):
    state.today = dt.date(2026, 10, 20)
    assert "is contacted;" in state.heading().title
    assert state.kpis()[-1].note.startswith("until")
    state.today = dt.date(2026, 1, 1)
    assert state.kpis()[-1].note.startswith("begins")


# Work ----------------------------------------------------------------------------------


def test_the_worklist_is_masked_and_without_the_control(state):
    waiting = state.work.waiting()
    targets = state.targets.set_index(["list_id", "customer_id"])["arm"]
    assert len(waiting)
    assert {targets[key] for key in zip(waiting["list_id"], waiting["customer_id"], strict=True)} == {
        "treatment"
    }
    shown = str(state.work.rows())
    assert not any(one in shown for one in waiting["customer_id"])
    assert all("****" in row["masked"] for row in state.work.rows())


def test_recording_changes_the_figures_at_once_and_takes_the_next(state):
    work = state.work
    first, before = work.current(), state.total("responded")
    n, tries = work.n_waiting(), len(state.contacts)
    work.record(
        first["mark"],
        {"disposition": "reached", "responded": "yes", "amount": "12,500", "note": "call again"},
    )
    assert state.total("responded") == before + 1
    assert len(state.contacts) == tries + 1
    assert work.n_waiting() == n - 1
    assert work.current()["mark"] != first["mark"]
    assert state.banner.kind == "done"
    assert first["customer_id"] not in str(state.banner)
    stored = state.project.execution.outcomes()
    mine = stored[stored["customer_id"].eq(first["customer_id"]) & stored["source"].eq("worklist")].iloc[0]
    assert (mine["amount"], mine["note"]) == (12500.0, "call again")


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"disposition": "reached", "responded": "yes", "amount": "many"}, "execution.error.amount"),
        ({"disposition": "reached", "responded": "no", "amount": "5"}, "execution.error.amount_without_yes"),
        ({"disposition": "reached", "note": "remember me"}, "execution.error.note"),
        ({"disposition": "sold!"}, "execution_room.error.disposition"),
    ],
)
def test_what_would_be_lost_or_wrong_is_refused_and_nothing_recorded(state, fields, key):
    tries = len(state.contacts)
    state.guard(state.work.record, state.work.current()["mark"], fields)
    assert state.banner.key == key
    assert len(state.project.execution.contacts()) == tries


def test_a_mark_of_another_sitting_means_nothing(state):
    other = ExecutionState(state.project).work.current()["mark"]
    state.guard(state.work.record, other, {"disposition": "reached"})
    assert state.banner.key == "execution.error.unknown_row"
    state.work.choose(other)
    assert state.work.current()["mark"] == state.work.rows()[0]["mark"]


def test_a_chosen_customer_comes_to_hand_with_the_script(state):
    row = state.work.rows()[2]
    state.work.choose(row["mark"])
    current = state.work.current()
    assert current["mark"] == row["mark"]
    assert "{name}" not in current["script"]
    assert state.work.rows()[2]["is_current"]
    assert f".iloc[{current['priority'] - 1}]" in state.work.record_hint()


def test_a_closed_cycle_is_read_and_not_worked(state):
    state.choose_cycle(state.cycle_names()[-1])
    assert state.project.cycle.state == "closed"
    assert state.is_ready
    assert not state.work.is_open
    state.guard(state.work.record, "x", {"disposition": "reached"})
    assert state.banner.key == "execution.error.not_worked"


# Files -------------------------------------------------------------------------------


def test_files_that_an_import_has_read_are_not_offered(state):
    names = state.project.execution.inbox_files()["file"].tolist()
    assert names
    assert all(name.startswith("outcomes/") for name in names)


# Viewers -------------------------------------------------------------------------------


def test_a_viewer_gets_no_single_customer(viewed):
    state = ExecutionState(viewed)
    assert state.work.people.empty
    with pytest.raises(WorkbenchError):
        state.work.waiting()
    assert not state.may("contributor")


def test_a_viewers_small_counts_are_hidden_and_cant_be_worked_out():
    progress = pd.DataFrame(
        {
            "strategy_id": ["S1", "S2", "S3"],
            "treatment": [100, 200, 300],
            "control": [50, 60, 70],
            "contacted": [90, 150, 200],
            "reached": [80, 100, 150],
            "responded": [4, 30, 40],
            "control_contacted": [0, 0, 0],
            "control_responded": [2, 3, 1],
            **{name: [1.0] * 3 for name in ("listed", "due", "contact_rate", "reach_rate", "rate")},
            **{name: [1.0] * 3 for name in ("rate_low", "rate_high", "expected", "amount", "control_rate")},
        }
    )
    hiding = Hiding.of(progress, 11)
    shown = hiding.apply(progress)
    # One small count of a published total needs a second that is hidden with it.
    assert shown["responded"].isna().tolist() == [True, True, False]
    assert shown["rate"].isna().tolist() == [True, True, False]
    assert shown["amount"].isna().tolist() == [True, True, False]
    assert not shown["contacted"].isna().any()
    assert hiding.total(progress, "responded", complete=True) == 74
    # The total of a filtered part would give the hidden count away.
    assert hiding.total(progress.iloc[:1], "responded", complete=False) is None
    assert hiding.total(progress.iloc[[0, 2]], "responded", complete=False) is None
    assert hiding.total(progress.iloc[2:], "responded", complete=False) == 40
    assert shown["control_responded"].isna().all()
    assert Hiding.of(progress.iloc[:0], 11) == Hiding()


def test_of_a_list_too_small_a_viewer_learns_nothing(viewed):
    whole = ExecutionState(viewed).progress_rows
    tiny = whole.assign(treatment=[5, *whole["treatment"].iloc[1:]], control=[3, *whole["control"].iloc[1:]])
    shown = Hiding.of(tiny, 11).apply(tiny)
    assert shown.loc[shown.index[0], [*COUNTS, "treatment", "due"]].isna().all()


def test_each_half_of_the_dispositions_hides_for_itself():
    rows = pd.DataFrame(
        {
            "disposition": ["reached", "no_answer", "refused", "callback", "wrong_number"],
            "reached": [True, False, True, True, False],
            "n": [300, 90, 40, 2, 20],
            "share": [0.6, 0.2, 0.1, 0.01, 0.05],
        }
    )
    shown = hide_dispositions(rows, 11)
    assert shown["n"].isna().tolist() == [False, False, True, True, False]
    assert shown["share"].isna().tolist() == shown["n"].isna().tolist()
    assert shown["disposition"].tolist() == rows["disposition"].tolist()


def test_a_viewers_days_are_of_all_lists_whatever_the_filter(viewed):
    state = ExecutionState(viewed)
    before = state.days()
    state.strategy = state.progress_rows["strategy_id"].iloc[0]
    pd.testing.assert_frame_equal(state.days(), before)


# Other projects ------------------------------------------------------------------------


def test_lists_that_nobody_began_say_so(plain):
    state = ExecutionState(plain)
    assert guard.UNEXPECTED == []
    assert state.heading().title.startswith("None of")
    assert state.kpis()[3].note == ""
    assert state.work.n_waiting() == state.total("treatment")
    assert all("****" in row["masked"] for row in state.work.rows())
    state.work.record(state.work.current()["mark"], {"disposition": "no_answer"})
    assert state.total("contacted") == 1
    assert state.total("reached") == 0


def test_an_empty_project_is_no_error(tmp_path):
    state = ExecutionState(wb.create_project(tmp_path / "empty"))
    assert state.banner is None
    assert not state.is_ready
    assert "02_strategy" in state.heading().subtitle
    assert state.kpis() == []


def test_names_that_nobody_edited_follow_the_language(walked):
    state = ExecutionState(walked)
    english = list(state.progress_rows["name"])
    state.lang = "zh_CN"
    assert all(name not in set(state.progress_rows["name"]) for name in english)
    state.lang = "en"
    assert list(state.progress_rows["name"]) == english

"""The pace on the screen: who sees which figures, the control charts, and the ways out of an alert."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import workbench as wb
from workbench.execution import coarsen_days
from workbench.insight import hide_small_cells
from workbench.ui.screens.execution import ExecutionScreen
from workbench.ui.state.execution_hidden import Hiding
from workbench.ui.state.sections.pace_hidden import coarse_steps, hide_pace


def shown(opened, project, **traits):
    state = opened(project, **traits)
    return state, ExecutionScreen(state)._sections["pace"], state.current_section


def broken(project) -> str:
    """Let everybody whom one strategy's last days spoke to refuse, and return the strategy."""
    contacts = project.execution.contacts()
    busiest = str(contacts["strategy_id"].value_counts().index[0])
    later = contacts[contacts["strategy_id"].eq(busiest)].sort_values("contacted_at").tail(40)
    rows = [
        {**{str(name): value for name, value in row.items()}, "disposition": "refused"}
        for row in later.to_dict("records")
    ]
    again = [
        {**row, "contact_id": f"{row['contact_id']}-{n}", "contacted_at": pd.Timestamp("2026-11-18 10:00")}
        for n, row in enumerate(rows)
    ]
    project.execution._results.add(again, [])
    return busiest


def test_a_manager_reads_sums_and_no_day_of_few_customers(opened, viewed, text):
    state = opened(viewed, mode="dark")
    section = state.current_section
    assert section.groups() == ["strategy", "branch", "channel", "day"]
    section.choose_group("person")
    assert section.by == "strategy"
    minimum = state.minimum
    known = viewed.execution.pace.compare()
    for by in section.groups():
        section.choose_group(by)
        counts = section.rows()["contacted"].dropna()
        assert not counts.between(1, minimum - 1).any()
        assert len(counts)
    view = ExecutionScreen(state)._sections["pace"]
    assert section.points().empty
    assert "too few customers to publish" in text(view.alerts)
    assert view.limits_head.html == ""
    assert "project.execution" not in view.plan_head.html + view.alerts.html
    # What the overview hides by strategy stays hidden here.
    view.bar.press("group", "strategy")
    hidden = {strategy for strategy, column in state.hiding.cells if column == "contacted"}
    mine = section.rows().set_index("member")["contacted"]
    assert set(mine.index[mine.isna()]) == hidden
    assert mine.dropna().to_dict() == known.set_index("member")["contacted"].drop(list(hidden)).to_dict()
    assert section.rows()[["reached", "refused", "responded", "tries", "rate_low"]].isna().all(axis=None)
    # Filters leave strategies out of the list, and change no sum over all.
    before = section.whole()["contacted"]
    view.bar.press("strategy", str(mine.index[0]))
    assert section.rows()["member"].tolist() == [mine.index[0]]
    view.bar.press("group", "branch")
    assert section.whole()["contacted"] == before
    assert "all lists together" in text(view.plan_head)
    state.choose_language("zh_CN")
    assert "网点" in text(view.table)
    assert re.search("[一-鿿]", state.heading().title)


def test_an_analyst_sees_plan_against_actual_by_everything(opened, walked, text):
    state = opened(walked)
    section = state.current_section
    pace = walked.execution.pace
    whole = section.whole()
    for by in section.groups():
        section.choose_group(by)
        rows = section.rows()
        expected = pace.compare(by, state.today)
        assert rows["contacted"].sum() == expected["contacted"].sum() == whole["contacted"]
        assert len(section.findings.rows()) == len(rows)
    assert whole["minutes"] == pytest.approx(pace.compare("all")["minutes"].iloc[0])
    assert sum(pace.planned_minutes("branch").values()) == pytest.approx(whole["capacity"])
    assert sum(pace.planned_minutes("channel").values()) == pytest.approx(whole["capacity"])
    # A filter is the screen's own: the overview keeps it.
    view = ExecutionScreen(state)._sections["pace"]
    view.bar.press("group", "strategy")
    channel = state.choices("channel")[1][1]
    view.bar.press("channel", channel)
    ids = state.kept_ids()
    assert set(section.rows()["member"]) == set(ids)
    assert section.whole()["contacted"] == pace.compare(strategies=ids)["contacted"].sum()
    assert state.kpis()[0].value in text(view.screen.figures)
    view.bar.press("channel", "nonsense")
    assert state.channel == channel


def test_control_charts_and_ways_out_of_an_alert(opened, walked, text):
    strategy = broken(walked)
    state = opened(walked)
    section = state.current_section
    alerts = section.alerts()
    mine = alerts[alerts["member"].eq(strategy) & alerts["chart"].eq("refusals")]
    assert mine["is_open"].any()
    assert section.findings.member(strategy) in state.heading().title
    assert (section.current(), section.measure) == (strategy, "refusals")
    days, expected = section.expected_alarms()
    assert expected == pytest.approx(days * 1.62 / 1000)
    assert section.points()["is_alarm"].iloc[-1]
    for measure in ("contacts", "responses"):
        section.choose_measure(measure)
        assert section.points()["chart"].eq(measure).all()
    other = next(name for name in state.kept_ids() if name != strategy)
    section.choose_strategy(other)
    assert section.points()["member"].eq(other).all()
    view = ExecutionScreen(state)._sections["pace"]
    told = text(view.alerts)
    assert "spoken to refused" in told
    assert "Listen to the day" in told
    assert "about 1.62 false alarms" in told
    view.alerts.press("alert", f"{strategy}:refusals")
    assert (section.current(), section.measure) == (strategy, "refusals")
    assert "outside the limit of refusals" in text(view.limits_head)
    assert "02_strategy" in view.alerts.html
    view.alerts.press("scripts", "nobody")
    assert state.section == "pace"
    view.alerts.press("work", strategy)
    assert (state.section, state.strategy) == ("overview", strategy)
    # A manager is told that it alarms, and no figure of the day.
    manager = opened(wb.open_project(walked.folder, role="viewer")).current_section
    told = [row["sentence"] for row in manager.findings.alerts() if row["is_open"]]
    name = manager.findings.member(strategy)
    assert told == [f"{name}: more customers refuse in a day than is usual. Since 18 Nov 2026."]


def test_without_a_list_it_says_what_to_do(opened, walked):
    later = walked.open_cycle("2027 Q4", walked.cycle.snapshot_date)
    state, view, _section = shown(opened, later)
    assert state.heading().title == "No list is launched in this cycle yet"
    assert state.kpis() == []
    assert view.bar_card.layout.display == "none"


def test_hidden_cells_can_t_be_reckoned_from_what_is_shown():
    rows = pd.DataFrame(
        {
            "member": ["A", "B", "C", "D"],
            "due": [60.0, 12.0, 30.0, 40.0],
            "contacted": [55.0, 4.0, 28.0, 37.0],
            "tries": 60.0,
            "minutes": 0.0,
            "capacity": 0.0,
            "capacity_used": 0.123,
            "reached": [50.0, 4.0, 25.0, 30.0],
            "refused": [20.0, 2.0, 3.0, 0.0],
            "refusal_rate": [0.4, 0.5, 0.12, 0.0],
            "refusal_low": 0.1,
            "refusal_high": 0.9,
            "responded": [12.0, 1.0, 2.0, 30.0],
            "rate": [0.2182, 0.25, 0.0714, 0.8108],
            "rate_low": 0.1,
            "rate_high": 0.9,
            "plan": 0.1,
        }
    ).assign(gap=lambda f: f["contacted"] - f["due"], pace=lambda f: f["contacted"] / f["due"])
    hiding = Hiding.of(
        pd.DataFrame(
            {
                "strategy_id": rows["member"],
                "treatment": [60, 12, 30, 40],
                "control": 20,
                "contacted": rows["contacted"].astype(int),
                "reached": 20,
                "responded": 20,
                "control_contacted": 0,
                "control_responded": 0,
            }
        ),
        11,
    )
    mine = hide_pace(rows, "strategy", hiding, 11)
    assert mine["contacted"].isna().sum() == 2  # the small one, and another so that the sum tells nothing
    assert mine.loc[mine["contacted"].isna(), ["gap", "pace", "rate", "capacity_used"]].isna().all(axis=None)
    assert mine["refusal_rate"].fillna(-1).tolist()[0] == 0.4
    assert mine["rate"].isna().tolist()[3]  # only 7 of 37 did not respond
    # A channel hides with any of its strategies, so it is a sum of shown ones.
    channels = {"A": "phone", "B": "sms", "C": "sms", "D": "app"}
    whole = rows.assign(member=["phone", "sms", "app", "branch"])
    shut = {channels[s] for s, column in hiding.cells if column == "contacted"}
    found = hide_pace(whole, "channel", hiding, 11, channels).set_index("member")["contacted"]
    assert set(found.index[found.isna()]) == shut
    branches = hide_pace(rows, "branch", hiding, 11)
    counts = rows[["member"]].assign(n=rows["contacted"].astype(int))
    assert (
        branches["contacted"].isna().tolist()
        == hide_small_cells(counts, 11, by=("member",))["hidden"].tolist()
    )


def test_a_manager_s_days_are_the_overview_s_steps():
    days = pd.DataFrame(
        {
            "day": pd.date_range("2026-10-12", periods=6),
            "due": [5.0, 10.0, 15.0, 20.0, 25.0, 30.0],
            "contacted": [4.0, 9.0, 22.0, 25.0, 41.0, 43.0],
            "responded": 0.0,
        }
    )
    steps = coarse_steps(coarsen_days(days))
    assert steps["contacted"].tolist() == [22.0, 21.0]
    assert steps["due"].tolist() == [15.0, 15.0]
    assert steps["first"].dt.day.tolist() == [12, 15]
    assert steps["day"].dt.day.tolist() == [14, 17]
    assert (steps["contacted"] - steps["due"]).tolist() == steps["gap"].tolist()

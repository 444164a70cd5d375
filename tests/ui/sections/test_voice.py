"""The front line's voice on the screen: two taps, what rises, requests answered; a viewer reads sums."""

from __future__ import annotations

import html
import re
import shutil

import pandas as pd
import pytest

import workbench as wb
from workbench.execution import digest_feedback
from workbench.ui.screens.execution import ExecutionScreen
from workbench.ui.state.execution import ExecutionState
from workbench.ui.state.sections.voice_hidden import HIDDEN, hide_strategies, hide_voice

NASTY = "<script>alert(1)</script> 13812341234"


class SectionAlone(ExecutionState):
    """The screen without its overview, whose figures take longer than the section's."""

    def _read_lists(self) -> None:
        self.segments = self._read_segments()


def opened(project, **traits):
    state = SectionAlone(project, section="voice", **traits)
    return state, state.current_section


def drawn(state):
    """Return the section's view as it stands now."""
    return ExecutionScreen(state)._sections["voice"]


@pytest.fixture
def calling(walked_folder, tmp_path):
    """A project as somebody has it who works the lists."""
    shutil.copytree(walked_folder, tmp_path / "calling")
    return wb.open_project(tmp_path / "calling", role="contributor", who="lin")


def said(state) -> str:
    return state.t(state.banner.key, **state.banner.values)


def test_a_viewer_reads_sums_and_no_words(viewed, text) -> None:
    state, section = opened(viewed)
    view = drawn(state)
    notes = viewed.execution.feedback.notes()
    for lang in ("en", "zh_CN"):
        state.lang = lang
        view.paint()
        # What rises is said, and that the data are simulated.
        assert section.labels["system_link"] in state.heading().title
        assert ("simulated" if lang == "en" else "模拟") in state.heading().subtitle
        assert section.labels["system_link"] in html.unescape(text(view.table))
    assert view.parts["give"].layout.display == view.parts["detail"].layout.display == "none"
    assert view.parts["codes"].layout.display == "none"
    counts = notes["code"].value_counts()
    small = set(counts[counts < viewed.small_cell].index)
    assert small
    by_code = {row["code"]: row for row in section.rows()}
    hidden = state.t("execution.hidden")
    assert {by_code[code]["n"] for code in small} == {hidden}
    words = "".join(panel.html for panel in (view.table, view.requests, view.head, view.detail, view.give))
    assert "simulated)" not in words
    assert "data-action" not in view.table.html + view.requests.html
    # What the view would send does nothing either: the store refuses.
    section.choose_strategy("S9")
    section.choose("system_link")
    assert (section.strategy, section.chosen, section.detail()) == ("", "", None)
    state.guard(section.give, "price_fees")
    assert state.banner.kind == "error"
    assert len(viewed.execution.feedback.notes()) == len(notes)


def test_no_hidden_count_can_be_derived() -> None:
    days = {"new": "2026-10-28", "before": "2026-10-03"}
    counts = {"a": (30, 40), "b": (3, 60), "c": (12, 55), "d": (1, 2), "e": (0, 50)}
    rows = [
        (code, pd.Timestamp(days[when]))
        for code, pair in counts.items()
        for when, n in zip(("new", "before"), pair, strict=True)
        for _ in range(n)
    ]
    notes = pd.DataFrame(rows, columns=["code", "given_at"]).astype({"given_at": "datetime64[us]"})
    met = pd.DataFrame(
        {"contacted_at": [pd.Timestamp("2026-10-05")] * 300 + [pd.Timestamp("2026-10-28")] * 90}
    )
    digest = digest_feedback(notes, met, today="2026-10-30")
    found = hide_voice(digest, 11)
    shown = found.digest.set_index("code")
    assert shown.loc["d", ["n", "n_new", "n_before", "share", "limit"]].isna().all()
    assert pd.isna(shown.loc["b", "n_new"])
    # Beside a hidden cell another is hidden in its row and its column, so that no sum gives it away.
    assert (shown[["n", "n_new", "n_before"]].isna().sum(axis=1) != 1).all()
    for column in ("n", "n_new", "n_before"):
        assert shown[column].isna().sum() != 1
    assert shown.loc[shown["n_new"].isna(), "trend"].isin((HIDDEN, "new", "rising")).all()
    assert shown.loc["a", "n"] == 70
    whole = hide_strategies(pd.DataFrame({"strategy_id": ["S1", "S2"], "n": [100, 153]}), 11, None)
    assert whole["n"].isna().all()
    one = hide_strategies(pd.DataFrame({"strategy_id": list("xyz"), "n": [100, 140, 5]}), 11, 245.0)
    assert one["n"].isna().sum() == 2
    assert hide_voice(digest.iloc[:0], 11).n == 0


def test_two_taps_give_feedback_and_one_takes_it_back(calling, text) -> None:
    state, section = opened(calling)
    n = len(section.notes)
    section.choose_about("S9")
    section.tap("price")
    assert 'data-value="price_fees"' in drawn(state).give.html
    section.type(NASTY)
    state.guard(section.give, "price_fees")
    assert "S9" in said(state)
    assert (section.group, section.typed, len(section.notes)) == ("", "", n + 1)
    view = drawn(state)
    assert "<script>" not in view.give.html
    assert "138****1234" in text(view.give)
    mine = section.mine()
    assert [note["label"] for note in mine] == [section.labels["price_fees"]]
    # Nobody can tap what is not offered, or take back another person's.
    state.guard(section.give, "nonsense")
    assert state.banner.kind == "error"
    section.tap("nonsense")
    assert section.group == ""
    other = int(section.notes.loc[~section.notes["mine"], "note_id"].iloc[0])
    state.guard(section.take_back, str(other))
    assert state.banner.kind == "error"
    section.take_back(str(mine[0]["id"]))
    assert len(section.notes) == n


def test_the_digest_follows_the_strategy_and_the_language(calling, text) -> None:
    state, section = opened(calling, lang="zh_CN")
    rows = section.rows()
    assert sum(int(row["n"]) for row in rows) == len(section.notes)
    assert rows[0]["risen"]
    assert rows[0]["trend_word"].startswith("▲")
    section.choose_strategy("S9")
    mine = section.notes[section.notes["strategy_id"].eq("S9")]
    assert sum(int(row["n"]) for row in section.rows()) == len(mine)
    section.choose("system_link")
    view = drawn(state)
    detail = section.detail()
    assert sum(n for _, n in detail["segments"]) == int(mine["code"].eq("system_link").sum())
    assert detail["label"] == "链接或页面打不开"
    assert detail["voices"][0]["text"] in view.detail.html
    assert "链接或页面打不开" in text(view.table)
    assert len(view.state.chart_rows()) <= 10
    section.choose_strategy("nonsense")
    assert section.strategy == "S9"


def test_a_change_is_asked_accepted_and_answered(walked, text) -> None:
    state, section = opened(walked)
    asked = {"strategy_id": "S9", "what": "Use <b>another</b> link", "why": "It is broken"}
    section.asking.ask("system_link", asked)
    assert "S9" in said(state)
    row = next(each for each in section.asking.rows() if each["mine"])
    answer = {"request": str(row["id"]), "version": str(row["version"]), "answer": ""}
    # A reason is needed; then somebody is faster; then it is accepted, and done.
    state.guard(section.asking.decline, answer)
    assert state.banner.kind == "error"
    assert section.asking.accept({**answer, "version": "9"}) == ""
    assert state.banner.kind == "warn"
    card = section.asking.accept(answer)
    assert card in set(walked.strategy.cards()["strategy_id"])
    assert card in said(state)
    row = next(each for each in section.asking.rows() if each["mine"])
    section.asking.finish(f"{row['id']}:{row['version']}")
    assert section.asking.counts() == {"asked": 1, "accepted": 0, "declined": 0, "done": 1}
    view = drawn(state)
    assert card in text(view.requests)
    assert "<b>another</b>" not in view.requests.html


def test_codes_are_edited_and_a_used_one_is_not_deleted(walked, text) -> None:
    state, section = opened(walked)
    section.editor.toggle()
    fields = {"code": "price_tax", "group": "price", "en": "Tax <i>", "zh_CN": "税费", "version": "0"}
    section.editor.save(fields)
    view = drawn(state)
    assert "price_tax" in text(view.codes)
    assert "<i>" not in view.codes.html
    state, section = opened(walked)
    state.guard(section.editor.save, {**fields, "en": "Late"})
    assert state.banner.kind == "error"
    section.editor.save({"code": "price_tax", "en": "Tax", "zh_CN": "税费", "version": "1"})
    assert section.editor.rows()[7]["en"] == "Tax"
    state.guard(section.editor.delete, "system_link")
    assert "can't be deleted" in said(state)
    section.editor.retire("system_link")
    assert "system_link" not in str(section.groups())
    section.editor.retire("system_link")
    section.editor.delete("price_tax")
    assert "price_tax" not in section.labels


def test_the_digest_is_taken_along(calling) -> None:
    state, section = opened(calling)
    view = drawn(state)
    sent: list[str] = []
    view.head.deliver = lambda name, *_: sent.append(name)
    section.choose_strategy("S9")
    section.take_digest("xlsx")
    section.jobs.wait()
    assert len(sent) == 1
    assert re.search(r"feedback S9 .*\.xlsx$", sent[0])
    assert list(calling.exports.glob("*feedback S9*.xlsx"))
    assert section.delivered is None


def test_an_empty_cycle_says_what_to_do(calling, text) -> None:
    first = calling.at(calling.cycles()[0].cycle_id)
    state, section = opened(first)
    view = drawn(state)
    assert section.kpis() == []
    assert state.heading().title in text(view.empty)
    assert section.chart_rows().empty

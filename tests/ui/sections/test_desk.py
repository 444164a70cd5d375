"""The desk on the screen: one customer at a time, the right words, and each call recorded once."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import workbench as wb
from tests.project.test_desk import CYCLE, START, Hand, _cards, import_people
from workbench.project.lists import TargetLists
from workbench.tables import TARGETS
from workbench.ui.screens.execution import ExecutionScreen
from workbench.ui.state.execution import ExecutionState
from workbench.ui.state.sections import WORKING

SCRIPT = """title: Deposits <b>now</b>
objection: No money = We can begin small.
step hello: Opening
  say: Good day {name}, today is about your {product} at {rate}; {date}.
  must say [recording]: This call is recorded.
  answer: Go on -> offer
  answer: No time -> later
step offer: The offer
  must say [annual_rate]: {rate} is a yearly rate.
  answer: Yes <i>please</i> -> done
end done: reached, yes
end later: callback
"""


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk") / "bank"
    project = wb.create_project(folder, "Desk", clock=Hand())
    import_people(project)
    project.store.cycles.open(CYCLE, START.date())
    cards = _cards().assign(name=["Deposits", "<script>alert(1)</script>"])
    project.store.cards.replace(CYCLE, cards.to_dict("records"))
    project = project.at(CYCLE)
    for strategy_id, base, n in (("S1", 101, 6), ("S2", 201, 2)):
        rows = {
            "customer_id": [str(base + number) for number in range(n)],
            "strategy_id": strategy_id,
            "segment": "<b>All</b>",
            "score": [1 - number / 20 for number in range(n)],
            "rank": range(1, n + 1),
            "arm": "treatment",
        }
        made = SimpleNamespace(
            targets=TARGETS.check(pd.DataFrame(rows)),
            funnel=pd.DataFrame({"gate": ["all"], "n_in": [n], "n_out": [0], "applied": [True]}),
            sha256=strategy_id,
            random_state=0,
        )
        TargetLists(project).launch(made, cards)
    execution = project.execution
    execution.scripts.save("S1", SCRIPT)
    words = {"offer": "time_deposit", "title": "Rate", "title_zh": "利率", "kind": "rate", "unit": "% p.a."}
    execution.materials.add("rate", value=2.35, valid_from="2026-09-01", valid_to="2026-10-11", **words)
    execution.materials.add("rate", value=2.1, valid_from="2026-10-12", **words)
    execution.quota.define("time_deposit", 2, valid_from="2026-10-12")
    return folder


class DeskAlone(ExecutionState):
    """The screen without its overview, whose figures take longer than the section's."""

    def read_results(self) -> None:
        self.progress_rows = self.cards[["strategy_id", "name", "channel", "segment"]].assign(slot=0)


class Page:
    """One page of an agent."""

    def __init__(
        self, folder: Path, clock: Hand, name: str = "", role: str = "contributor", screen: type = DeskAlone
    ) -> None:
        self.project = wb.open_project(folder, role=role)
        self.project.store.database.clock = clock
        self.state = screen(self.project, section="desk")
        self.view = ExecutionScreen(self.state)._sections["desk"]
        self.desk = self.state.current_section
        if name:
            self.view.who.press("name", "", {"name": name})
            self.view.who.press("strategy", "S1")

    @property
    def at_hand(self) -> str:
        return self.desk.lease.customer_id if self.desk.lease else ""

    def say(self) -> str:
        banner = self.state.banner
        return "" if banner is None else self.state.t(banner.key, **banner.values)

    def press(self, key: str) -> None:
        """Press the button that shows a key, as the page does; nothing where it is blocked."""
        for panel in (self.view.who, self.view.script, self.view.form):
            for tag in re.findall(r"<button[^>]*>", panel.html):
                if f'data-hotkey="{key}"' in tag and "aria-disabled" not in tag:
                    if 'type="submit"' in tag:
                        panel.press("save", str(self.desk.lease.lease_id))
                        return
                    action = re.search(r'data-action="(\w+)"', tag)[1]
                    value = re.search(r'data-value="([^"]*)"', tag)
                    panel.press(action, value[1] if value else "")
                    return

    def html(self) -> str:
        view = self.view
        panels = (view.who, view.clock, view.script, view.form, view.beside, view.refer, view.tell, view.day)
        return "".join(panel.html for panel in panels)


@pytest.fixture
def folder(bank: Path, tmp_path: Path) -> Path:
    shutil.copytree(bank, tmp_path / "bank")
    return tmp_path / "bank"


@pytest.fixture
def clock() -> Hand:
    return Hand()


def test_a_call_is_walked_and_recorded_by_keys_alone(folder, clock):
    page = Page(folder, clock, "Lin", screen=ExecutionState)
    page.press("n")
    assert page.at_hand == "101"
    assert "138****1234" in page.view.who.html
    assert "best quarter of the list: 1 of 6" in page.view.who.html
    assert "Good day Mr 王, today is about your time deposit at 2.10%; {date}." in page.view.script.html
    assert "No coming maturity" in page.view.script.html
    assert "quota left: 2" in page.view.beside.html
    # Nothing goes on before what must be said is confirmed, and no result but "not reached" is taken.
    page.press("1")
    assert page.desk.call.run.steps == ("hello",)
    page.press("r")
    assert "First confirm" in page.view.form.html
    page.press("s")
    assert page.at_hand == "101"
    page.view.form.press("save", str(page.desk.lease.lease_id))
    assert "must be said" in page.say()
    page.press("m")
    page.press("3")
    assert "We can begin small." in page.view.script.html
    page.press("1")
    page.press("m")
    page.press("1")
    assert (page.desk.record.typed["code"], page.desk.record.typed["said"]) == ("reached", "yes")
    page.press("Escape")
    assert page.desk.record.typed["code"] == ""
    page.press("1")
    page.view.form.press("amount", "20,000")
    number = page.desk.lease.lease_id
    page.press("s")
    assert "Recorded: 138****1234, Reached." in page.say()
    assert page.at_hand == "102"
    # The same press again, and one that comes late, changes nothing.
    page.view.form.press("save", str(number))
    execution = page.project.execution
    outcome = execution.outcomes().iloc[0]
    assert len(execution.contacts()) == len(execution.outcomes()) == len(execution.scripts.runs()) == 1
    assert (outcome["responded"], outcome["amount"], execution.quota.left("time_deposit")) == (True, 2e4, 1.0)
    run = execution.scripts.runs().iloc[0]
    assert (run["steps"], run["end"], run["contact_id"]) == (["hello", "offer"], "done", f"lease-{number}")
    assert execution.contacts()["agent"].tolist() == ["Lin"]
    assert [value for _, value, _ in page.desk.findings.day()] == ["1", "1", "1", "¥20.0k", "0"]
    # The overview knows of it when it is opened again.
    page.state.open_section("overview")
    assert page.state.total("responded") == 1


def test_two_agents_and_what_a_new_page_finds_again(folder, clock):
    lin, wang = Page(folder, clock, "Lin"), Page(folder, clock, "Wang")
    lin.press("n")
    wang.press("n")
    assert (lin.at_hand, wang.at_hand) == ("101", "102")
    lin.press("m")
    lin.press("1")
    lin.press("c")
    lin.view.form.press("note", "after five <script>")
    # The kernel dies; a name is one tap away, and so are call and note.
    again = Page(folder, clock)
    assert again.at_hand == ""
    assert 'data-value="Wang"' in again.view.who.html
    again.view.who.press("iam", "Lin")
    again.view.who.press("strategy", "S1")
    assert again.at_hand == "101"
    assert again.desk.call.run.steps == ("hello", "offer")
    assert "after five &lt;script&gt;" in again.view.form.html
    # With the step's sentence unsaid a callback can't be recorded; an unreached try can.
    again.press("s")
    assert again.project.execution.contacts().empty
    again.press("o")
    again.press("s")
    assert again.project.execution.contacts()["disposition"].tolist() == ["no_answer"]
    assert again.at_hand == "103"
    # A page that was left open elsewhere is told that it came too late, and has the next at hand.
    assert wang.at_hand == "102"
    other = Page(folder, clock, "Wang")
    other.press("o")
    other.press("s")
    wang.press("w")
    wang.press("s")
    assert "recorded at" in wang.say()
    assert wang.at_hand == ""
    assert len(again.project.execution.contacts()) == 2
    wang.view.who.press("keys")
    assert "wb-no-keys" in wang.view.left._dom_classes
    # Who works on is kept; whose time is over loses the customer to whoever takes them.
    clock.on(minutes=14)
    again.press("m")
    assert again.desk.seconds_left() == 900
    clock.on(minutes=16)
    Page(folder, clock, "Zhao").press("n")
    third = Page(folder, clock, "Qian")
    third.press("n")
    again.press("1")
    assert "took them" in again.say()
    assert again.at_hand == ""
    third.press("g")
    assert third.at_hand == ""
    assert "given back" in third.say()


def test_consent_and_quota_are_what_they_are_now(folder, clock):
    page = Page(folder, clock, "Lin")
    import_people(wb.open_project(folder, role="analyst"), c101={"consent": False})
    page.press("n")
    assert page.at_hand == "102"
    assert "Have withdrawn consent: 1" in page.view.who.html
    for step in ("m", "1", "m", "1"):
        page.press(step)
    # The last two are sold by others while this one is on the line.
    for number in (0, 1):
        page.project.execution.quota.book("time_deposit", 1, key=str(number), customer_id="x")
    page.press("s")
    assert "0 are left" in page.say()
    assert page.at_hand == "102"
    assert page.project.execution.contacts().empty
    page.state.touch()
    assert "quota used up" in page.view.beside.html
    # The script's end was not what came of it: the call broke off in the step before.
    page.press("e")
    page.press("s")
    assert page.project.execution.scripts.runs()[["end", "disposition"]].values.tolist() == [["", "refused"]]
    assert page.at_hand == ""
    assert "quota is used up: 4" in page.view.who.html


def test_a_callback_keeps_its_hour_and_its_note(folder, clock):
    page = Page(folder, clock, "Lin")
    page.view.who.press("strategy", "S2")
    page.press("n")
    assert page.at_hand == "201"
    assert "Dear Mr 王: wealth review" in page.view.script.html
    page.press("c")
    page.view.form.press("call_at", "2026-10-12T00:30")
    number = str(page.desk.lease.lease_id)
    page.view.form.press("save", number)
    assert "over already" in page.say()
    at = (START + dt.timedelta(hours=2)).replace(tzinfo=dt.UTC).astimezone()
    page.view.form.press("save", number, {"call_at": f"{at:%Y-%m-%dT%H:%M}", "note": "speaks <Hakka>"})
    assert (page.at_hand, len(page.desk.promises)) == ("", 1)
    assert "Asked for a later hour: 1" in page.view.who.html
    assert "speaks &lt;Hakka&gt;" in page.view.day.html
    work = page.project.execution.worklist(today=START.date()).set_index("customer_id")
    assert work.loc["201", "due_on"] == pd.Timestamp(START.date())
    clock.on(hours=2)
    page.press("n")
    assert page.at_hand == "201"
    assert "asked to be called at" in page.view.who.html
    assert "speaks &lt;Hakka&gt;" in page.view.who.html
    page.press("g")
    mark = page.desk.promised()[0]["mark"]
    page.view.day.press("promised", mark)
    assert page.at_hand == "201"
    # Who wants no more calls is heard at once.
    page.press("d")
    page.press("s")
    assert page.project.execution.dispositions.asked_to_stop() == {"201"}
    assert page.desk.promises.empty


def test_a_customer_is_referred_and_a_word_is_told_in_two_taps(folder, clock):
    page = Page(folder, clock, "Lin")
    page.press("n")
    kind = page.desk.beside.referral()["kinds"][0][0]
    key = page.desk.beside.key
    for _ in range(2):
        page.view.refer.press("refer", key, {"kind": kind, "unit": "Harbour", "note": "<b>"})
    assert "referred to Harbour" in page.say()
    sent = page.project.execution.referrals.outbox("Lin")
    assert len(sent) == 1
    key, code = page.desk.beside.key, page.desk.beside.groups()[0]["codes"][0]["code"]
    page.view.tell.press("tell_text", "too low")
    for _ in range(2):
        page.view.tell.press("tell", f"{key}:{code}")
    notes = page.project.execution.feedback.notes()
    assert notes[["code", "strategy_id", "script_version", "step"]].values.tolist() == [
        [code, "S1", 1, "hello"]
    ]
    assert page.at_hand == "101"


def test_both_languages_escape_what_people_wrote_and_a_viewer_has_no_desk(folder, clock):
    page = Page(folder, clock, "<i>Lin</i>", role="analyst")
    page.press("n")
    for lang in ("en", "zh_CN"):
        page.state.choose_language(lang)
        html = page.html()
        assert not re.search(r"<(script|i>Lin|b>All|b>now)", html)
        assert "&lt;b&gt;now&lt;/b&gt;" in html
    assert "下一位" in page.view.form.html
    assert not re.search(r"[0-9]{11}", html)
    assert 'data-seconds="900"' in html
    viewer = ExecutionState(wb.open_project(folder, role="viewer"))
    assert "desk" in WORKING
    assert "desk" not in [tab["name"] for tab in viewer.sections()]
    viewer.open_section("desk")
    assert viewer.current_section is None
    # A name that is empty, and a closed desk, are said.
    page.view.who.press("not_me")
    page.view.who.press("name", "", {"name": " "})
    assert page.say().startswith("请填写")

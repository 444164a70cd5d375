"""The chart view without a browser: what it would send, and what it refuses."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import threading
from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd
import pytest

from workbench import theme
from workbench.errors import ParameterProblem
from workbench.ui.vega import BUNDLE_IN_PAGE, LassoView, VegaView, bundle
from workbench.ui.vega.capture import take_apart
from workbench.ui.vega.columns import pack_column, pack_frame
from workbench.ui.vega.view import Runtime

ROOT = Path(__file__).resolve().parents[2]


def unpack(column):
    """Read a packed column back, as the browser does."""
    if column["kind"] == "json":
        return column["values"]
    raw = np.frombuffer(column["data"], dtype=column["dtype"]).tolist()
    if column["kind"] == "text":
        return [None if code < 0 else column["values"][code] for code in raw]
    if column["kind"] == "bool":
        return [None if code < 0 else bool(code) for code in raw]
    return [None if value != value else value for value in raw]


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "x": np.arange(100) / 7,
            "y": np.arange(100) % 13,
            "segment": ["A", "B"] * 50,
            "customer_id": [f"{i:010d}" for i in range(100)],
        }
    )


@pytest.fixture
def view(frame):
    chart = alt.Chart(frame).mark_point().encode(x="x", y="y", color="segment")
    return VegaView(chart)


@pytest.fixture
def sent(view, monkeypatch):
    messages = []
    monkeypatch.setattr(view, "send", lambda content, buffers=None: messages.append((content, buffers)))
    monkeypatch.setattr(view, "send_state", lambda key=None: messages.append((key, None)))
    return messages


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([1, 2, 3], "number", [1, 2, 3]),
        ([1.5, np.nan, -2.0], "number", [1.5, None, -2.0]),
        ([0.1, 1e300], "number", [0.1, 1e300]),
        (pd.array([1, None, 3], dtype="Int64"), "number", [1.0, None, 3.0]),
        ([2**40, -1], "number", [2.0**40, -1.0]),
        ([True, False, None], "bool", [True, False, None]),
        (["乐退", "a", None, "乐退"], "text", ["乐退", "a", None, "乐退"]),
        (pd.Categorical(["b", "a", "b"], categories=["b", "a", "c"]), "text", ["b", "a", "b"]),
        (pd.to_datetime(["2026-09-30", None]), "wall", [1790726400000.0, None]),
        ([dt.date(2026, 9, 30), None], "wall", [1790726400000.0, None]),
        (pd.to_datetime(["2026-09-30T08:00+08:00"]), "moment", [1790726400000.0]),
        ([[1, 2], {"a": np.float64("nan")}], "json", [[1, 2], {"a": None}]),
    ],
)
def test_a_column_survives_the_packing(values, kind, expected):
    packed = pack_column(values)
    assert packed["kind"] == kind
    assert unpack(packed) == expected


def test_numbers_are_as_short_as_they_can_be_without_loss():
    assert pack_column(np.arange(100))["dtype"] == "i1"
    assert pack_column(np.arange(1000))["dtype"] == "i2"
    assert pack_column(np.float32([0.1, 0.2]))["dtype"] == "f4"
    assert pack_column([0.1, 0.2])["dtype"] == "f8"


def test_many_words_need_wider_codes():
    words = [f"w{i}" for i in range(40_000)]
    assert pack_column(words)["dtype"] == "i4"
    assert unpack(pack_column(words)) == words


def test_no_row_is_in_the_specification(frame, view):
    look, content = view._look_state(), view._content_state()
    assert "0.14285714285714285" not in json.dumps(look)
    assert look["spec"]["data"] == {"name": "table_0"}
    assert unpack(content["tables"]["table_0"]["columns"]["x"]) == frame["x"].tolist()
    # The types were still inferred from the frame.
    assert look["spec"]["encoding"]["color"]["type"] == "nominal"


def test_a_column_the_chart_does_not_name_stays_in_the_kernel(view):
    assert set(view._content_state()["tables"]["table_0"]["columns"]) == {"x", "y", "segment"}


def test_layers_share_one_table_and_others_have_their_own(frame):
    other = pd.DataFrame({"x": [1.0]})
    other.attrs["table"] = "labels"
    base = alt.Chart(frame).encode(x="x:Q")
    chart = base.mark_point() + base.mark_line() + alt.Chart(other).mark_rule().encode(x="x:Q")
    _, frames = take_apart(chart)
    assert set(frames) == {"table_0", "labels"}


def test_charts_made_elsewhere_meanwhile_are_not_caught(frame):
    with alt.data_transformers.enable("default"):
        before = alt.data_transformers.active
        take_apart(alt.Chart(frame).mark_point().encode(x="x:Q"))
        assert alt.data_transformers.active == before
    found = []

    class Slow(pd.DataFrame):
        """Serialises another chart while this one is being taken apart."""

        @property
        def attrs(self):
            worker = threading.Thread(
                target=lambda: found.append(alt.Chart(pd.DataFrame({"x": [1]})).mark_point().to_dict())
            )
            worker.start()
            worker.join()
            return {}

        @attrs.setter
        def attrs(self, value):
            pass

    take_apart(alt.Chart(Slow({"x": [1]})).mark_point().encode(x="x:Q"))
    assert found
    assert next(iter(found[0]["datasets"].values())) == [{"x": 1}]


def test_an_address_is_refused():
    with pytest.raises(ParameterProblem, match=r"example\.test"):
        VegaView(alt.Chart("https://example.test/x.csv").mark_point().encode(x="x:Q"))


def test_an_update_sends_the_changed_column_only(view, sent):
    view.update(y=np.arange(100) / 3)
    ((content, buffers),) = sent
    assert list(content["columns"]) == ["y"]
    assert len(buffers) == 1
    assert len(buffers[0]) == 800
    assert view._content_state()["seq"] == content["seq"] == 1
    assert unpack(view._content_state()["tables"]["table_0"]["columns"]["y"])[3] == 1.0


def test_a_replacement_sends_what_differs(view, frame, sent):
    view.replace(frame.assign(y=0))
    assert list(sent[0][0]["columns"]) == ["y"]
    view.replace(frame.assign(y=0))
    assert len(sent) == 1
    view.replace(frame.head(10))
    assert set(sent[1][0]["columns"]) == {"x", "y", "segment"}
    assert sent[1][0]["n"] == 10


def test_a_result_that_comes_late_is_dropped(view, sent):
    slow, fast = view.begin(), view.begin()
    view.update(y=1, ticket=fast)
    view.update(y=2, ticket=slow)
    assert view.frame()["y"].unique().tolist() == [1]
    old = view.begin()
    view.update(y=3)
    view.update(y=4, ticket=old)
    view.show(alt.Chart(pd.DataFrame({"z": [1]})).mark_bar().encode(x="z:Q"), ticket=old)
    assert view.frame()["y"].unique().tolist() == [3]
    assert len(sent) == 2


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda view: view.update(y=[1, 2]), "has 2 values, but the chart has 100 rows"),
        (lambda view: view.update(y=1, table="none"), 'no table "none"'),
        (lambda view: view.replace(pd.DataFrame({"x": [1.0]})), "lack the columns y, segment,"),
    ],
)
def test_a_wrong_update_says_what_to_do(view, call, words):
    with pytest.raises(ParameterProblem, match=words):
        call(view)


def test_the_mode_changes_the_theme_and_leaves_the_charts_own_settings(frame):
    chart = (
        alt.Chart(frame)
        .mark_point()
        .encode(x="x:Q")
        .configure(**theme.chart_config("light"))
        .configure_axis(**{**theme.chart_config("light")["axis"], "tickCount": 3})
    )
    view = VegaView(chart)
    view.mode = "dark"
    config = view._look_state()["config"]
    assert config["background"] == theme.tokens("dark")["surface"]
    assert config["axis"]["labelColor"] == theme.tokens("dark")["ink-3"]
    assert config["axis"]["tickCount"] == 3


def test_a_selection_from_a_page_is_checked(frame):
    brush = alt.selection_interval(name="brush")
    view = VegaView(
        alt.Chart(frame).mark_point().encode(x="x:Q", y="y:Q").add_params(brush), selections=["brush"]
    )
    view.set_state({"selection": {"brush": {"x": [1, 2.5]}, "other": {"x": [1]}}})
    assert view.selection == {"brush": {"x": [1, 2.5]}}
    view.set_state({"selection": {"brush": {"x": [{"a": 1}], "y": [float("nan")]}}})
    assert view.selection == {"brush": {}}
    view.set_state({"selection": {"brush": "DROP"}})
    assert view.selection == {}


def test_a_page_cannot_change_the_picture(view):
    before = view._look_state(), view._content_state()
    view.set_state({"_look": {"spec": {}}, "_content": {"tables": {}, "seq": 99}})
    assert (view._look_state(), view._content_state()) == before
    assert view.get_state("_content")["_content"] == before[1]


def test_a_page_behind_the_kernel_gets_the_whole(view, sent):
    view.update(y=1)
    view._answer(view, {"type": "ready", "seq": 0}, None)
    assert sent[-1][0] == ["_look", "_content"]
    n = len(sent)
    view._answer(view, {"type": "ready", "seq": 1}, None)
    view._answer(view, "nonsense", None)
    assert len(sent) == n


def test_the_bundle_travels_once_a_kernel_and_not_at_all_when_the_page_has_it(view, frame, monkeypatch):
    assert len(VegaView._esm) < 1500
    assert Runtime.shared().model_id == view._runtime
    assert VegaView(view.chart)._runtime == view._runtime
    assert bundle()[:2] == b"\x1f\x8b"
    monkeypatch.setenv(BUNDLE_IN_PAGE, "1")
    assert VegaView(view.chart)._runtime == ""


def test_the_bundle_is_current():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "build_bundles.py", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_empty_frame_is_drawn_as_no_marks():
    packed = pack_frame(pd.DataFrame({"x": pd.Series([], dtype="float64"), "s": pd.Series([], dtype="str")}))
    assert packed["n"] == 0
    assert unpack(packed["columns"]["x"]) == []


def test_the_same_drawing_of_other_rows_sends_only_the_columns_that_differ(monkeypatch):
    def chart(ys):
        frame = pd.DataFrame({"x": [1, 2, 3], "y": ys})
        return alt.Chart(frame).mark_point().encode(x="x:Q", y="y:Q")

    view = VegaView(chart([1.0, 2.0, 3.0]))
    sent, whole = [], []
    monkeypatch.setattr(view, "send", lambda message, buffers=None: sent.append(message))
    monkeypatch.setattr(view, "send_state", lambda key=None: whole.append(key))
    view.show(chart([1.0, 5.0, 3.0]))
    assert [sorted(message["columns"]) for message in sent] == [["y"]]
    view.show(chart([1.0, 5.0, 3.0]))
    assert len(sent) == 1
    assert whole == []
    view.show(chart([1.0, 5.0, 3.0]).mark_line())
    assert whole == [["_look", "_content"]]


def test_an_unchanged_column_is_not_sent_again():
    view = VegaView(alt.Chart(pd.DataFrame({"x": [1.0, 2.0], "y": [1, 2]})).mark_point().encode(x="x", y="y"))
    before = view._content_state()["seq"]
    view.update(y=[1, 2])
    assert view._content_state()["seq"] == before
    view.update(y=[2, 1])
    assert view._content_state()["seq"] == before + 1


@pytest.mark.parametrize(
    "outline",
    [[[0, 0]] * 501, [["x", 1]], [[0, 1, 2]], [[float("nan"), 0]], [[True, False]], ["ab"], [{"x": 1}]],
)
def test_what_a_page_may_not_send_as_an_outline(outline):
    view = LassoView()
    view.outline = [[0, 0], [1, 0], [1, 1]]
    view.outline = outline
    assert view.outline == []


def test_a_click_is_checked():
    view = LassoView()
    view.picked = {"x": 1.5, "y": 2, "dx": 0.1, "dy": 0.1, "count": 1, "script": "<b>"}
    assert view.picked == {"x": 1.5, "y": 2, "dx": 0.1, "dy": 0.1, "count": 1}
    view.picked = {"x": "1"}
    assert view.picked == {}

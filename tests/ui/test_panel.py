"""Panels: only what has a handler does anything, and templates escape."""

from __future__ import annotations

from workbench.ui.panel import Panel
from workbench.ui.render import render


def test_an_unknown_action_and_a_malformed_report_do_nothing():
    seen = []
    panel = Panel()
    panel.on("pick", lambda value, fields: seen.append((value, fields)))
    send = panel._handle_custom_msg
    for content in (
        {"action": "drop_everything", "value": "x", "values": {}, "count": 1},
        {"action": "pick", "value": 3, "values": "not a dict", "count": 2},
        {"action": ["pick"], "values": {}},
        {"count": "many"},
        ["pick"],
        None,
    ):
        send(content, [])
    assert seen == []
    assert panel.heard == 2
    send({"action": "pick", "value": 3, "values": {"a": 1}, "count": 4}, [])
    assert seen == [("3", {"a": "1"})]


def test_every_report_is_heard_and_acknowledged_before_it_is_handled():
    panel = Panel()
    seen = []
    panel.on("more", lambda value, _: seen.append((value, panel.heard)))
    for count in (1, 2, 3):
        panel._handle_custom_msg({"action": "more", "value": "x", "values": {}, "count": count}, [])
    assert seen == [("x", 1), ("x", 2), ("x", 3)]


def test_text_from_users_is_escaped_in_templates():
    comment = {
        "text": "<script>alert(1)</script>",
        "author": '"><img src=x onerror=alert(2)>',
        "at": "2026-10-09T02:14:00+00:00",
    }
    html = render("comments.html", "en", may_comment=False, comments=[comment])
    assert "<script>" not in html
    assert "<img" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html

"""Panels: only what has a handler does anything, and templates escape."""

from __future__ import annotations

from workbench.ui.panel import Panel
from workbench.ui.render import render


def test_an_unknown_action_and_a_malformed_event_do_nothing():
    seen = []
    panel = Panel()
    panel.on("pick", lambda value, fields: seen.append((value, fields)))
    panel.event = {"action": "drop_everything", "value": "x", "values": {}, "count": 1}
    panel.event = {"action": "pick", "value": 3, "values": "not a dict", "count": 2}
    panel.event = {"count": 3}
    assert seen == []
    panel.event = {"action": "pick", "value": 3, "values": {"a": 1}, "count": 4}
    assert seen == [("3", {"a": "1"})]


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

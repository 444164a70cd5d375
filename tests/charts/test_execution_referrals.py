"""How far referrals get, as drawn."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench import charts, theme


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_later_steps_lie_in_earlier_ones_and_text_is_data(lang: str, mode: str) -> None:
    rows = pd.DataFrame(
        {
            "label": ["<b>Branch</b>", "Corporate"],
            "sent": [60.0, float("nan")],
            "accepted": [48.0, float("nan")],
            "worked": [40.0, float("nan")],
            "won": [14.0, float("nan")],
            "shown": ["60 → 48 → 40 → 14", "hidden"],
        }
    )
    drawn = charts.referral_funnel(rows, lang=lang, mode=mode).to_dict()  # type: ignore[arg-type]
    bars = [layer["mark"] for layer in drawn["layer"] if layer["mark"]["type"] == "bar"]
    tokens = theme.tokens(mode)  # type: ignore[arg-type]
    assert [bar["color"] for bar in bars] == [tokens[name] for name in ("q2", "q3", "q4", "q6")]
    assert [bar["height"] for bar in bars] == sorted((bar["height"] for bar in bars), reverse=True)
    stored = next(iter(drawn["datasets"].values()))
    assert [row["label"] for row in stored] == ["<b>Branch</b>", "Corporate"]
    assert stored[1]["won"] is None
    assert drawn["height"] == 92

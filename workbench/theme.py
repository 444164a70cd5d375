"""The look's tokens, once: CSS variables and the chart theme come from here."""

from __future__ import annotations

from typing import Any, Literal

Mode = Literal["light", "dark"]
MODES: tuple[Mode, ...] = ("light", "dark")

FONT = '"Segoe UI","Helvetica Neue",Arial,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif'
MONO = 'ui-monospace,Consolas,Menlo,"Liberation Mono","Noto Sans Mono CJK SC",monospace'

# token: (light, dark)
_TOKENS: dict[str, tuple[str, str]] = {
    "bg": ("#F5F6F4", "#0F141A"),
    "surface": ("#FFFFFF", "#171E26"),
    "sunken": ("#EEF0EE", "#11171E"),
    "ink": ("#16202B", "#E8ECEF"),
    "ink-2": ("#4A5663", "#B3BCC5"),
    "ink-3": ("#606B77", "#929DA8"),
    "line": ("#DDE1E0", "#2A343F"),
    "line-2": ("#C3CACB", "#3C4855"),
    "ctl-line": ("#7F8A94", "#6F7C88"),
    "accent": ("#0F5C8C", "#6DB7E4"),
    "accent-ink": ("#FFFFFF", "#0B1620"),
    "accent-weak": ("#E3EFF6", "#18303F"),
    "focus": ("#0F5C8C", "#8CCBF2"),
    "good": ("#0B6B50", "#5CC6A0"),
    "good-weak": ("#E0F1EB", "#12302A"),
    "warn": ("#8A5200", "#E5AE55"),
    "warn-weak": ("#FBEFD9", "#352914"),
    "bad": ("#B3261E", "#F28B82"),
    "bad-weak": ("#FBE7E5", "#3A1D1C"),
    "code-bg": ("#F0F2F4", "#10171F"),
    "code-ink": ("#28425C", "#A9C8E6"),
    "q1": ("#EAF1F4", "#1B2A35"),
    "q2": ("#C6DCE6", "#1F4156"),
    "q3": ("#93BDD0", "#26566F"),
    "q4": ("#5798B5", "#336C8A"),
    "q5": ("#256F93", "#7DB4D0"),
    "q6": ("#0C4765", "#C4E2F0"),
    "n3": ("#A8500F", "#F0A46A"),
    "n2": ("#E6A571", "#8C4B1B"),
    "n1": ("#F6DFCB", "#3F2A1B"),
    "p1": ("#D3E4EE", "#1B3342"),
    "p2": ("#8FBBD3", "#2A6385"),
    "p3": ("#1D6489", "#86C1E2"),
    "s0": ("#8A8F94", "#8F959B"),
    "s1": ("#D5703A", "#ECA446"),
    "s2": ("#3A92EE", "#7089FB"),
    "s3": ("#4A41B8", "#7958BA"),
    "s4": ("#8C9196", "#AFB1B4"),
    "s5": ("#14492A", "#B1FFE6"),
    "s6": ("#96225C", "#E96256"),
    "s7": ("#9E6161", "#AB4C4A"),
    "s8": ("#2F7F9C", "#53C8FF"),
    "s9": ("#615A00", "#EEE176"),
    "s10": ("#5E007B", "#B575B1"),
}
SLOTS = 10
"""Number of segment colours; later segments are grey, slot 0."""


def tokens(mode: Mode = "light") -> dict[str, str]:
    """Return every colour token of a mode as ``{name: "#RRGGBB"}``.

    Examples
    --------
    >>> tokens("dark")["accent"]
    '#6DB7E4'
    """
    column = MODES.index(mode)
    return {name: pair[column] for name, pair in _TOKENS.items()}


def segment_color(slot: int, mode: Mode = "light") -> str:
    """Return the colour of a segment's slot; slots beyond the tenth are grey.

    Examples
    --------
    >>> segment_color(1), segment_color(11) == segment_color(0)
    ('#D5703A', True)
    """
    return tokens(mode)[f"s{slot if 1 <= slot <= SLOTS else 0}"]


def css_variables() -> str:
    """Return the tokens as CSS: light on ``:root``, dark on ``[data-theme=dark]``."""
    blocks = []
    for mode, selector in zip(MODES, (":root", "[data-theme=dark]"), strict=True):
        lines = "".join(f"--{name}:{value};" for name, value in tokens(mode).items())
        shadow = "0 1px 2px rgba(22,32,43,.06)" if mode == "light" else "none"
        popover = "0 8px 24px rgba(22,32,43,.14)" if mode == "light" else "0 8px 24px rgba(0,0,0,.5)"
        blocks.append(f"{selector}{{{lines}--shadow:{shadow};--shadow-2:{popover}}}")
    return f":root{{--font:{FONT};--mono:{MONO}}}" + "".join(blocks)


def chart_config(mode: Mode = "light") -> dict[str, Any]:
    """Return the Vega-Lite ``config`` that every chart carries.

    Vega on canvas can't read CSS variables, so the colours are resolved here and a
    chart is drawn again when the mode changes.
    """
    t = tokens(mode)
    return {
        "background": t["surface"],
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            "domain": False,
            "ticks": False,
            "grid": True,
            "gridColor": t["line"],
            "labelColor": t["ink-3"],
            "labelFontSize": 11.5,
            "labelPadding": 6,
            "titleColor": t["ink-2"],
            "titleFontSize": 11.5,
            "titleFontWeight": "normal",
        },
        "axisBand": {"grid": False, "labelColor": t["ink"]},
        "header": {"labelColor": t["ink"], "labelFontSize": 11.5, "title": None},
        "legend": {"labelColor": t["ink-2"], "titleColor": t["ink-2"], "labelFontSize": 11.5},
        "title": {
            "anchor": "start",
            "color": t["ink"],
            "fontSize": 14,
            "fontWeight": 600,
            "subtitleColor": t["ink-2"],
            "subtitleFontSize": 12,
        },
        "text": {"color": t["ink"], "fontSize": 11.5},
        "bar": {"color": t["q4"]},
        "line": {"color": t["accent"]},
        "point": {"color": t["accent"], "filled": True},
        "rule": {"color": t["ink-2"]},
        "range": {"ramp": [t[f"q{i}"] for i in range(1, 7)]},
    }

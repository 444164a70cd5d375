"""A board pack as a spreadsheet: every cell a value, every chart the spreadsheet's own."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from workbench import locale, theme
from workbench.ui.pack.natives import HEAD, draw
from workbench.ui.pack.parts import HIDDEN, Cell, Column, Page, Story

if TYPE_CHECKING:
    import datetime as dt

_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_LONGEST_CELL = 32_000
_NARROWEST, _WIDEST, _LONG = 9, 34, 56
_A4 = 9
_NO_SHEET_NAME = re.compile(r"[\[\]:*?/\\']")
# 万 and 亿: a comma divides by a thousand, and the point is a letter that stands among the digits.
_LARGE_ZH = r'[>=100000000]0\.00,,"亿{unit}";[>=10000]0\.0,"万{unit}";'
# Shares and points come as fractions of one; a spreadsheet has no format for points, so they
# are written as numbers of points.
_FORMATS = {
    "count": "#,##0",
    "decimal": "#,##0.0",
    "money": '"¥"#,##0;"−¥"#,##0',
    "ratio": '"¥"#,##0.00;"−¥"#,##0.00',
    "share": '0.0%;"−"0.0%',
    "against": "0%",
    "points": '+0.0;"−"0.0;0.0',
    "p": '[<0.001]"< 0.001";0.000',
}
_FORMATS_ZH = {
    "count": _LARGE_ZH.format(unit="") + "#,##0",
    "money": _LARGE_ZH.format(unit="元") + '#,##0"元"',
}


def write_workbook(story: Story, moment: dt.datetime) -> bytes:
    """Return a board pack as an .xlsx file.

    Parameters
    ----------
    story : Story
        What to write.
    moment : datetime.datetime
        Written as the file's date of creation.

    Returns
    -------
    bytes
        One sheet a page, each with its finding, its table and, where it has one, a chart
        of the spreadsheet's own that draws the table's cells. Text is text, whatever it
        begins with.
    """
    import xlsxwriter

    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, _OPTIONS) as book:
        book.set_properties({"title": story.title[:255], "subject": story.cycle, "created": moment})
        _Writer(book, story).write()
    return stream.getvalue()


class _Writer:
    """Writes one story into one workbook."""

    def __init__(self, book: Any, story: Story) -> None:
        self.book, self.story = book, story
        self._formats: dict[tuple[Any, ...], Any] = {}
        self._names: set[str] = set()

    def t(self, key: str, **values: Any) -> str:
        return locale.text(key, self.story.lang, **values)

    def write(self) -> None:
        """Write the summary, the pages, the method, the provenance and what stands after it."""
        self._summary()
        for page in self.story.pages:
            self._page(page)
        self._sentences(self.t("review_pack.sheet.method"), self.t("review_pack.method.title"))
        self._facts()
        for page in self.story.appendix:
            self._page(page)

    # Cells ---------------------------------------------------------------------------

    def format(self, kind: str = "text", **look: Any) -> Any:
        key = (kind, *sorted(look.items()))
        if key not in self._formats:
            wanted: dict[str, Any] = {"font_size": 10, "valign": "top", **look}
            formats = _FORMATS | (_FORMATS_ZH if self.story.lang == "zh_CN" else {})
            if kind in formats:
                wanted |= {"num_format": formats[kind], "align": "right"}
            if kind == "long":
                wanted["text_wrap"] = True
            self._formats[key] = self.book.add_format(wanted)
        return self._formats[key]

    def put(self, sheet: Any, row: int, column: int, value: Any, kind: str = "text", **look: Any) -> None:
        """Write one value as what it is."""
        if isinstance(value, Cell):
            value, kind = value.value, value.kind
        if value is HIDDEN:
            value, look = self.t("review.hidden"), look | {"font_color": _colour("ink-3"), "align": "right"}
        if value is None or value != value:
            sheet.write_blank(row, column, None, self.format(kind, **look))
        elif isinstance(value, str):
            text = value if len(value) <= _LONGEST_CELL else value[:_LONGEST_CELL] + "…"
            if text.lstrip(" \u00a0\u3000").startswith(_BEGINS_FORMULA):
                # Stays text even when somebody edits the cell.
                look = look | {"quote_prefix": True}
            sheet.write_string(row, column, text, self.format("long" if kind == "long" else "text", **look))
        else:
            sheet.write_number(row, column, scaled(value, kind), self.format(kind, **look))

    # Sheets --------------------------------------------------------------------------

    def sheet(self, label: str) -> Any:
        """Return a new sheet, ready for paper; no two have one name."""
        name = base = _NO_SHEET_NAME.sub(" ", label).strip()[:31] or "–"
        number = 1
        while name.casefold() in self._names:
            number += 1
            name = f"{base[:27]} {number}"
        self._names.add(name.casefold())
        sheet = self.book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.set_margins(0.5, 0.5, 0.6, 0.6)
        sheet.fit_to_pages(1, 0)
        whose = f"{self.story.project} · {self.story.cycle}".replace("&", "&&")[:120]
        sheet.set_footer(f"&L&8{whose}&R&8&P / &N")
        return sheet

    def _heading(self, sheet: Any, title: str, subtitle: str) -> None:
        self.put(sheet, 0, 0, title, bold=True, font_size=14)
        self.put(sheet, 1, 0, subtitle, font_color=_colour("ink-2"))

    def _summary(self) -> None:
        story = self.story
        sheet = self.sheet(story.summary.label)
        self._heading(sheet, story.title, story.subtitle)
        row = HEAD
        if story.summary.rows:
            row = self._table(sheet, row, story.summary) + 1
        for text, _ in story.tags:
            self.put(sheet, row, 0, text)
            row += 1
        row += 1
        self.put(sheet, row, 0, self.t("review_pack.findings"), bold=True)
        for page in story.pages:
            row += 1
            self.put(sheet, row, 0, page.label, font_color=_colour("ink-2"))
            self.put(sheet, row, 1, page.title)
        self._widths(sheet, story.summary.columns, story.summary.rows, [[page.label] for page in story.pages])
        sheet.freeze_panes(2, 0)

    def _page(self, page: Page) -> None:
        sheet = self.sheet(page.label)
        self._heading(sheet, page.title, page.subtitle)
        if not page.rows:
            self.put(sheet, HEAD, 0, page.nothing)
            return
        below = self._table(sheet, HEAD, page)
        self._widths(sheet, page.columns, page.rows)
        sheet.freeze_panes(HEAD + 1, 1)
        sheet.repeat_rows(HEAD)
        if page.native is not None:
            chart = draw(self.book, sheet, page, self.format)
            sheet.insert_chart(below + 1, 0, chart, {"object_position": 2, "description": page.title[:250]})

    def _table(self, sheet: Any, row: int, page: Page) -> int:
        """Write a table with its head; return the row below it."""
        for column, head in enumerate(page.columns):
            self.put(sheet, row, column, head.label, **_HEAD_LOOK, align=_side(head))
        sheet.set_row(row, 30)
        for values in page.rows:
            row += 1
            for column, (head, value) in enumerate(zip(page.columns, values, strict=True)):
                self.put(sheet, row, column, value, head.kind)
        return row + 1

    def _widths(
        self, sheet: Any, columns: Iterable[Column], rows: list[Any], more: Iterable[Any] = ()
    ) -> None:
        for number, head in enumerate(columns):
            if head.kind == "long":
                sheet.set_column(number, number, _LONG)
                continue
            texts = [row[number] for row in [*rows, *more] if number < len(row)]
            lengths = [_length(text) for text in texts if isinstance(text, str)]
            wanted = max([_NARROWEST, min(_length(head.label), 14) + 1, *lengths]) + 1
            sheet.set_column(number, number, min(wanted, _WIDEST))

    def _sentences(self, label: str, title: str) -> None:
        if not self.story.method:
            return
        sheet = self.sheet(label)
        self._heading(sheet, title, "")
        sheet.set_column(0, 0, 110)
        for number, sentence in enumerate(self.story.method):
            self.put(sheet, HEAD + number, 0, sentence, "long")

    def _facts(self) -> None:
        sheet = self.sheet(self.t("review_pack.sheet.facts"))
        self._heading(sheet, self.t("review_pack.facts.title"), "")
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 1, 90)
        for number, (fact, value) in enumerate(self.story.facts):
            self.put(sheet, HEAD + number, 0, fact)
            self.put(sheet, HEAD + number, 1, value)
        sheet.freeze_panes(HEAD, 1)


def scaled(value: Any, kind: str) -> float:
    """Return a number as its cell holds it: points in hundredths, the rest as it is."""
    number = float(value)
    return round(number * 100, 6) if kind == "points" else number


def _colour(token: str) -> str:
    return theme.tokens("light")[token]


_HEAD_LOOK: dict[str, Any] = {
    "bold": True,
    "text_wrap": True,
    "bottom": 1,
    "bottom_color": theme.tokens("light")["line-2"],
    "font_color": theme.tokens("light")["ink-2"],
}


def _side(head: Column) -> str:
    return "right" if head.kind in _FORMATS else "left"


def _length(text: str) -> int:
    """Return how wide text is: a Chinese character is as wide as two Latin ones."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text[:200])

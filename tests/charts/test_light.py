"""Altair is imported without what only checks addresses."""

from __future__ import annotations

import subprocess
import sys

import pytest

FIRST = "import sys; from workbench import charts; charts.compare_k"


@pytest.mark.parametrize("then", ["'lark' not in sys.modules", "__import__('rfc3987_syntax')"])
def test_a_chart_loads_no_grammars_and_takes_them_from_nobody(then: str) -> None:
    code = f"{FIRST}; assert 'altair' in sys.modules; assert {then}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

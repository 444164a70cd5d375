"""Altair, without what its import would load and a chart never needs."""

from __future__ import annotations

import sys

_UNUSED = "rfc3987_syntax"
"""Builds 38 grammars of addresses when jsonschema is imported, which Altair does: 0.9 s a process."""

_is_absent = _UNUSED not in sys.modules
if _is_absent:
    # jsonschema does without: a chart's specification has no address to check.
    sys.modules[_UNUSED] = None  # type: ignore[assignment]
try:
    import altair
finally:
    if _is_absent:
        del sys.modules[_UNUSED]

__all__ = ["altair"]

"""Start of a dashboard's kernel: ``python -m workbench.publish.kernel -f connection.json``.

The same as ``ipykernel_launcher``, without what a dashboard never needs.
"""

from __future__ import annotations

import sys

UNUSED = ("rfc3987_syntax", "rfc3987", "isoduration", "arrow", "debugpy")
"""Checkers of text formats that jsonschema would load with Altair, and a debugger: 20 MB a viewer."""


def leave_out() -> None:
    """Let imports of `UNUSED` fail; who asks for them does without."""
    for name in UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]


def main() -> None:
    """Run a kernel with this process's arguments."""
    leave_out()
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


if __name__ == "__main__":
    main()

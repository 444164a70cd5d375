"""What a published process may do: it runs as one role, and its kernels inherit it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from workbench.errors import ParameterProblem
from workbench.ui.request import PUBLISHED
from workbench.ui.vega import BUNDLE_IN_PAGE

ROLES = ("participant", "viewer", "contributor", "analyst")
"""A participant's process serves the page of brainstorm rooms; the others serve the dashboards."""

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")

# One arena and the system's own allocator for Arrow: what a read leaves behind goes back to
# the machine. Together they spare a viewer's kernel about 40 MB.
_SMALL = {"MALLOC_ARENA_MAX": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}


def checked_role(role: str) -> str:
    """Return the role if there is such a one.

    Examples
    --------
    >>> checked_role("viewer")
    'viewer'
    """
    if role not in ROLES:
        raise ParameterProblem("publish.error.role", role=role, known=", ".join(ROLES))
    return role


def cull_seconds(role: str) -> int:
    """Return after how long a kernel that no page uses is ended; a participant's phone sleeps.

    Examples
    --------
    >>> cull_seconds("viewer"), cull_seconds("participant")
    (600, 1800)
    """
    return 1_800 if role == "participant" else 600


def kernel_environment(role: str, project: str | Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables that every kernel of the process gets.

    Reading dashboards need no parallel arithmetic, and each thread costs every viewer
    memory: one thread, unless the environment says otherwise.

    Examples
    --------
    >>> environment = kernel_environment("viewer", "demo_bank", {})
    >>> environment["WORKBENCH_ROLE"], environment["WORKBENCH_PUBLISHED"]
    ('viewer', '1')
    """
    fixed = {
        "WORKBENCH_ROLE": checked_role(role),
        "WORKBENCH_PROJECT": str(project),
        PUBLISHED: "1",
        BUNDLE_IN_PAGE: "1",
    }
    advised = {**dict.fromkeys(_ONE_THREAD, "1"), **_SMALL}
    return {name: value for name, value in advised.items() if name not in inherited} | fixed

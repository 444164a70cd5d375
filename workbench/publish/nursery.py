"""A process that has imported everything, and forks a kernel whenever it is asked.

It is started by the dashboards' server as ``python -m workbench.publish.nursery`` and
talks to it over an inherited socket, one JSON line a request. A fork has all modules at
once and shares their memory with its siblings. Nothing here starts a thread, reads a
project or computes: a fork of a process with threads may hang.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from workbench.publish.kernel import leave_out

_ALWAYS = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "IPython.core.completer",
    "ipywidgets",
    "anywidget",
    "sqlalchemy.dialects.sqlite",
    "tornado.websocket",
)
PREPARED = (
    *_ALWAYS,
    "pandas",
    "pyarrow.parquet",
    "altair",
    "workbench.project.opening",
    "workbench.project.insight",
    "workbench.project.strategy",
    "workbench.project.execution",
    "workbench.project.review",
    "workbench.charts",
    "workbench.ui.screens.insight",
    "workbench.ui.screens.strategy",
    "workbench.ui.screens.execution",
    "workbench.ui.screens.review",
)
"""What a viewer's kernel needs. scikit-learn, UMAP and the engines are not among it."""
PREPARED_ROOM = (*_ALWAYS, "workbench.store", "workbench.ui.screens.room")
"""What a participant's kernel needs: no table is read there, and nothing is drawn of one."""
READY = "ready"


def main(descriptor: int) -> int:
    """Import, say so, and answer until the server is gone."""
    server = socket.socket(fileno=descriptor)
    stream = server.makefile("rw", encoding="utf-8")
    _prepare()
    _send(stream, {READY: threads() == 1})
    children: dict[int, int | None] = {}
    own = os.getpid()
    for line in stream:
        asked = json.loads(line)
        if "fork" in asked:
            pid = os.fork()
            if pid == 0:
                _become_kernel(asked["fork"] | {"parent": own}, server)
            children[pid] = None
            _send(stream, {"pid": pid})
        elif "poll" in asked:
            _reap(children)
            _send(stream, {"code": children.get(asked["poll"], 0)})
    return 0


def _prepare() -> None:
    from importlib import import_module

    leave_out()
    for name in PREPARED_ROOM if os.environ.get("WORKBENCH_ROLE") == "participant" else PREPARED:
        with contextlib.suppress(ImportError):
            import_module(name)
    # What is there now is never freed: collecting it would only unshare its pages.
    gc.collect()
    gc.freeze()


def threads() -> int:
    """Return the number of this process's threads, 0 where it can't be told.

    jemalloc's own, which comes with Arrow, is left out: it stops before a fork and
    starts again in the child.
    """
    tasks = Path("/proc/self/task")
    names = [(task / "comm").read_text() for task in tasks.iterdir()] if tasks.is_dir() else []
    return sum(not name.startswith("jemalloc_bg") for name in names)


def _send(stream: Any, message: dict[str, Any]) -> None:
    stream.write(json.dumps(message) + "\n")
    stream.flush()


def _reap(children: dict[int, int | None]) -> None:
    for pid, code in list(children.items()):
        if code is None:
            with contextlib.suppress(ChildProcessError):
                found, status = os.waitpid(pid, os.WNOHANG)
                if found:
                    children[pid] = os.waitstatus_to_exitcode(status)


def _become_kernel(asked: dict[str, Any], server: socket.socket) -> None:
    """Be a kernel from here on; never returns."""
    code = 1
    try:
        server.detach()
        os.setsid()
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
            signal.signal(name, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.environ.clear()
        os.environ.update(asked["env"])
        os.chdir(asked["cwd"] or ".")
        # Both were settled when the modules were imported, before there was a kernel: whom it
        # dies with, and that widgets talk through it.
        late = [f"--IPKernelApp.parent_handle={asked['parent']}", "--ext=ipywidgets"]
        sys.argv = ["workbench.publish.kernel", *asked["arguments"], *late]
        _nothing_on_standard_input()
        from ipykernel.kernelapp import launch_new_instance

        launch_new_instance()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        # Not sys.exit: the server's loop must not go on in the child.
        os._exit(code)


def _nothing_on_standard_input() -> None:
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))

"""Kernels forked from a process that has imported everything: on Linux, where that is safe.

Ten people who open a dashboard at once then wait for no imports, and their kernels share
the memory of the modules. Elsewhere, and whenever the forking process can't be had, a
kernel is started the ordinary way.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from importlib.metadata import EntryPoint
from typing import Any

from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from workbench.publish.nursery import READY

NAME = "workbench-forking"
_PATIENCE = 60.0
# A library that starts threads when it is imported would make forking unsafe.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class Nursery:
    """The forking process as the server sees it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            os.set_inheritable(theirs.fileno(), True)
            self._process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
                [sys.executable, "-m", "workbench.publish.nursery", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                env={**os.environ, **dict.fromkeys(_ONE_THREAD, "1")},
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        ours.settimeout(_PATIENCE)
        self._socket = ours
        self._stream = ours.makefile("rw", encoding="utf-8")
        self._lock = threading.Lock()
        self._ready: bool | None = None

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    def ready(self) -> bool:
        """Wait until everything is imported; say whether it may fork."""
        with self._lock:
            if self._ready is None:
                try:
                    self._ready = bool(json.loads(self._stream.readline() or "{}").get(READY))
                except (OSError, ValueError):
                    self._ready = False
            return self._ready

    def ask(self, **message: Any) -> dict[str, Any]:
        """Send a request and return the answer.

        Raises
        ------
        OSError
            If the process is gone.
        """
        with self._lock:
            self._stream.write(json.dumps(message) + "\n")
            self._stream.flush()
            line = self._stream.readline()
        if not line:
            raise ConnectionResetError("the forking process is gone")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """Let the process end: it does when nobody holds the other end of its socket."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._stream.close()
        self._socket.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class ForkedKernel:
    """A forked kernel, with the methods of `subprocess.Popen` that a provisioner uses."""

    stdin = stdout = stderr = None

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self._nursery = nursery
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        if self.returncode is None:
            try:
                self.returncode = self._nursery.ask(poll=self.pid)["code"]
            except (OSError, ValueError):
                self.returncode = None if _alive(self.pid) else 1
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code; called once `poll` has said that it has ended."""
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired("kernel", timeout or 0.0)
        return code

    def send_signal(self, signum: int) -> None:
        """Signal the kernel, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, signum)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class ForkingProvisioner(LocalProvisioner):
    """Starts kernels by forking; otherwise as its base class does."""

    nursery: Nursery | None = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork a kernel with the command's arguments, environment and folder."""
        nursery = type(self).nursery
        if nursery is None or not await asyncio.to_thread(nursery.ready):
            return await super().launch_kernel(cmd, **kwargs)
        env = dict(kwargs.get("env") or os.environ)
        asked = {"arguments": _arguments(cmd), "env": env, "cwd": str(kwargs.get("cwd") or "")}
        try:
            pid = nursery.ask(fork=asked)["pid"]
        except (OSError, ValueError, KeyError):
            type(self).nursery = None
            nursery.close()
            return await super().launch_kernel(cmd, **kwargs)
        self.process = ForkedKernel(nursery, pid)  # type: ignore[assignment]
        self.pid = self.pgid = pid  # it leads its own group
        self.cwd = kwargs.get("cwd")
        return self.connection_info


def start_nursery() -> Nursery | None:
    """Let this process's kernels be forked, where that is safe.

    Returns
    -------
    Nursery or None
        To be closed at the end; None where kernels are started the ordinary way.
    """
    if not sys.platform.startswith("linux"):
        return None
    factory = KernelProvisionerFactory.instance()
    factory.provisioners[NAME] = EntryPoint(NAME, f"{__name__}:ForkingProvisioner", factory.GROUP_NAME)
    factory.default_provisioner_name = NAME
    ForkingProvisioner.nursery = Nursery()
    return ForkingProvisioner.nursery


def _arguments(cmd: list[str]) -> list[str]:
    """Return what follows the module in ``python -m module …``.

    Examples
    --------
    >>> _arguments(["python", "-m", "workbench.publish.kernel", "-f", "kernel.json"])
    ['-f', 'kernel.json']
    """
    return cmd[cmd.index("-m") + 2 :]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True

"""Kernels forked from a process that has imported everything; elsewhere the ordinary way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import httpx
import psutil
import pytest

from workbench.publish import Dashboards
from workbench.publish.forking import ForkedKernel, Nursery
from workbench.publish.nursery import PREPARED

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="kernels are forked on Linux")


@pytest.fixture(scope="module")
def nursery():
    made = Nursery()
    assert made.ready()
    yield made
    made.close()


def _fork(nursery, tmp_path, *arguments):
    asked = {"arguments": [*arguments], "env": {**os.environ, "A_MARK": "here"}, "cwd": str(tmp_path)}
    return ForkedKernel(nursery, nursery.ask(fork=asked)["pid"])


def test_what_is_prepared_starts_no_thread_and_loads_no_engine():
    code = (
        "import sys; from workbench.publish import nursery; nursery._prepare();"
        f"missing = [m for m in {PREPARED!r} if m not in sys.modules];"
        "heavy = [m for m in ('sklearn', 'umap', 'numba', 'duckdb', 'ibis', 'voila') if m in sys.modules];"
        "print(nursery.threads(), missing, heavy)"
    )
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "1 [] []", done.stderr


def test_a_fork_is_a_kernel_of_its_own_place_and_environment(nursery, tmp_path, wait_for):
    kernel = _fork(nursery, tmp_path, "-f", str(tmp_path / "kernel.json"))
    try:
        assert wait_for((tmp_path / "kernel.json").is_file)
        process = psutil.Process(kernel.pid)
        assert process.ppid() == nursery.pid
        assert process.cwd() == str(tmp_path)
        assert os.getpgid(kernel.pid) == kernel.pid
        assert kernel.poll() is None
    finally:
        kernel.kill()
    assert wait_for(lambda: kernel.poll() is not None)
    assert kernel.wait() == -signal.SIGKILL


def test_a_fork_that_cannot_start_ends_and_says_so(nursery, tmp_path, wait_for):
    kernel = _fork(nursery, tmp_path, "--help")
    assert wait_for(lambda: kernel.poll() is not None)
    assert kernel.returncode == 0


def test_without_the_forking_process_kernels_start_the_ordinary_way(published, tmp_path, wait_for):
    dashboards = Dashboards(tmp_path, notebooks=published.folder, preheat=False, log=tmp_path / "log.txt")
    with dashboards, httpx.Client(trust_env=False, timeout=60) as client:
        server = psutil.Process(dashboards.pid)
        client.get(dashboards.address())  # brings the cookie
        page = f"http://127.0.0.1:{dashboards.port}/voila/render/01_insight.ipynb"
        client.get(page)
        forking = next(child for child in server.children() if "nursery" in " ".join(child.cmdline()))
        forked = forking.children()
        assert len(forked) == 1
        forking.kill()
        # A kernel whose origin is gone ends too, so that nothing is left running unseen.
        _, alive = psutil.wait_procs(forked, timeout=15)
        assert alive == []
        client.get(page)
        plain = [child for child in server.children() if "publish.kernel" in " ".join(child.cmdline())]
        assert plain  # the page that was open may have had its kernel started again

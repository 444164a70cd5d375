"""Time and trustworthiness of `embed` beside UMAP's own search for neighbours, in one run.

Each way runs in a fresh process, in turn, so often as ``--rounds`` says; both draw the same
customers with the same settings and seed. Ours gives UMAP the exact neighbours; the peer is
``UMAP(n_neighbors=15, min_dist=0.1, random_state=0, n_jobs=1).fit_transform``. Printed are the
seconds of the picture and of a second one in the same process, which is without compiling, and
the trustworthiness that scikit-learn computes on 3,000 of the customers.

    python benchmarks/embedding.py [--rows 20000] [--columns 33] [--rounds 2]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import warnings
from typing import Any

WAYS = ("ours", "umap")
JUDGED = 3_000


def customers(rows: int, columns: int) -> Any:
    """Return six groups of customers that touch each other."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(0)
    centres = 1.6 * rng.normal(size=(6, columns))
    values = centres[rng.integers(0, 6, rows)] + rng.normal(size=(rows, columns))
    return pd.DataFrame(values, columns=[f"feature_{i:02d}" for i in range(columns)]).rename(index=str)


def draw(way: str, rows: int, columns: int) -> dict[str, float]:
    """Draw the picture twice in this process; return the seconds of each and its trustworthiness."""
    import numpy as np
    from sklearn.manifold import trustworthiness
    from sklearn.preprocessing import StandardScaler

    features = customers(rows, columns)
    scaled = StandardScaler().fit_transform(features)
    seconds = []
    for _ in range(2):
        started = time.perf_counter()
        places = _ours(features) if way == "ours" else _umap(scaled)
        seconds.append(time.perf_counter() - started)
    judged = np.random.default_rng(0).choice(rows, min(rows, JUDGED), replace=False)
    trust = trustworthiness(scaled[judged], places[judged], n_neighbors=15)
    return {"first": seconds[0], "second": seconds[1], "trust": float(trust)}


def _ours(features: Any) -> Any:
    from workbench.insight import embed

    return embed(features, random_state=0).points[["x", "y"]].to_numpy()


def _umap(scaled: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from umap import UMAP

        return UMAP(n_neighbors=15, min_dist=0.1, random_state=0, n_jobs=1).fit_transform(scaled)


def main() -> int:
    """Run both ways in turn and print them side by side."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--columns", type=int, default=33)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        print(json.dumps(draw(given.way, given.rows, given.columns)))
        return 0
    found: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for number in range(1, given.rounds + 1):
        for way in WAYS:
            # A file beside this one has the name of a package that numba would import.
            command = [sys.executable, "-P", __file__, "--way", way]
            command += ["--rows", str(given.rows), "--columns", str(given.columns)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            one = json.loads(done.stdout.splitlines()[-1])
            found[way].append(one)
            print(
                f"round {number}, {way:4}: first {one['first']:5.1f} s, second {one['second']:5.1f} s, "
                f"trustworthiness {one['trust']:.3f}",
                flush=True,
            )
    for name in ("first", "second"):
        best = {way: min(one[name] for one in rounds) for way, rounds in found.items()}
        ratio = best["umap"] / best["ours"]
        print(f"{name} picture of a process: UMAP's own way takes {ratio:.1f} times as long")
    return 0


if __name__ == "__main__":
    sys.exit(main())

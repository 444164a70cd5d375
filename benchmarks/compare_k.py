"""Time and memory of compare_k beside a plain loop of scikit-learn calls, in one run.

The loop computes the same indices the way a notebook would: it clusters, calls
``silhouette_score``, and clusters resamples and references, one k after the other.

    python benchmarks/compare_k.py [customers] [features]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

KS = range(2, 13)
N_BOOTSTRAP, N_REFERENCES, SAMPLE = 20, 10, 10_000


def customers(n: int, n_features: int):
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(0)
    centres = rng.normal(size=(6, n_features))
    values = centres[rng.integers(0, 6, n)] + 1.2 * rng.normal(size=(n, n_features))
    return pd.DataFrame(values, columns=[f"feature_{i:02d}" for i in range(n_features)])


def ours(features) -> dict[int, float]:
    from workbench.insight import compare_k

    table = compare_k(features, KS, sample_size=SAMPLE, n_bootstrap=N_BOOTSTRAP, n_references=N_REFERENCES)
    return dict(zip(table["k"].tolist(), table["silhouette_score"].tolist(), strict=True))


def plain_loop(features) -> dict[int, float]:
    import numpy as np
    from sklearn.cluster import KMeans
    from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score
    from sklearn.preprocessing import StandardScaler

    points = StandardScaler().fit_transform(features)
    rng = np.random.default_rng(0)
    rows = np.sort(rng.choice(len(points), min(SAMPLE, len(points)), replace=False))
    sample = points[rows]
    low, high = sample.min(axis=0), sample.max(axis=0)
    found = {}
    for k in KS:
        labels = KMeans(k, n_init=10, random_state=0).fit_predict(points)
        found[k] = silhouette_score(sample, labels[rows])
        calinski_harabasz_score(points, labels)
        davies_bouldin_score(points, labels)
        for number in range(N_REFERENCES):
            KMeans(k, n_init=3, random_state=number).fit(rng.uniform(low, high, sample.shape))
        for number in range(N_BOOTSTRAP):
            drawn = np.unique(rng.integers(0, len(sample), len(sample)))
            anew = KMeans(k, n_init=3, random_state=number).fit_predict(sample[drawn])
            for one in range(k):
                mine = labels[rows][drawn] == one
                max((mine & (anew == other)).sum() / (mine | (anew == other)).sum() for other in range(k))
    return found


def measure(which: str, n: int, n_features: int) -> None:
    """Run one of the two in this process and print time, memory and the silhouettes."""
    import resource

    import sklearn.cluster
    import sklearn.metrics  # noqa: F401

    features = customers(n, n_features)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, cpu = time.perf_counter(), time.process_time()
    found = (ours if which == "ours" else plain_loop)(features)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "cpu": cpu, "mib": (peak - before) / 1024, "silhouettes": found}))


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    n_features = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    print(f"{n:,} customers, {n_features} features, k = {KS.start} to {KS.stop - 1}, one core")
    results = {}
    for which in ("ours", "plain loop"):
        # A process each, so that neither inherits the other's memory.
        run = subprocess.run(
            [sys.executable, __file__, "--measure", which, str(n), str(n_features)],
            check=True,
            capture_output=True,
            text=True,
        )
        results[which] = json.loads(run.stdout)
        print(
            f"{which:>12}: {results[which]['seconds']:6.1f} s, {results[which]['mib']:6.0f} MiB more at peak"
        )
    difference = max(
        abs(results["ours"]["silhouettes"][k] - results["plain loop"]["silhouettes"][k])
        for k in results["ours"]["silhouettes"]
    )
    print(f"largest difference of a silhouette: {difference:.1e}")
    print(f"speed-up: {results['plain loop']['cpu'] / results['ours']['cpu']:.1f} in processor time")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        main()

"""Labels from the engine against scikit-learn's and the segmenter's own."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans

import workbench as wb
from workbench.engine import Engine
from workbench.errors import ParameterProblem
from workbench.insight.assignment import ASSIGNABLE
from workbench.insight.scaling import fit_scaling
from workbench.insight.segmenter import ALGORITHMS


@pytest.fixture(scope="module")
def features() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    centres = rng.uniform(-3, 3, size=(5, 4))
    values = centres[rng.integers(0, 5, 3_000)] + rng.normal(size=(3_000, 4))
    frame = pd.DataFrame(
        values * [1, 1_000, 0.01, 30], columns=["age", "balance_total", "share_fund", "recency"]
    )
    return frame.assign(housing=rng.integers(0, 2, 3_000).astype(float))


@pytest.fixture
def engine():
    with Engine(threads=1) as opened:
        yield opened


def labels(engine: Engine, expression: ibis.Table) -> np.ndarray:
    return engine.frame(expression.order_by("row"))["cluster"].to_numpy()


def table(engine: Engine, frame: pd.DataFrame, folder) -> ibis.Table:
    frame.rename_axis("row").reset_index().to_parquet(folder / "customers.parquet")
    return engine.table("customers", folder / "customers.parquet")


@pytest.mark.parametrize("scaling", ["standard", "robust"])
@pytest.mark.parametrize("algorithm", [one for one in ASSIGNABLE if one in ALGORITHMS])
def test_labels_are_the_segmenters(features, engine, tmp_path, algorithm, scaling):
    segmenter = wb.Segmenter(5, algorithm=algorithm, scaling=scaling).fit(features.head(500))
    found = labels(engine, wb.assign_in_engine(segmenter, table(engine, features, tmp_path)))
    assert found.tolist() == segmenter.predict(features).tolist()
    assert len(set(found)) == 5


@pytest.mark.parametrize("outliers", ["keep", "winsorise"])
def test_weights_and_outliers_are_those_of_fit(features, engine, tmp_path, outliers):
    segmenter = wb.Segmenter(5, weights={"age": 4.0, "recency": 0.25}, outliers=outliers).fit(features)
    far = features.assign(balance_total=features["balance_total"] * 3)
    found = labels(engine, wb.assign_in_engine(segmenter, table(engine, far, tmp_path)))
    assert found.tolist() == segmenter.predict(far).tolist()


def test_labels_are_scikit_learns(features, engine, tmp_path):
    """KMeans itself, on the same scaled data, without a line of ours."""
    segmenter = wb.Segmenter(5, random_state=3).fit(features)
    scaled = fit_scaling(features).apply(features.to_numpy())
    theirs = KMeans(5, n_init=10, random_state=3).fit(scaled)
    found = labels(engine, wb.assign_in_engine(segmenter, table(engine, features, tmp_path)))
    pairs = pd.crosstab(found, theirs.predict(scaled))
    assert ((pairs > 0).sum(axis=0) == 1).all()
    assert ((pairs > 0).sum(axis=1) == 1).all()


def test_a_stored_segmenter_assigns_the_same(features, engine, tmp_path):
    segmenter = wb.Segmenter(4).fit(features)
    again = wb.Segmenter.from_json(segmenter.to_json())
    found = labels(engine, wb.assign_in_engine(again, table(engine, features, tmp_path)))
    assert found.tolist() == segmenter.labels_.tolist()


def test_other_columns_stay_in_order_and_nothing_of_ours(features, engine, tmp_path):
    frame = features.assign(_x0=1.0, __d0="a", name="Li")
    assigned = wb.assign_in_engine(
        wb.Segmenter(3).fit(features), table(engine, frame, tmp_path), name="group"
    )
    assert assigned.columns == ("row", *frame.columns, "group")
    assert assigned["group"].type() == ibis.dtype("int64")


def test_who_is_as_near_to_two_clusters_goes_to_the_smaller_number(engine, tmp_path):
    points = pd.DataFrame({"age": [-3.0] * 6 + [3.0] * 5 + [0.0]})
    segmenter = wb.Segmenter(2).fit(points.iloc[:11].assign(age=lambda f: f["age"].clip(-3, 3)))
    middle = float(segmenter.centroids_.mean())
    tied = pd.DataFrame({"age": [middle, -3.0, 3.0]})
    found = labels(engine, wb.assign_in_engine(segmenter, table(engine, tied, tmp_path)))
    assert found.tolist() == segmenter.predict(tied).tolist() == [0, 0, 1]


def test_one_value_of_a_text_column_may_be_given_by_the_column(engine, tmp_path):
    jobs = pd.Series(["retired", "student", None, "manager"] * 30, dtype="str")
    customers = pd.DataFrame(
        {"customer_id": [str(i) for i in range(120)], "job": jobs, "age": np.arange(120.0)}
    )
    features = wb.build_features(customers)
    assert "job=student" in features
    segmenter = wb.Segmenter(3).fit(features)
    raw = customers.drop(columns="customer_id")
    found = labels(engine, wb.assign_in_engine(segmenter, table(engine, raw, tmp_path)))
    assert found.tolist() == segmenter.labels_.tolist()


@pytest.mark.parametrize("value", [np.nan, None, np.inf, -np.inf])
def test_who_lacks_a_feature(features, engine, tmp_path, value):
    segmenter = wb.Segmenter(3).fit(features)
    gaps = features.copy()
    gaps.loc[[2, 5], "recency"] = value
    customers = table(engine, gaps, tmp_path)
    with pytest.raises(ParameterProblem, match='"recency" has 2 cells that are empty or infinite'):
        wb.assign_in_engine(segmenter, customers)
    found = labels(engine, wb.assign_in_engine(segmenter, customers, missing="unassigned"))
    assert found[[2, 5]].tolist() == [-1, -1]
    kept = np.delete(np.arange(len(features)), [2, 5])
    assert found[kept].tolist() == segmenter.labels_[kept].tolist()


def test_whole_numbers_and_booleans_are_numbers(engine, tmp_path):
    frame = pd.DataFrame({"age": np.arange(40), "housing": np.arange(40) % 3 == 0})
    segmenter = wb.Segmenter(3).fit(frame.astype("float64"))
    found = labels(engine, wb.assign_in_engine(segmenter, table(engine, frame, tmp_path)))
    assert found.tolist() == segmenter.labels_.tolist()


def test_what_is_refused(features, engine, tmp_path):
    segmenter = wb.Segmenter(3).fit(features)
    customers = table(engine, features, tmp_path)
    with pytest.raises(ParameterProblem, match="not in the table: recency"):
        wb.assign_in_engine(segmenter, customers.drop("recency"))
    with pytest.raises(ParameterProblem, match='"age" does not hold numbers'):
        wb.assign_in_engine(segmenter, customers.mutate(age=customers.age.cast("string")))
    with pytest.raises(ParameterProblem, match="has a column"):
        wb.assign_in_engine(segmenter, customers, name="age")
    with pytest.raises(ParameterProblem, match='missing can\'t be "drop"'):
        wb.assign_in_engine(segmenter, customers, missing="drop")
    other = wb.Segmenter(3).fit(features)
    other.algorithm = "hdbscan"
    with pytest.raises(ParameterProblem, match="can't be assigned inside the engine"):
        wb.assign_in_engine(other, customers)

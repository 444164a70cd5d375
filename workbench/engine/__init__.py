"""The one seam between the workbench and the engine that works on large tables.

Ibis expressions run where the data is: in an in-memory DuckDB over Parquet files by
default, in another engine by URL. Nothing else in the package opens an Ibis backend.
"""

from workbench.engine.seam import Engine

__all__ = ["Engine"]

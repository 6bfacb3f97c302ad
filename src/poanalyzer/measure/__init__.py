"""Numbers: one metric a file, in a folder for each area, found by scanning the package."""

from poanalyzer.measure.catalogue import catalogue, explain, measure_all, metric_ids, reference

__all__ = ["catalogue", "explain", "measure_all", "metric_ids", "reference"]

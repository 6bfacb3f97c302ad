"""Reads exports into the canonical log: one adapter a file in ``adapters/``, found by scanning the package."""

"""Histories of Temporal workflow runs, read into the canonical tables."""

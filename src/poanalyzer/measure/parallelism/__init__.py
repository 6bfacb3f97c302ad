"""Parallelism: what really ran at the same time."""

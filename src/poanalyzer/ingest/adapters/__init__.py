"""Adapters: each module holds one ``ADAPTER``."""

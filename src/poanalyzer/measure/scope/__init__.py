"""Scope: how far orchestration has spread."""

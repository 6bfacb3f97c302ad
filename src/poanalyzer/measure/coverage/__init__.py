"""Orchestration coverage: how much of the process the engine coordinates."""

"""Logs without an engine's own tables: events by case, activity and time into canonical rows."""

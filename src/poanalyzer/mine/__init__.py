"""Finds what really ran: a few shared reductions of the log, small enough to reason about in Python."""

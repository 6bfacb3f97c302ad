"""XES logs: a stream of bytes into columns of events."""

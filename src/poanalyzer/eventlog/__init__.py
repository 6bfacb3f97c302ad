"""The canonical event log: what every export becomes, whatever engine wrote it."""

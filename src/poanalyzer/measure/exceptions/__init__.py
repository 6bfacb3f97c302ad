"""Exception handling: what goes wrong, and who copes with it."""

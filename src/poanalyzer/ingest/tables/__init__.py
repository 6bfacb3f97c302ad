"""Plain tables: how they are written, and which column is what."""

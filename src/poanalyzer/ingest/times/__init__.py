"""Points in time as exports write them: formats, zones, local clocks."""

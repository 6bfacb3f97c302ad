"""KPI trackability: which figures the records can support."""

"""Tables ``ACT_*`` live from a database: the one thing that reaches over a network, and only where a URL is given.

The database is read in one read-only transaction into Parquet files of the work folder, which are then read as any export is.
"""

from __future__ import annotations

from poanalyzer.ingest.live.database import fetch
from poanalyzer.ingest.live.url import DatabaseUrl, is_url, parse_url

__all__ = ["DatabaseUrl", "fetch", "is_url", "parse_url"]

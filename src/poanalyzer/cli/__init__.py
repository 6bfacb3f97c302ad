"""The command line: parses and prints, nothing else.

Data goes to standard output, everything else to standard error. Exit codes: 0 done, 1 a gate failed, 2 bad input or
usage, 3 done but incomplete, 70 a fault of the program, 130 interrupted, 141 the reader of a pipe went away.
"""

from __future__ import annotations

from poanalyzer.cli.program import main

__all__ = ["main"]

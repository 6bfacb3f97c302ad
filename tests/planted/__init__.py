"""Planted truth: simulated worlds whose every fact is known, told as engines would tell them, to measure the measurer.

world → ledger → renderers → corruption. Truths are counted in the ledger alone (``truth``). No part but ``analyser`` and
the tests knows the program under test. ``python -m tests.planted`` runs everything that ``suite`` lists at full size.
"""

"""``python -m poanalyzer`` is the same program as ``poanalyzer``."""

from poanalyzer.cli import main

if __name__ == "__main__":
    main()

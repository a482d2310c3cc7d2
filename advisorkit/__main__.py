"""``python -m advisorkit``."""

from advisorkit.cli import main

if __name__ == "__main__":
    main()

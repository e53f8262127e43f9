"""``python -m cnnviz`` and the ``cnnviz`` command."""

import sys

from cnnviz.cli.main import main as run


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run())


if __name__ == "__main__":
    main()

"""``python -m cnnviz`` and the ``cnnviz`` command."""

import signal
import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    # Until the command line has handlers of its own, Ctrl-C ends us as it ends any program: without a word.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from cnnviz.cli.main import main as run

    sys.exit(run())


if __name__ == "__main__":
    main()

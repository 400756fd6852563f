"""``python -m farthing`` and the ``farthing`` command.

``serve`` and ``engine`` are started by programs, often, and must be quick: they skip the command line, which takes
0.2 s to import, half as long as a bare language server takes to start.
"""

import gc
import sys


def main() -> int:
    """Run the command that the arguments name."""
    name, rest = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("", [])
    if name == "serve":
        # The protocol's types are some hundred thousand objects that all stay: looking through them for garbage while
        # they are made takes 70 of 350 ms, and later a pause every now and then.
        gc.disable()
        from farthing.server import main as serve

        gc.freeze()
        gc.enable()
        return serve(rest)
    if name == "engine":
        from farthing.engine.service import main as run_engine

        return run_engine(rest)
    try:
        from farthing.cli.app import main as run_command

        return run_command()
    except KeyboardInterrupt:  # before a command began
        return 130


if __name__ == "__main__":
    sys.exit(main())

"""``python -m farthing`` and the ``farthing`` command.

``serve`` and ``engine`` are started by programs, often, and must be quick: they skip the command-line library, which
takes longer to import than a bare language server takes to start.
"""

import sys


def main() -> int:
    """Run the command that the arguments name."""
    name, rest = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("", [])
    if name == "serve":
        from farthing.server import main as serve

        return serve(rest)
    if name == "engine":
        from farthing.engine.service import main as run_engine

        return run_engine(rest)
    from farthing.cli.app import main as run_command

    return run_command()


if __name__ == "__main__":
    sys.exit(main())

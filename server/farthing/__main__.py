"""``python -m farthing`` and the ``farthing`` command.

``serve`` and ``engine`` are started by programs, often, and must be quick: they skip the command-line library, which
takes longer to import than a bare language server takes to start.
"""

import sys


def main() -> int:
    """Run the command that the arguments name."""
    name, rest = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("", [])
    if name == "serve":
        from farthing import server

        return server.main(rest)
    if name == "engine":
        from farthing.engine import service

        return service.main(rest)
    from farthing.cli import app

    return app.main()


if __name__ == "__main__":
    sys.exit(main())

"""The command line: one module per command, put together in ``app``. Results go to stdout, messages to stderr."""

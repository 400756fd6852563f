"""Model files: which there are (catalogue), which are here and in use (store), how they get here (pull).

``catalogue``, ``store`` and ``pull`` are cheap to import: the language server does so at its start.
"""

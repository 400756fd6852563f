"""Providers that bill, each asked with httpx alone. Nobody uses them but through :mod:`farthing.backends.metered`."""

"""Questions about a repository, answered in words."""

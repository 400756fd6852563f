"""Whether a workspace's tests pass with changes that are not in it yet. Only the user says which command that is."""

"""What may leave this machine: secrets are taken out of it, and what is marked stays here. Pure but for files read."""

"""What the editor shows of the ledger: read in one place, and told by one notification."""

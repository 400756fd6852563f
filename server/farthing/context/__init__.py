"""What a model is shown of a repository for an instruction, and the receipt of it."""

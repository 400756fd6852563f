"""How a model is asked for an edit, and how hunks are read from what it says."""

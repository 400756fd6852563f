"""Edits: what a model writes is taken apart, proved to belong to one place, and spliced in there."""

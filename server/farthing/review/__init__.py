"""Hunks that wait for the user's decision, kept in their places while the text changes; pure."""

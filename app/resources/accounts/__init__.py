"""API accounts and their tokens."""

"""Policies: what each node is told, how it is signed, and what a change would make of it."""

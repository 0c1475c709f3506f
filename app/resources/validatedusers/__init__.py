"""Whose changes need no validation, and which targets are supervised."""

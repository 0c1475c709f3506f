"""Techniques: what can be configured, one document per version."""

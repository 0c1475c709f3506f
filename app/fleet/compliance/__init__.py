"""Compliance: what nodes report, held against what they were told."""

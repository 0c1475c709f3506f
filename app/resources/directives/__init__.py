"""Directives: a technique with values."""

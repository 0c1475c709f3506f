"""Techniques: how a directive's parameters are described, checked and completed, and the starter library."""

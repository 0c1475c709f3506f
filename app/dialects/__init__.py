"""Translators of other programs' routes and shapes; none of them has a rule of its own."""

"""Compliance of nodes, rules, directives, groups, and of everything."""

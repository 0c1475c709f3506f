"""Bundles: what one node must run, compiled from rules, directives, techniques, parameters and properties."""

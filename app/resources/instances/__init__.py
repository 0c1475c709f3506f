"""Instances: what runs on which node, made of an image."""

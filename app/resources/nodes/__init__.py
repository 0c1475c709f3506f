"""Nodes: the machines of a tenant, from the moment they are known until they are deleted."""

"""What configuration means for nodes: targets, techniques, and later nodes, groups and policies."""

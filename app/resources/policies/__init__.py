"""What nodes are told."""

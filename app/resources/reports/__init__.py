"""What nodes report."""

"""Group categories: the tree that groups are sorted into."""

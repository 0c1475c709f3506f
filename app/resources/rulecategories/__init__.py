"""Rule categories: the tree that rules are sorted into."""

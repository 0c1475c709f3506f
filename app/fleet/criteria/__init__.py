"""What nodes can be asked: attributes, comparators, queries."""

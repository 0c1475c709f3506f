"""Groups: sets of nodes, listed or found by a query."""

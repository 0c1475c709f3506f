"""Review policies: which changes wait for whom."""

"""What auditors ask of the whole configuration, answered from the log."""

"""Archives of the configuration, kept as tags in git."""

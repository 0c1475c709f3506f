"""A tenant to look at: a fleet with its configuration, its people and three months of history."""

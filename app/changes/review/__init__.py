"""Review: which change sets wait for people, what these decide, and when it is deployed."""

"""The web pages for people; each asks the public API and knows nothing else."""

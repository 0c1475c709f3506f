"""Rules: which directives apply to which nodes."""

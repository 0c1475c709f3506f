"""Settings of a tenant, one document each."""

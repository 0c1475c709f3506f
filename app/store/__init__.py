"""What is kept: database, tenancy, documents, secrets and git."""

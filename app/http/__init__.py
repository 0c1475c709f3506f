"""Everything that knows HTTP: versions, parameters, envelope, authentication, problems, OpenAPI."""

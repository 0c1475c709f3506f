"""One folder for each resource: schema, service, routes."""

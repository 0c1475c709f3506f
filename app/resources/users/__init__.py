"""Users: the people of a tenant, their invitations and their own tokens."""

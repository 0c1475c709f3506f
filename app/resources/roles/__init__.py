"""Roles: named sets of rights, Rudder's and a tenant's own."""

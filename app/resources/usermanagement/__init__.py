"""Rudder's user management: roles, what they open, and who holds them."""

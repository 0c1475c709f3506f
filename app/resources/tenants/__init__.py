"""Tenants: made by an administrator or by registering, looked after by their own people."""

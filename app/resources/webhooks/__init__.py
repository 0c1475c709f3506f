"""Webhooks: targets that are told of events, signed and in order."""

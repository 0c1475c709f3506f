"""The event log as auditors read it."""

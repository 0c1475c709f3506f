"""The one way to change configuration: change sets, the committer, events and their integrity."""

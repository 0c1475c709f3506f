"""The index of a tenant's fleet: who is in which group, which rules reach whom, as sets of numbers."""

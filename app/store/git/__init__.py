"""The git form of the log: objects, trees, packs, the writer that replays events and what readers need."""

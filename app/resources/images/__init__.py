"""Images: what instances are made of."""

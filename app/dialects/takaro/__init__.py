"""The root-level routes that clients of Takaro use."""

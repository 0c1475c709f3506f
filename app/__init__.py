"""Sternpost: versioned, reviewed and provable configuration of a fleet."""

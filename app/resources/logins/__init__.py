"""Logins: how a person gets in, stays in and gets out, and accepts an invitation."""

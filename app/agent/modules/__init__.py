"""Modules of Ansible that the agent brings."""

"""The node agent `sternpost-agent`: fetches its policy, applies it, reports. It imports nothing of the server."""

"""Rudder's configuration archives: a zip that is exported and imported (the way in and out for its users)."""

"""Techniques in Rudder's folders: read with their parameters, the rest kept as text, and written again."""

"""Change requests: Rudder's five calls, and the review of version 25."""

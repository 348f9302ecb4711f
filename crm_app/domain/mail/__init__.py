"""Mail: what is read of a message, and whom it concerns."""

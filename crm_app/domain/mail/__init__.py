"""Mail: what is read of a message, whom it concerns, and what is sent."""

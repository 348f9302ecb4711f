"""What models may cost, what they did cost, and that nobody can spend more than that: one meter in front of every call."""

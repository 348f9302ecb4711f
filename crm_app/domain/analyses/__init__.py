"""What a model made of a record, kept for whoever it was made for."""

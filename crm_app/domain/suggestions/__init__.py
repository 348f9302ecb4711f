"""What the assistant would change, and what became of it: nothing is done before a person says so."""

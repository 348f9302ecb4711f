"""Google: the practice's own client there, signing in to an account, and the tokens that come of it."""

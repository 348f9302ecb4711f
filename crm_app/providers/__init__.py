"""One folder for each outside system, each behind a small Protocol of the domain, each with a Fake."""

"""Documents of contacts that lie in a drive elsewhere, by file or by folder, and stay in step."""

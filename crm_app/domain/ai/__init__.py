"""What people decide about language models: whether they are used, which ones, for what."""

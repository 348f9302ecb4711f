"""Speaking to language models: the gateway, the one meter in front of it, and one file for each thing that a model is asked to do."""

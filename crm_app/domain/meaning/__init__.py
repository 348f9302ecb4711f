"""Finding what was meant: passages of entries and mails as vectors, beside the words in which they are written."""

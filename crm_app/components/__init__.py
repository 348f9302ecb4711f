"""What pages are made of: theme, shell, fields, feedback, tables. Data goes down, callbacks come up."""

"""What contacts agree to, and have taken back: one ledger, to which is only ever added."""

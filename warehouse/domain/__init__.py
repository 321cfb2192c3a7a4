"""Rules: plain values in, a verdict out. No database, no screen, no clock."""

"""Order files of the shops: bytes in, drafts and named faults out."""

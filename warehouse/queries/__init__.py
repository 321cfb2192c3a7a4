"""Reads for screens and paper: SELECT in, frozen dataclass out."""

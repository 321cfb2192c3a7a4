"""The outside without database: files and bytes to dataclasses."""

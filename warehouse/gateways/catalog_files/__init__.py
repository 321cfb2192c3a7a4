"""Files that bring items, stock and shelves."""

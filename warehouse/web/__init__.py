"""HTTP only: parse, permit, one service call, render one fragment."""

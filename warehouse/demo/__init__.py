"""The demo shop: a small bookshop's warehouse on an ordinary morning, with orders in every state of interest."""

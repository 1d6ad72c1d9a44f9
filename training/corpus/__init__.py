"""A small made-up world of conversations: one module for each family, and the mixture that training draws from."""

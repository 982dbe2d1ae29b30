"""Dead letters in their topic: buried, looked at, sent again."""

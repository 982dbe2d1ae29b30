"""Who may do what, and how one knows that it was they."""

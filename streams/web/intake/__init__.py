"""The intake: where people outside report what they have seen, on a listener of its own. It sees nothing itself."""

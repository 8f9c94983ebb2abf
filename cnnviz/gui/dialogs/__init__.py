"""Windows that ask for more than a dock has room for; none of them is modal."""

"""``cnnviz bench``: this program against the limit on the same machine, in the same run."""

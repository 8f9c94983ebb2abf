"""A network's calls as a graph that fits on a screen: folding, layout and walking. Free of torch and Qt."""

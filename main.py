"""Starts the window: ``python main.py``."""

from cnnviz.cli import main

if __name__ == "__main__":
    raise SystemExit(main())

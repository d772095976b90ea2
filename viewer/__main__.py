"""`python -m viewer` is `sidelight`."""

from viewer.cli import main

if __name__ == "__main__":  # a spawned decode worker imports this file again and must not open a second window
    raise SystemExit(main())

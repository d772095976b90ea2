"""`python -m viewer` is `sidelight`. A spawned decode worker imports this file again: hence the guard."""

from viewer.cli import main

if __name__ == "__main__":
    raise SystemExit(main())

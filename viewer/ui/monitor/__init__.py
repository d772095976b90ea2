"""The grey-scale test pattern and the dated check of each screen (DP-20)."""

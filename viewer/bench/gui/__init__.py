"""Runs in a window's process: drives the real window as a hand would and takes the times. Never imports a codec."""

"""The tag browser: every data element of the film on screen, searched, copied, compared."""

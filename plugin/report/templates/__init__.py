"""The templates and macros that come with the program, as data files. Their grammar: docs/templates.md."""

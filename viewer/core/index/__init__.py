"""What stays when the window is closed: which films lie where, how far each study is, and the reader's notes."""

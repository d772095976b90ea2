"""DICOM objects that we write: Secondary Capture and Key Object Selection.

    window ── viewer.writer.write ── child process (viewer.writer.child) ── highdicom

A new object carries over the patient and the study of a source file. That file is untrusted, so it is parsed in a child
process of its own, under the same limits as the decode worker; the window only hands over bytes and gets bytes back.
Nothing of the child's side is imported by the window.
"""

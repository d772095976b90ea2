"""A reading as DICOM objects: findings SR (TID 1500), its presentation state twin, the report (TID 2000).

    requests ── viewer.writer ── child process (inference.dicom.child) ── highdicom

Only `requests` and `codes` are imported by the window or the backend; the rest runs in the writing child.
"""

"""What leaves the panel: clipboard, print and PDF, text, FHIR, DICOM. All of it is made of one `ReportDocument`."""

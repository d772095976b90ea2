"""What leaves the window: key images, pictures, DICOM objects, prints, the clipboard."""

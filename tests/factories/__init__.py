"""Films that every test may use: procedural pictures in DICOM, PNG, JPEG and ZIP files. No patient was involved.

from tests.factories import chest_picture, write_film
path = write_film(tmp_path / "film.dcm", view_position="PA", photometric="MONOCHROME1")
"""

from tests.factories.chest_picture import chest_picture
from tests.factories.containers import write_dicomdir, write_zip
from tests.factories.dicom_film import chest_film_dataset, uid, write_dataset, write_film
from tests.factories.raster_film import write_picture

__all__ = [
    "chest_film_dataset",
    "chest_picture",
    "uid",
    "write_dataset",
    "write_dicomdir",
    "write_film",
    "write_picture",
    "write_zip",
]

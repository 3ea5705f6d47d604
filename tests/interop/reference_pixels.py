"""Writes what pydicom (with GDCM for the codecs that it lacks) reads out of DICOM files. Big endian files with
8-bit samples in OW go through DCMTK's dcmconv first: pydicom 2 does not swap their bytes.

reference_pixels.py FOLDER OUT: one line of OUT/index.txt for each regular file below FOLDER,

    FILE<tab>frames rows columns samples colour bits<tab>NAME   OUT/NAME holds the samples, 32-bit little
                                                              endian, frame by frame, pixel by pixel
    FILE<tab>-<tab>why it gives no pixels

colour: grey, rgb or ybr, of the samples as written.
"""

import os
import subprocess
import sys
import tempfile
import warnings

import numpy
import pydicom
from pydicom.pixel_data_handlers import gdcm_handler, numpy_handler, pillow_handler, rle_handler
from pydicom.uid import ImplicitVRLittleEndian

pydicom.config.pixel_data_handlers = [numpy_handler, rle_handler, gdcm_handler, pillow_handler]


def read(path):
    try:
        dataset = pydicom.dcmread(path)
    except pydicom.errors.InvalidDicomError:
        return pydicom.dcmread(path, force=True)
    if dataset.is_little_endian or dataset.get("BitsAllocated") != 8 or dataset["PixelData"].VR != "OW":
        return dataset
    with tempfile.TemporaryDirectory() as folder:
        little = os.path.join(folder, "little.dcm")
        subprocess.run(["dcmconv", "+te", path, little], check=True)
        return pydicom.dcmread(little)


def pixels(path):
    dataset = read(path)
    if "TransferSyntaxUID" not in dataset.file_meta:
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    samples = dataset.pixel_array
    count = int(dataset.get("SamplesPerPixel", 1))
    photometric = dataset.PhotometricInterpretation
    colour = "grey" if count == 1 else "ybr" if photometric.startswith("YBR_FULL") else "rgb"
    shape = (-1, dataset.Rows, dataset.Columns, count)
    return samples.astype("<i4").reshape(shape), colour, dataset.BitsAllocated


def main(folder, out):
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, "index.txt"), "w", encoding="utf-8") as index:
        for base, folders, files in os.walk(folder):
            folders.sort()
            for file in sorted(files):
                path = os.path.join(base, file)
                try:
                    samples, colour, bits = pixels(path)
                except Exception as error:  # whatever pydicom raises is the reason
                    index.write(f"{path}\t-\t{type(error).__name__}\n")
                    continue
                name = str(index.tell())
                samples.tofile(os.path.join(out, name))
                shape = " ".join(str(size) for size in samples.shape)
                index.write(f"{path}\t{shape} {colour} {bits}\t{name}\n")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(sys.argv[1], sys.argv[2])

// ImageWriter

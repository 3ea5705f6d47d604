// RasterReader

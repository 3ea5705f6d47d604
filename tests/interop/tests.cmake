# Against other programs' results; skipped where those are not installed.
hilum_test(interop TestDicomPixels LIBS hilum_image)

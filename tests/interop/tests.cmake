# Against other programs' results; skipped where those are not installed.
hilum_test(interop TestDicomPixels LIBS hilum_image)
# Against Debian's python3-sklearn; skipped, and saying so, where it is absent.
hilum_test(interop TestScikitLearn LIBS hilum_dataset)
# Against torchvision and PyTorch's autograd in Python; skipped, and saying so, where Debian's python3-torch and
# python3-torchvision are absent.
hilum_test(interop TestTorchvision LIBS hilum_training hilum_network hilum_weights TIMEOUT 3000)
set_property(TEST TestTorchvision APPEND PROPERTY ENVIRONMENT OMP_WAIT_POLICY=passive
  QTEST_FUNCTION_TIMEOUT=1200000) # milliseconds; VGG's weights are written and read many times
set_property(TEST TestTorchvision APPEND PROPERTY LABELS long)

# Ratios measured side by side; label "benchmarks", one at a time.
hilum_test(benchmarks TestGradCamCost LIBS hilum_network TIMEOUT 600)
set_tests_properties(TestGradCamCost PROPERTIES RUN_SERIAL ON)

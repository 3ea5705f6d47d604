# Tests of training/.
hilum_test(training TestAugmenter LIBS hilum_training hilum_opencv)
hilum_test(training TestBatchLoader LIBS hilum_training hilum_network hilum_image)
hilum_test(training TestBootstrap LIBS hilum_dataset)
hilum_test(training TestCheckpointKeeper LIBS hilum_training hilum_network)
hilum_test(training TestCurves LIBS hilum_dataset)
hilum_test(training TestDatasetIndex LIBS hilum_training hilum_image)
hilum_test(training TestFeatureCache LIBS hilum_training hilum_network)
hilum_test(training TestFineTuner LIBS hilum_training hilum_network hilum_image TIMEOUT 600)
hilum_test(training TestLearningRate LIBS hilum_training)
hilum_test(training TestMetrics LIBS hilum_training)
hilum_test(training TestMutatedFiles LIBS hilum_dataset hilum_model)
hilum_test(training TestSplit LIBS hilum_training)
hilum_test(training TestTrainCommand LIBS hilum_training hilum_network hilum_image hilum_storage Qt6::Network
  TIMEOUT 600)
hilum_test(training TestTrainingConfig LIBS hilum_training)
hilum_test(training TestTrainingEvents LIBS hilum_dataset)
# Threads that spin take the cores from tests that run beside these.
set_property(TEST TestBatchLoader TestFineTuner TestTrainCommand APPEND PROPERTY ENVIRONMENT OMP_WAIT_POLICY=passive)

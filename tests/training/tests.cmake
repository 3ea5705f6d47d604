# Tests of training/.

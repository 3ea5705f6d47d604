#include "core/inference/Classifier.h"

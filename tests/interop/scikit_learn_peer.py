"""What scikit-learn says: scikit_learn_peer.py CASES.json ANSWERS.json, or "probe", which prints its version.

A case is {"labels": count, "truth": [...], "probabilities": [[...], ...]}; an answer holds the figures of one.
"""

import json
import sys
import warnings

import numpy
import sklearn
from sklearn import metrics


def class_answer(truth, probabilities, label):
    positive = (truth == label).astype(int)
    if positive.min() == positive.max():
        return None
    ranked = probabilities[:, label]
    false_positive, true_positive, thresholds = metrics.roc_curve(positive, ranked, drop_intermediate=False)
    precision, recall, cuts = metrics.precision_recall_curve(positive, ranked)
    return {
        "rocAuc": metrics.roc_auc_score(positive, ranked),
        "averagePrecision": metrics.average_precision_score(positive, ranked),
        "falsePositiveRate": false_positive.tolist(),
        "sensitivity": true_positive.tolist(),
        "thresholds": thresholds[1:].tolist(),  # the first one differs from version to version
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "cuts": cuts.tolist(),
    }


def answer(case):
    labels = range(case["labels"])
    truth = numpy.array(case["truth"])
    probabilities = numpy.array(case["probabilities"])
    predicted = probabilities.argmax(axis=1)
    figures = {"confusion": metrics.confusion_matrix(truth, predicted, labels=labels).tolist()}
    figures["accuracy"] = metrics.accuracy_score(truth, predicted)
    for name, average in (("classes", None), ("macro", "macro"), ("weighted", "weighted")):
        precision, recall, f1, support = metrics.precision_recall_fscore_support(
            truth, predicted, labels=labels, average=average, zero_division=0)
        figures[name] = {
            "precision": numpy.array(precision).tolist(),
            "recall": numpy.array(recall).tolist(),
            "f1": numpy.array(f1).tolist(),
        }
    figures["support"] = numpy.bincount(truth, minlength=case["labels"]).tolist()
    figures["logLoss"] = metrics.log_loss(truth, probabilities, labels=list(labels))
    figures["curves"] = [class_answer(truth, probabilities, label) for label in labels]
    if case["labels"] > 2 and None not in figures["curves"]:
        figures["macroRocAuc"] = metrics.roc_auc_score(truth, probabilities, multi_class="ovr", average="macro")
    return figures


def main():
    if sys.argv[1] == "probe":
        print("scikit-learn", sklearn.__version__)
        return
    warnings.simplefilter("ignore")
    with open(sys.argv[1]) as file:
        cases = json.load(file)
    with open(sys.argv[2], "w") as file:
        json.dump([answer(case) for case in cases], file)


if __name__ == "__main__":
    main()

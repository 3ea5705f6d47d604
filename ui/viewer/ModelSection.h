// The model picker, and what the chosen model says about itself.
#pragma once

#include <filesystem>
#include <vector>

#include "ui/jobs/AnalysisBackend.h"
#include "ui/viewer/PanelSection.h"

namespace hilum {

class ModelSection : public PanelSection {
    Q_OBJECT

public:
    explicit ModelSection(QWidget* parent = nullptr);

    void setModels(const std::vector<ModelInfo>& models);
    void setCurrent(const std::filesystem::path& file); // one of the list; ignored otherwise
    void showModel(const ModelInfo& model);
    void showLoading();
    void showFailure(const Error& error);
    void showNone();
    // What makes this machine slower than it need be.
    void showMachineWarnings(const QStringList& sentences);

Q_SIGNALS:
    void modelChosen(const std::filesystem::path& file);
    void openRequested();

private:
    void choose(int index);

    std::vector<ModelInfo> m_models;
    ElidedComboBox* m_picker;
    int m_chosen = -1;
    QLabel* m_identity;
    QLabel* m_accuracy;
    QLabel* m_limits;
    QLabel* m_failure;
    QLabel* m_machine;
};

} // namespace hilum

// The wizard's third page: which networks, from which weights, with which recipe and augmentation.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <QWidget>

class QCheckBox;
class QComboBox;
class QLabel;
class QVBoxLayout;

namespace hilum {

class AugmentationPreview;
class Card;
class SettingsForm;
class TrainSession;

class NetworkPage : public QWidget {
    Q_OBJECT

public:
    // The session must outlive the page.
    explicit NetworkPage(TrainSession& session, QWidget* parent = nullptr);

Q_SIGNALS:
    void modelFileWanted();     // weights to start from
    void weightsFolderWanted(); // with torchvision's files
    void allSettingsWanted();
    void rateWanted();
    void searchWanted(); // the learning-rate finder

private:
    Card* buildNetworks();
    Card* buildRecipe();
    Card* buildAugmentation();
    void chooseNetworks();
    void chooseRecipe(int number);
    void chooseWeights(int number);
    void updateSettings();
    void updateWeights();

    TrainSession& m_session;
    std::map<std::string, QCheckBox*> m_networks;
    QComboBox* m_recipe;
    QLabel* m_recipeWords;
    QComboBox* m_weights;
    QLabel* m_weightsWords;
    SettingsForm* m_form;
    SettingsForm* m_augmentation;
    AugmentationPreview* m_preview;
};

} // namespace hilum

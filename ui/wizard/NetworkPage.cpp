#include "ui/wizard/NetworkPage.h"

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include "core/graph/Networks.h"
#include "training/Recipes.h"
#include "ui/QtConvert.h"
#include "ui/Style.h"
#include "ui/viewer/PanelSection.h"
#include "ui/wizard/AugmentationPreview.h"
#include "ui/wizard/Card.h"
#include "ui/wizard/SettingsForm.h"
#include "ui/wizard/TrainSession.h"

namespace hilum {
namespace {

enum Weights { ImageNet, Scratch, File };

// A card whose body scrolls.
QVBoxLayout* addScrolled(Card& card) {
    auto* area = new QScrollArea(&card);
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* body = new QWidget(area);
    body->setObjectName(QStringLiteral("CardBody"));
    auto* layout = new QVBoxLayout(body);
    layout->setContentsMargins(0, 0, 8, 0);
    layout->setSpacing(8);
    area->setWidget(body);
    card.body()->addWidget(area, 1);
    return layout;
}

} // namespace

NetworkPage::NetworkPage(TrainSession& session, QWidget* parent)
    : QWidget(parent), m_session(session), m_recipe(new ElidedComboBox(this)),
      m_recipeWords(makeText("secondary", {}, this)), m_weights(new ElidedComboBox(this)),
      m_weightsWords(makeText("secondary", {}, this)),
      m_form(new SettingsForm({"trainable", "epochs", "earlyStoppingPatience", "batchSize", "inputSizePx",
                               "optimiser.kind", "optimiser.learningRate", "schedule.kind", "sampling"},
                              this)),
      m_augmentation(
          new SettingsForm({"augmentation.horizontalFlip", "augmentation.rotationDeg", "augmentation.zoom",
                            "augmentation.translation", "augmentation.contrast", "augmentation.brightness",
                            "augmentation.erasing"},
                           this)),
      m_preview(new AugmentationPreview(this)) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(12);
    auto* title = new QLabel(tr("Network"), this);
    setRole(*title, "title");
    layout->addWidget(title);
    auto* row = new QHBoxLayout;
    row->setSpacing(12);
    row->addWidget(buildNetworks(), 1);
    row->addWidget(buildRecipe(), 1);
    row->addWidget(buildAugmentation(), 0);
    layout->addLayout(row, 1);
    for (SettingsForm* form : {m_form, m_augmentation})
        connect(form, &SettingsForm::edited, this, [this, form] { m_session.setSettings(form->config()); });
    connect(&m_session, &TrainSession::settingsChanged, this, &NetworkPage::updateSettings);
    connect(&m_session, &TrainSession::samplesChanged, this, [this] {
        if (m_preview->variants().empty() && !m_session.previewFilm().empty())
            m_preview->setFilm(m_session.previewFilm());
    });
    connect(&m_session, &TrainSession::dataChanged, this,
            [this] { m_preview->setFilm(m_session.previewFilm()); });
    updateSettings();
}

Card* NetworkPage::buildNetworks() {
    auto* card = new Card(tr("NETWORKS · several are trained one after another"), this);
    QVBoxLayout* list = addScrolled(*card);
    list->setSpacing(2);
    for (const NetworkInfo& info : networkTable()) {
        auto* box = new QCheckBox(toQString(info.title), this);
        box->setObjectName(toQString(info.name));
        const QString words = toQString(info.description);
        box->setToolTip(words);
        list->addWidget(box);
        QLabel* label = makeText("small", words, this);
        label->setContentsMargins(26, 0, 0, 6);
        list->addWidget(label);
        m_networks[std::string(info.name)] = box;
        connect(box, &QCheckBox::clicked, this, &NetworkPage::chooseNetworks);
    }
    list->addStretch();
    return card;
}

Card* NetworkPage::buildRecipe() {
    auto* card = new Card(tr("HOW IT IS TRAINED"), this);
    QVBoxLayout* body = addScrolled(*card);
    auto* weightsTitle = new QLabel(tr("Starts from"), this);
    setRole(*weightsTitle, "strong");
    body->addWidget(weightsTitle);
    m_weights->addItems(
        {tr("ImageNet weights"), tr("Random weights (from scratch)"), tr("A model or weight file …")});
    m_weights->setObjectName(QStringLiteral("weights"));
    m_weights->setAccessibleName(tr("Weights to start from"));
    body->addWidget(m_weights);
    body->addWidget(m_weightsWords);
    auto* folder = new QPushButton(tr("I have torchvision's files …"), this);
    folder->setToolTip(tr("Choose the folder that holds them; else they are downloaded once"));
    setRole(*folder, "link");
    body->addWidget(folder, 0, Qt::AlignLeft);
    auto* recipeTitle = new QLabel(tr("Recipe"), this);
    setRole(*recipeTitle, "strong");
    body->addWidget(recipeTitle);
    for (const Recipe& recipe : recipes())
        m_recipe->addItem(toQString(recipe.title));
    m_recipe->setAccessibleName(tr("Recipe"));
    m_recipe->setPlaceholderText(tr("Settings of your own"));
    body->addWidget(m_recipe);
    body->addWidget(m_recipeWords);
    body->addWidget(m_form);
    body->addStretch();
    auto* all = new QPushButton(tr("All settings …"), this);
    auto* rate = new QPushButton(tr("Find a rate …"), this);
    rate->setToolTip(tr("Try growing rates for a few steps, and see where the loss falls fastest"));
    auto* search = new QPushButton(tr("Search …"), this);
    search->setToolTip(tr("Train with settings drawn at random, and take the best on the validation films"));
    auto* links = new QHBoxLayout;
    for (QPushButton* link : {all, rate, search}) {
        setRole(*link, "link");
        links->addWidget(link);
    }
    links->addStretch();
    card->body()->addLayout(links);
    connect(rate, &QPushButton::clicked, this, &NetworkPage::rateWanted);
    connect(search, &QPushButton::clicked, this, &NetworkPage::searchWanted);
    connect(m_weights, &QComboBox::activated, this, &NetworkPage::chooseWeights);
    connect(m_recipe, &QComboBox::activated, this, &NetworkPage::chooseRecipe);
    connect(folder, &QPushButton::clicked, this, &NetworkPage::weightsFolderWanted);
    connect(all, &QPushButton::clicked, this, &NetworkPage::allSettingsWanted);
    return card;
}

Card* NetworkPage::buildAugmentation() {
    auto* card = new Card(tr("AUGMENTATION"), this);
    card->setFixedWidth(318);
    auto* again = new QPushButton(tr("Draw again"), this);
    again->setToolTip(tr("Show other random variants"));
    setRole(*again, "link");
    card->headingLine()->addWidget(again);
    connect(again, &QPushButton::clicked, m_preview, &AugmentationPreview::drawAgain);
    card->body()->addWidget(m_preview);
    card->body()->addWidget(m_augmentation);
    card->body()->addStretch();
    return card;
}

void NetworkPage::chooseNetworks() {
    std::vector<std::string> chosen;
    for (const NetworkInfo& info : networkTable()) {
        if (m_networks.at(std::string(info.name))->isChecked())
            chosen.emplace_back(info.name);
    }
    m_session.setNetworks(std::move(chosen));
}

void NetworkPage::chooseRecipe(int number) {
    const Recipe& recipe = recipes()[static_cast<std::size_t>(number)];
    m_session.setRecipe(recipe);
}

void NetworkPage::chooseWeights(int number) {
    if (number == File) {
        Q_EMIT modelFileWanted();
        return updateWeights(); // until a file was chosen
    }
    m_session.change([&](TrainingConfig& settings) {
        settings.initialWeights = number == ImageNet ? std::string(kImageNetWeights) : std::string();
    });
}

void NetworkPage::updateWeights() {
    const TrainingConfig& settings = m_session.settings();
    const int kind = settings.initialWeights.empty()               ? Scratch
                     : settings.initialWeights == kImageNetWeights ? ImageNet
                                                                   : File;
    m_weights->setCurrentIndex(kind);
    QString words;
    if (kind == File)
        words = tr("%1. Its network must be the one that is trained.").arg(fileName(settings.initialWeights));
    else if (kind == ImageNet && !settings.weightsFolder.empty())
        words = tr("From %1, else downloaded once and checked. HilumNet and the CNNs have none: they start "
                   "from random "
                   "weights.")
                    .arg(fileName(settings.weightsFolder));
    else if (kind == ImageNet)
        words = tr("Downloaded once from torchvision's addresses and checked. HilumNet and the CNNs have "
                   "none: they start "
                   "from random weights.");
    m_weightsWords->setText(words);
    m_weightsWords->setVisible(!words.isEmpty());
}

void NetworkPage::updateSettings() {
    for (const auto& [name, box] : m_networks)
        box->setChecked(std::find(m_session.networks().begin(), m_session.networks().end(), name) !=
                        m_session.networks().end());
    const Recipe* recipe = m_session.recipe();
    m_recipe->setCurrentIndex(recipe ? static_cast<int>(recipe - recipes().data()) : -1);
    m_recipeWords->setText(recipe ? toQString(recipe->description) : tr("Changed by hand."));
    m_form->setConfig(m_session.settings());
    m_augmentation->setConfig(m_session.settings());
    m_preview->setConfig(m_session.settings().augmentation);
    updateWeights();
}

} // namespace hilum

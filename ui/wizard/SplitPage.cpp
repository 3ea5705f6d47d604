#include "ui/wizard/SplitPage.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/ErrorText.h"
#include "ui/QtConvert.h"
#include "ui/Style.h"
#include "ui/viewer/FilmText.h"
#include "ui/wizard/Card.h"
#include "ui/wizard/FigureTable.h"
#include "ui/wizard/SettingsForm.h"
#include "ui/wizard/TrainSession.h"

namespace hilum {
namespace {

constexpr int kDefaultFolds = 5;
constexpr int kRowHeight = 34;
constexpr std::array<QColor, 3> kSetColours{colour::kAccent, colour::kWarning, colour::kGood};

} // namespace

// The shares as one bar.
class SplitBar : public QWidget {
public:
    explicit SplitBar(QWidget* parent) : QWidget(parent) { setFixedHeight(26); }
    void setShares(std::vector<std::pair<QString, double>> shares) {
        m_shares = std::move(shares);
        update();
    }

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        double left = 0;
        for (std::size_t i = 0; i < m_shares.size(); ++i) {
            const double width = m_shares[i].second * this->width();
            const QRectF place(left, 0, std::max(0.0, width - 3), height());
            left += width;
            painter.setPen(Qt::NoPen);
            painter.setBrush(kSetColours[i % kSetColours.size()]);
            painter.drawRoundedRect(place, 5, 5);
            painter.setPen(colour::kWindow);
            const QString& whole = m_shares[i].first;
            const bool fits = painter.fontMetrics().horizontalAdvance(whole) + 8 < place.width();
            painter.drawText(place, Qt::AlignCenter, fits ? whole : percent(m_shares[i].second, 0));
        }
    }

private:
    std::vector<std::pair<QString, double>> m_shares;
};

SplitPage::SplitPage(TrainSession& session, QWidget* parent)
    : QWidget(parent), m_session(session), m_kind(new QComboBox(this)),
      m_shares(new SettingsForm({"split.train", "split.validation", "split.test"}, this)),
      m_repeats(new SettingsForm({"repeats"}, this)), m_folds(new SettingsForm({"split.folds"}, this)),
      m_final(new SettingsForm({"split.finalModel"}, this)),
      m_common(new SettingsForm({"split.grouping", "split.patientFrom", "seed"}, this)),
      m_bar(new SplitBar(this)), m_table(new FigureTable(kRowHeight, this)), m_verdict(nullptr) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(12);
    auto* title = new QLabel(tr("Split"), this);
    setRole(*title, "title");
    layout->addWidget(title);
    auto* row = new QHBoxLayout;
    row->setSpacing(12);
    row->addWidget(buildSettings(), 0);
    row->addWidget(buildTable(), 1);
    layout->addLayout(row, 1);
    for (SettingsForm* form : {m_shares, m_repeats, m_folds, m_final, m_common})
        connect(form, &SettingsForm::edited, this, [this, form] { adopt(*form); });
    connect(&m_session, &TrainSession::settingsChanged, this, &SplitPage::updateSettings);
    connect(&m_session, &TrainSession::splitChanged, this, &SplitPage::updateSplit);
    updateSettings();
    updateSplit();
}

Card* SplitPage::buildSettings() {
    auto* card = new Card(tr("HOW"), this);
    card->setFixedWidth(330);
    m_kind->addItems(
        {tr("Training, validation and test set"), tr("Cross-validation"), tr("Leave one source out")});
    m_kind->setItemData(OneSourceOut,
                        tr("A fold for each source of a table: how the network does where it has never been"),
                        Qt::ToolTipRole);
    m_kind->setAccessibleName(tr("Kind of split"));
    card->body()->addWidget(m_kind);
    auto* test = m_shares->findChild<QLineEdit*>(QStringLiteral("split.test"));
    test->setReadOnly(true);
    test->setFocusPolicy(Qt::NoFocus);
    card->body()->addWidget(m_shares);
    for (SettingsForm* form : {m_folds, m_final, m_common, m_repeats})
        card->body()->addWidget(form);
    SettingsForm::align({m_shares, m_folds, m_final, m_common, m_repeats});
    card->addText("secondary", tr("The test set is locked away: it chooses neither the weights nor the "
                                  "moment to stop, and is read once, "
                                  "at the end. Identical films always stand in one set."));
    card->body()->addStretch();
    connect(m_kind, &QComboBox::activated, this, [this](int kind) {
        m_session.change([&](TrainingConfig& settings) {
            settings.split.folds = kind == Folds ? kDefaultFolds : 0;
            settings.split.leaveOneSourceOut = kind == OneSourceOut;
            if (kind == OneSplit)
                settings.split.finalModel = false;
            else
                settings.repeats = 1;
        });
    });
    return card;
}

Card* SplitPage::buildTable() {
    auto* card = new Card(tr("WHAT COMES OUT"), this);
    auto* save = new QPushButton(tr("Save as CSV …"), this);
    save->setToolTip(tr("Save which film stands in which set"));
    setRole(*save, "link");
    card->headingLine()->addWidget(save);
    connect(save, &QPushButton::clicked, this, &SplitPage::saveWanted);
    card->body()->addWidget(m_bar);
    card->body()->addWidget(m_table);
    m_verdict = card->addText("body");
    card->body()->addStretch();
    return card;
}

void SplitPage::adopt(const SettingsForm& form) {
    TrainingConfig settings = form.config();
    // Two shares decide the third one: the test set takes what is left.
    if (&form == m_shares)
        settings.split.test =
            std::max(0.0, std::round((1 - settings.split.train - settings.split.validation) * 1e6) / 1e6);
    m_session.setSettings(settings);
}

void SplitPage::updateSettings() {
    const TrainingConfig& settings = m_session.settings();
    const Kind kind = settings.split.leaveOneSourceOut ? OneSourceOut
                      : settings.split.folds > 0       ? Folds
                                                       : OneSplit;
    m_kind->setCurrentIndex(kind);
    m_repeats->setVisible(kind == OneSplit);
    m_folds->setVisible(kind == Folds);
    m_final->setVisible(kind != OneSplit);
    for (SettingsForm* form : {m_shares, m_repeats, m_folds, m_final, m_common})
        form->setConfig(settings);
}

void SplitPage::updateSplit() {
    if (m_session.split())
        return fillTable();
    m_table->setNames({}, {});
    m_bar->setShares({});
    m_verdict->clear();
    if (const auto& error = m_session.splitError()) {
        setRole(*m_verdict, "danger");
        m_verdict->setText(reasonWithContext(*error));
    }
}

void SplitPage::fillTable() {
    const DatasetIndex& index = m_session.index();
    const std::vector<int>& folds = m_session.folds();
    const std::vector<SetFacts>& counts = m_session.splitFacts().sets;
    QStringList columns, rows;
    for (const std::string& label : index.labels)
        columns << toQString(std::string_view(label));
    const int filmsColumn = static_cast<int>(columns.size());
    columns << tr("Films") << tr("Patients");
    const QStringList sets{tr("Training"), tr("Validation"), tr("Test")};
    for (int set = 0; set < static_cast<int>(counts.size()); ++set)
        rows << (folds.empty() ? sets[set] : tr("Fold %1").arg(set + 1));
    m_table->setNames(rows, columns);
    std::vector<std::pair<QString, double>> shares;
    for (int set = 0; set < static_cast<int>(counts.size()); ++set) {
        const SetFacts& facts = counts[static_cast<std::size_t>(set)];
        long films = 0;
        for (int label = 0; label < filmsColumn; ++label) {
            const long ofLabel = facts.films[static_cast<std::size_t>(label)];
            films += ofLabel;
            m_table->setFigure(set, label, grouped(ofLabel));
        }
        m_table->setFigure(set, filmsColumn, grouped(films));
        m_table->setFigure(set, filmsColumn + 1, grouped(facts.patients));
        const double share =
            static_cast<double>(films) / static_cast<double>(std::max<std::size_t>(1, index.films.size()));
        shares.emplace_back(QStringLiteral("%1 %2").arg(rows[set], percent(share, 0)), share);
    }
    m_bar->setShares(std::move(shares));

    const long torn = m_session.splitFacts().patientsInSeveral;
    const bool isUntested = folds.empty() && m_session.settings().split.test <= 0 && !index.hasGivenSets();
    setRole(*m_verdict, torn > 0 || isUntested || !index.patientsKnown ? "warning" : "body");
    m_verdict->setText(isUntested
                           ? tr("No film is left for the test set: nothing will say how good the network is.")
                       : torn > 0 ? tr("%1 patients have films in more than one set. The figures will "
                                       "flatter: the network may know the "
                                       "patient rather than the disease. Split by patient.")
                                        .arg(grouped(torn))
                       : !index.patientsKnown ? tr("Patients cannot be told apart with the setting of the "
                                                   "first page: every film counts as a patient of its own.")
                                              : tr("No patient has films in more than one set."));
}

} // namespace hilum

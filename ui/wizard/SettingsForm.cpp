#include "ui/wizard/SettingsForm.h"

#include <algorithm>

#include <QCheckBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QRegularExpression>
#include <QStyle>

#include "ui/QtConvert.h"
#include "ui/Style.h"
#include "ui/viewer/PanelSection.h"
#include "ui/wizard/Card.h"

namespace hilum {
namespace {

constexpr int kEditorWidth = 128;

const ConfigField& fieldOf(const std::vector<ConfigField>& fields, const std::string& key) {
    return *std::find_if(fields.begin(), fields.end(),
                         [&](const ConfigField& field) { return field.key == key; });
}

// What 0 stands for, as the end of the field's help says it, e.g. "off"; empty: for itself.
QString zeroText(const ConfigField& field) {
    static const QRegularExpression pattern(QStringLiteral("; 0: ([^,;]+)$"));
    return pattern.match(toQString(std::string_view(field.help))).captured(1);
}

// Whether the text stands for the value that the field has, as "0." does on the way to "0.05".
bool means(const QString& text, const ConfigField& field) {
    TrainingConfig other;
    const std::vector<ConfigField> fields = configFields(other);
    const ConfigField& parsed = fieldOf(fields, field.key);
    return setFieldText(parsed, text.trimmed().toStdString()) && fieldText(parsed) == fieldText(field);
}

} // namespace

QString settingTitle(const ConfigField& field) {
    QString title =
        toQString(std::string_view(field.option)).mid(2).replace(QLatin1Char('-'), QLatin1Char(' '));
    title[0] = title[0].toUpper();
    return title;
}

SettingsForm::SettingsForm(const std::vector<std::string>& keys, QWidget* parent)
    : QWidget(parent), m_problem(makeText("caution", {}, this)) {
    auto* layout = new QFormLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setVerticalSpacing(6);
    layout->setHorizontalSpacing(12);
    layout->setLabelAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    layout->setFieldGrowthPolicy(QFormLayout::FieldsStayAtSizeHint);
    const std::vector<ConfigField> fields = configFields(m_config);
    for (const std::string& key : keys) {
        const ConfigField& field = fieldOf(fields, key);
        QWidget* editor = makeEditor(field);
        editor->setToolTip(QStringLiteral("<p>%1</p><p>%2</p>")
                               .arg(toQString(std::string_view(field.help)).toHtmlEscaped(),
                                    tr("On the command line: %1")
                                        .arg(toQString(std::string_view(field.option)))
                                        .toHtmlEscaped()));
        editor->setAccessibleName(settingTitle(field));
        editor->setObjectName(QString::fromStdString(key));
        m_editors[key] = editor;
        auto* label = new QLabel(settingTitle(field), this);
        label->setToolTip(editor->toolTip());
        label->setBuddy(editor);
        setRole(*label, "body");
        layout->addRow(label, editor);
        show(field);
    }
    layout->addRow(m_problem);
    m_problem->hide();
}

void SettingsForm::align(const std::vector<SettingsForm*>& forms) {
    std::vector<QWidget*> labels;
    for (const SettingsForm* form : forms) {
        const auto& rows = *static_cast<QFormLayout*>(form->layout());
        for (const auto& [key, editor] : form->m_editors)
            labels.push_back(rows.labelForField(editor));
    }
    int width = 0;
    for (QWidget* label : labels) {
        label->ensurePolished(); // the style's font
        width = std::max(width, label->sizeHint().width());
    }
    for (QWidget* label : labels)
        label->setMinimumWidth(width);
}

QWidget* SettingsForm::makeEditor(const ConfigField& field) {
    const std::string key = field.key;
    if (std::holds_alternative<bool*>(field.value)) {
        auto* box = new QCheckBox(this);
        connect(box, &QCheckBox::toggled, this,
                [this, key](bool on) { adopt(key, on ? QStringLiteral("true") : QStringLiteral("false")); });
        return box;
    }
    if (const auto* choice = std::get_if<ConfigChoice>(&field.value)) {
        auto* box = new ElidedComboBox(this);
        box->setFixedWidth(kEditorWidth);
        for (const std::string_view name : choice->names)
            box->addItem(toQString(name));
        connect(box, &QComboBox::currentTextChanged, this,
                [this, key](const QString& text) { adopt(key, text); });
        return box;
    }
    auto* line = new QLineEdit(this);
    line->setFixedWidth(kEditorWidth);
    line->setPlaceholderText(zeroText(field));
    connect(line, &QLineEdit::textEdited, this, [this, key](const QString& text) { adopt(key, text); });
    return line;
}

void SettingsForm::adopt(const std::string& key, const QString& text) {
    if (m_isShowing)
        return;
    TrainingConfig changed = m_config;
    const auto fields = configFields(changed);
    const ConfigField& field = fieldOf(fields, key);
    const bool isZero = text.trimmed().isEmpty() && !zeroText(field).isEmpty();
    const auto set = setFieldText(field, isZero ? "0" : text.trimmed().toStdString());
    QWidget* editor = m_editors.at(key);
    editor->setProperty("invalid", !set.has_value());
    editor->style()->unpolish(editor);
    editor->style()->polish(editor);
    if (!set) {
        m_problemKey = key;
        m_problem->setText(QStringLiteral("%1: %2").arg(settingTitle(field),
                                                        toQString(std::string_view(set.error().message))));
        m_problem->show();
        return;
    }
    if (m_problemKey == key)
        m_problem->hide();
    m_config = changed;
    Q_EMIT edited();
}

void SettingsForm::show(const ConfigField& field) {
    m_isShowing = true;
    QWidget* editor = m_editors.at(field.key);
    const QString text = toQString(std::string_view(fieldText(field)));
    if (auto* box = qobject_cast<QCheckBox*>(editor))
        box->setChecked(text == QLatin1String("true"));
    else if (auto* combo = qobject_cast<QComboBox*>(editor))
        combo->setCurrentText(text);
    else if (auto* line = qobject_cast<QLineEdit*>(editor)) {
        const QString shown = text == QLatin1String("0") && !zeroText(field).isEmpty()
                                  ? QString()
                                  : text; // the placeholder says it
        if (!means(line->text(), field) && line->text().trimmed() != shown)
            line->setText(shown);
    }
    m_isShowing = false;
}

void SettingsForm::setConfig(const TrainingConfig& config) {
    m_config = config;
    for (const ConfigField& field : configFields(m_config)) {
        if (m_editors.contains(field.key) && !(!m_problem->isHidden() && m_problemKey == field.key))
            show(field);
    }
}

} // namespace hilum

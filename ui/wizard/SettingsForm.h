// Settings of a training as rows of a form: made from the same table of fields as the command line and
// config.json, so that a new setting appears by itself. GUI thread only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <QWidget>

#include "training/TrainingConfig.h"

class QLabel;

namespace hilum {

class SettingsForm : public QWidget {
    Q_OBJECT

public:
    // keys as in TrainingConfig's table, in the order of the rows.
    explicit SettingsForm(const std::vector<std::string>& keys, QWidget* parent = nullptr);

    void setConfig(const TrainingConfig& config);
    [[nodiscard]] const TrainingConfig& config() const { return m_config; }

    // Forms that stand below each other: their editors begin at one line.
    static void align(const std::vector<SettingsForm*>& forms);

Q_SIGNALS:
    // By the user; a value out of range stays in its field, marked, with the reason below, and is not
    // adopted.
    void edited();

private:
    QWidget* makeEditor(const ConfigField& field);
    void adopt(const std::string& key, const QString& text);
    void show(const ConfigField& field);

    TrainingConfig m_config;
    std::map<std::string, QWidget*> m_editors;
    QLabel* m_problem;
    std::string m_problemKey;
    bool m_isShowing = false;
};

// "Learning rate" of --learning-rate.
QString settingTitle(const ConfigField& field);

} // namespace hilum

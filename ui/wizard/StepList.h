// The steps of the wizard, down the left side: done, current, open, and not yet to be had.
#pragma once

#include <vector>

#include <QAbstractButton>
#include <QWidget>

class QLabel;

namespace hilum {

enum class StepState { Locked, Open, Done };

class StepButton : public QAbstractButton {
    Q_OBJECT

public:
    StepButton(int number, const QString& title, QWidget* parent = nullptr);
    void setStep(StepState state, bool isCurrent);
    [[nodiscard]] QSize sizeHint() const override { return {161, 36}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    int m_number;
    StepState m_state = StepState::Locked;
    bool m_isCurrent = false;
};

class StepList : public QWidget {
    Q_OBJECT

public:
    explicit StepList(const QStringList& titles, QWidget* parent = nullptr);
    void setSteps(const std::vector<StepState>& states, int current);
    void setSummary(const QString& text); // at the foot: the data and its split

Q_SIGNALS:
    void stepChosen(int step);

private:
    std::vector<StepButton*> m_buttons;
    QLabel* m_summary;
};

} // namespace hilum

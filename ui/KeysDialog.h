// All keys and mouse gestures on one sheet.
#pragma once

#include <QDialog>

namespace hilum {

struct ViewActions;

class KeysDialog : public QDialog {
    Q_OBJECT

public:
    explicit KeysDialog(const ViewActions& actions, QWidget* parent = nullptr);
};

} // namespace hilum

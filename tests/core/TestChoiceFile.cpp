// Choices that were measured: kept, shared between programs, and never in the way.

#include <fstream>

#include "core/storage/ChoiceFile.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace hilum;

class TestChoiceFile : public QObject {
    Q_OBJECT
private:
    QTemporaryDir m_folder;

    [[nodiscard]] std::filesystem::path file(const char* name) const {
        return std::filesystem::path(m_folder.path().toStdString()) / name;
    }

private Q_SLOTS:
    void whatWasSavedIsFound() {
        ChoiceFile first(file("a/b/choices.txt")); // folders are made
        first.set("conv 1x64", "direct");
        QCOMPARE(first.find("conv 1x64"), std::optional<std::string>("direct"));
        QVERIFY(!ChoiceFile(file("a/b/choices.txt")).find("conv 1x64"));
        first.save();
        const ChoiceFile second(file("a/b/choices.txt"));
        QCOMPARE(second.find("conv 1x64"), std::optional<std::string>("direct"));
        QVERIFY(!second.find("conv 1x65"));
    }

    void twoProgramsKeepBothChoices() {
        ChoiceFile one(file("shared.txt")), other(file("shared.txt"));
        one.set("a", "1");
        other.set("b", "2");
        one.save();
        other.save();
        const ChoiceFile both(file("shared.txt"));
        QCOMPARE(both.find("a"), std::optional<std::string>("1"));
        QCOMPARE(both.find("b"), std::optional<std::string>("2"));
    }

    void rubbishIsNoChoice() {
        std::ofstream(file("bad.txt"), std::ios::binary) << std::string("\0\xff\n=\n = \na = b\n", 14);
        const ChoiceFile choices(file("bad.txt"));
        QCOMPARE(choices.find("a"), std::optional<std::string>("b"));
    }

    void nowhereToWriteIsNoError() {
        ChoiceFile nowhere{std::filesystem::path()};
        nowhere.set("a", "b");
        nowhere.save();
        ChoiceFile forbidden("/proc/hilum/choices.txt");
        forbidden.set("a", "b");
        forbidden.save();
        QCOMPARE(forbidden.find("a"), std::optional<std::string>("b"));
    }
};

QTEST_APPLESS_MAIN(TestChoiceFile)
#include "TestChoiceFile.moc"

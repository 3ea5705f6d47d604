#include <QTemporaryDir>
#include <QTest>

#include "ui/Settings.h"

using namespace hilum;

class TestSettings : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void recentPathsAreNewestFirstAndListedOnce() {
        Settings settings(m_folder.filePath(QStringLiteral("a.ini")));
        settings.addRecentPath(QStringLiteral("/a"));
        settings.addRecentPath(QStringLiteral("/b"));
        settings.addRecentPath(QStringLiteral("/a"));
        QCOMPARE(settings.recentPaths(), (QStringList{QStringLiteral("/a"), QStringLiteral("/b")}));
    }

    void recentPathsAreLimitedAndCanBeForgotten() {
        Settings settings(m_folder.filePath(QStringLiteral("b.ini")));
        for (int i = 0; i < 30; ++i)
            settings.addRecentPath(QStringLiteral("/%1").arg(i));
        QCOMPARE(settings.recentPaths().size(), Settings::kMaxRecent);
        QCOMPARE(settings.recentPaths().first(), QStringLiteral("/29"));
        settings.clearRecentPaths();
        QVERIFY(settings.recentPaths().isEmpty());
    }

    void valuesSurviveAndNonsenseIsHeldInRange() {
        const QString file = m_folder.filePath(QStringLiteral("c.ini"));
        {
            Settings settings(file);
            settings.setHeatMapOpacityPercent(900);
            settings.setModelFile(QStringLiteral("/models/ü.safetensors"));
        }
        const Settings settings(file);
        QCOMPARE(settings.heatMapOpacityPercent(), 100);
        QCOMPARE(settings.modelFile(), QStringLiteral("/models/ü.safetensors"));
    }

private:
    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestSettings)
#include "TestSettings.moc"

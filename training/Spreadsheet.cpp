#include "training/Spreadsheet.h"

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <string_view>

#include <libxml/xmlreader.h>
#include <zip.h>

namespace hilum {
namespace {

constexpr std::size_t kMostBytes = std::size_t{128} << 20; // of a part
constexpr std::size_t kMostCells = 10'000'000;
constexpr std::size_t kMostColumns = 16'384; // ISO/IEC 29500-1, 18.3.1.4: A to XFD
constexpr const char* kSharedStrings = "xl/sharedStrings.xml";
constexpr std::string_view kSheets = "xl/worksheets/sheet";

using Archive = std::unique_ptr<zip_t, decltype(&zip_discard)>;
using Part = std::unique_ptr<zip_file_t, decltype(&zip_fclose)>;

tl::unexpected<Error> damaged(const char* what) {
    return fail(ErrorCode::Damaged, std::string("The spreadsheet is damaged: ") + what + ".");
}

// Empty text where there is no such part.
Result<std::string> partOf(zip_t& archive, const std::string& name) {
    zip_stat_t facts{};
    if (zip_stat(&archive, name.c_str(), 0, &facts) != 0)
        return std::string();
    if ((facts.valid & ZIP_STAT_SIZE) == 0)
        return damaged("a part has no size");
    if (facts.size > kMostBytes)
        return fail(ErrorCode::TooLarge, "The spreadsheet holds more than 128 MB of text.");
    const Part part(zip_fopen(&archive, name.c_str(), 0), &zip_fclose);
    if (part == nullptr)
        return damaged("a part cannot be unpacked");
    std::string text(static_cast<std::size_t>(facts.size), '\0');
    char beyond = 0; // reading the end checks the sum
    if (zip_fread(part.get(), text.data(), text.size()) != static_cast<zip_int64_t>(text.size()) ||
        zip_fread(part.get(), &beyond, 1) != 0)
        return damaged("a part is not whole");
    return text;
}

// Of a workbook that does not say which is first: the one with the lowest number, in the order in which they
// were made.
std::optional<std::string> oldestSheet(zip_t& archive) {
    std::optional<std::string> first;
    for (zip_int64_t i = 0; i < zip_get_num_entries(&archive, 0); ++i) {
        const char* entry = zip_get_name(&archive, static_cast<zip_uint64_t>(i), 0);
        const std::string name = entry == nullptr ? "" : entry;
        const auto isEarlier = [&] {
            return !first || name.size() < first->size() || (name.size() == first->size() && name < *first);
        };
        if (name.starts_with(kSheets) && name.ends_with(".xml") && isEarlier())
            first = name;
    }
    return first;
}

// Walks over the elements of an XML text, by their names without a prefix.
class XmlWalk {
public:
    explicit XmlWalk(const std::string& text)
        : m_reader(xmlReaderForMemory(text.data(), static_cast<int>(text.size()), nullptr, nullptr,
                                      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING),
                   &xmlFreeTextReader) {}

    // False at the end, and where the text is not whole.
    bool next() {
        m_state = m_reader == nullptr ? -1 : xmlTextReaderRead(m_reader.get());
        if (m_state == 1 && type() == XML_READER_TYPE_DOCUMENT_TYPE) // entities could grow without end
            m_state = -1;
        return m_state == 1;
    }
    [[nodiscard]] bool isWhole() const { return m_state == 0; }

    [[nodiscard]] bool begins(const char* name) const {
        return type() == XML_READER_TYPE_ELEMENT && isNamed(name);
    }
    // Also an element that ends where it begins.
    [[nodiscard]] bool ends(const char* name) const {
        return isNamed(name) &&
               (type() == XML_READER_TYPE_END_ELEMENT ||
                (type() == XML_READER_TYPE_ELEMENT && xmlTextReaderIsEmptyElement(m_reader.get()) == 1));
    }
    [[nodiscard]] std::string attribute(const char* name) const {
        const std::unique_ptr<xmlChar, void (*)(void*)> value(
            xmlTextReaderGetAttribute(m_reader.get(), reinterpret_cast<const xmlChar*>(name)), xmlFree);
        return value == nullptr ? std::string() : reinterpret_cast<const char*>(value.get());
    }
    // Of a text node; else empty.
    [[nodiscard]] std::string_view text() const {
        const bool isText = type() == XML_READER_TYPE_TEXT || type() == XML_READER_TYPE_CDATA ||
                            type() == XML_READER_TYPE_SIGNIFICANT_WHITESPACE;
        const xmlChar* value = isText ? xmlTextReaderConstValue(m_reader.get()) : nullptr;
        return value == nullptr ? std::string_view() : reinterpret_cast<const char*>(value);
    }

private:
    std::unique_ptr<xmlTextReader, decltype(&xmlFreeTextReader)> m_reader;
    int m_state = 1;

    [[nodiscard]] int type() const { return xmlTextReaderNodeType(m_reader.get()); }
    [[nodiscard]] bool isNamed(const char* name) const {
        const xmlChar* own = xmlTextReaderConstLocalName(m_reader.get());
        return own != nullptr && std::strcmp(reinterpret_cast<const char*>(own), name) == 0;
    }
};

// The value of a wanted attribute of the first such element, where its other attribute has that value; empty:
// none.
std::string attributeIn(const std::string& xml, const char* element, const char* wanted,
                        const char* other = nullptr, const std::string& value = {}) {
    XmlWalk walk(xml);
    while (walk.next()) {
        if (walk.begins(element) && (other == nullptr || walk.attribute(other) == value))
            return walk.attribute(wanted);
    }
    return {};
}

// As the tabs stand, which the workbook tells (18.2.19), by way of its relationships.
Result<std::string> firstSheet(zip_t& archive) {
    const auto workbook = partOf(archive, "xl/workbook.xml");
    const auto relations = partOf(archive, "xl/_rels/workbook.xml.rels");
    if (!workbook || !relations)
        return workbook ? relations : workbook;
    const std::string id = attributeIn(*workbook, "sheet", "r:id");
    std::string target =
        id.empty() ? std::string() : attributeIn(*relations, "Relationship", "Target", "Id", id);
    if (!target.empty())
        return target.starts_with('/') ? target.substr(1) : "xl/" + target;
    const auto oldest = oldestSheet(archive);
    return oldest ? Result<std::string>(*oldest) : Result<std::string>(damaged("it has no sheet"));
}

// Texts that cells name by their number (18.4). Runs of differently formatted text are joined; phonetic hints
// (rPh) left out.
Result<std::vector<std::string>> sharedStrings(const std::string& xml) {
    std::vector<std::string> strings;
    if (xml.empty())
        return strings;
    XmlWalk walk(xml);
    bool inText = false, inHint = false;
    while (walk.next()) {
        if (walk.begins("si"))
            strings.emplace_back();
        inText = (walk.begins("t") || inText) && !walk.ends("t");
        inHint = (walk.begins("rPh") || inHint) && !walk.ends("rPh");
        if (inText && !inHint && !strings.empty())
            strings.back() += walk.text();
    }
    if (!walk.isWhole())
        return damaged("its texts are not whole");
    return strings;
}

// Column of a reference like "AB12", from 0 (18.18.7).
std::optional<std::size_t> columnOf(const std::string& reference) {
    std::size_t number = 0;
    for (const char c : reference) {
        if (c < 'A' || c > 'Z')
            break;
        number = number * 26 + static_cast<std::size_t>(c - 'A' + 1);
        if (number > kMostColumns)
            return std::nullopt;
    }
    return number == 0 ? std::nullopt : std::optional(number - 1);
}

// The rows of a sheet (18.3.1.73, 18.3.1.4).
class SheetReader {
public:
    explicit SheetReader(const std::vector<std::string>& strings) : m_strings(strings) {}

    Result<TableRows> read(const std::string& xml) {
        XmlWalk walk(xml);
        while (walk.next()) {
            if (walk.begins("row"))
                m_row.clear();
            if (walk.begins("c"))
                beginCell(walk);
            m_inValue =
                (walk.begins("v") || walk.begins("t") || m_inValue) && !walk.ends("v") && !walk.ends("t");
            if (m_inValue)
                m_value += walk.text();
            if (walk.ends("c") && !endCell())
                return damaged("a cell names a text or a column that is not there");
            if (m_cells > kMostCells || m_bytes > kMostBytes)
                return fail(ErrorCode::TooLarge,
                            "The spreadsheet holds more than 10 million cells or 128 MB of text.");
            if (walk.ends("row") && !m_row.empty())
                m_rows.push_back(std::move(m_row));
        }
        if (!walk.isWhole())
            return damaged("its sheet is not whole");
        return std::move(m_rows);
    }

private:
    const std::vector<std::string>& m_strings;
    TableRows m_rows;
    std::vector<std::string> m_row;
    std::string m_reference, m_type, m_value;
    std::size_t m_cells = 0, m_bytes = 0; // so far; a few bytes of XML may ask for many
    bool m_inValue = false;

    void beginCell(const XmlWalk& walk) {
        m_reference = walk.attribute("r");
        m_type = walk.attribute("t");
        m_value.clear();
    }

    // False: it contradicts the rest.
    bool endCell() {
        const auto column = m_reference.empty() ? std::optional(m_row.size()) : columnOf(m_reference);
        if (!column || *column >= kMostColumns)
            return false;
        if (m_type == "s" && !m_value.empty()) {
            char* end = nullptr;
            const unsigned long number = std::strtoul(m_value.c_str(), &end, 10);
            if (*end != '\0' || number >= m_strings.size())
                return false;
            m_value = m_strings[number];
        }
        if (!m_value.empty()) {
            const std::size_t before = m_row.size();
            m_row.resize(std::max(before, *column + 1));
            m_cells += m_row.size() - before;
            m_bytes += m_value.size();
            m_row[*column] = std::move(m_value);
        }
        m_value.clear();
        return true;
    }
};

} // namespace

bool isSpreadsheet(const std::filesystem::path& file) {
    char begin[4] = {};
    std::ifstream(file, std::ios::binary).read(begin, sizeof begin);
    return std::string_view(begin, sizeof begin) == std::string_view("PK\x03\x04", 4);
}

Result<TableRows> readSpreadsheet(const std::filesystem::path& file) {
    const auto read = [&]() -> Result<TableRows> {
        int code = 0;
        const Archive archive(zip_open(file.string().c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code),
                              &zip_discard);
        if (archive == nullptr)
            return code == ZIP_ER_OPEN || code == ZIP_ER_NOENT || code == ZIP_ER_READ
                       ? Result<TableRows>(fail(ErrorCode::NotReadable, "The spreadsheet cannot be read."))
                       : Result<TableRows>(damaged("it is no whole archive"));
        const auto sheet = firstSheet(*archive);
        if (!sheet)
            return tl::unexpected(sheet.error());
        return partOf(*archive, kSharedStrings)
            .and_then(sharedStrings)
            .and_then([&](const std::vector<std::string>& strings) {
                return partOf(*archive, *sheet).and_then([&](const std::string& xml) {
                    return SheetReader(strings).read(xml);
                });
            });
    };
    auto rows = read();
    if (!rows)
        rows.error().context = file.string();
    return rows;
}

} // namespace hilum

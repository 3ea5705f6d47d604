#include "core/network/Pickle.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <unordered_map>

namespace hilum::pickle {
namespace {

static_assert(std::endian::native == std::endian::little, "pickles are little-endian");

constexpr std::size_t kMaxSides = 8;
constexpr std::size_t kMaxKeyBytes = 64;   // of a storage
constexpr std::size_t kMaxNameBytes = 128; // of a module or of what it holds
constexpr int kLatestProtocol = 5;

constexpr std::array<std::pair<std::string_view, Callable>, 4> kCallables{{
    {"collections.OrderedDict", Callable::OrderedDict},
    {"torch._utils._rebuild_tensor_v2", Callable::RebuildTensor},
    {"torch._utils._rebuild_tensor", Callable::RebuildTensor}, // before PyTorch 0.4, as in CheXNet's own file
    {"torch._utils._rebuild_parameter", Callable::RebuildParameter},
}};

constexpr std::array<std::pair<std::string_view, ElementType>, 10> kStorages{{
    {"torch.DoubleStorage", ElementType::F64},
    {"torch.FloatStorage", ElementType::F32},
    {"torch.HalfStorage", ElementType::F16},
    {"torch.BFloat16Storage", ElementType::BF16},
    {"torch.LongStorage", ElementType::I64},
    {"torch.IntStorage", ElementType::I32},
    {"torch.ShortStorage", ElementType::I16},
    {"torch.CharStorage", ElementType::I8},
    {"torch.ByteStorage", ElementType::U8},
    {"torch.BoolStorage", ElementType::Bool},
}};

// What a message shows of a name in the file.
std::string shown(std::string_view name) {
    std::string text;
    for (const char c : name.substr(0, kMaxNameBytes))
        text += c >= ' ' && c <= '~' ? c : '?';
    return "'" + text + "'";
}

// Elements from the first to the last one that a tensor touches; nothing where the numbers overflow or where
// it has more elements than that (a stride of zero repeats them).
std::optional<std::uint64_t> extentOf(const Tensor& tensor) {
    std::uint64_t last = 0;
    std::uint64_t count = 1;
    for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
        const auto side = static_cast<std::uint64_t>(tensor.shape[i]);
        if (__builtin_mul_overflow(count, side, &count))
            return std::nullopt;
        std::uint64_t span = 0;
        if (side > 0 &&
            (__builtin_mul_overflow(side - 1, static_cast<std::uint64_t>(tensor.strides[i]), &span) ||
             __builtin_add_overflow(last, span, &last)))
            return std::nullopt;
    }
    if (count == 0)
        return 0;
    return last < count - 1 ? std::nullopt : std::optional(last + 1);
}

// The stack machine. Every opcode adds at most one value, and loops over no more than it takes from the stack
// or pays for out of kMaxValues, so that time and memory are bounded by the pickle's bytes.
class Machine {
public:
    Machine(std::string_view bytes, std::size_t offset) : m_bytes(bytes), m_at(offset) {}

    Result<Pickle> run();

private:
    struct Opcode {
        unsigned char code;
        std::string_view name;
        bool (Machine::*execute)(); // null: refused
    };
    static const Opcode* find(std::uint8_t code);

    std::string_view m_bytes;
    std::size_t m_at;
    std::size_t m_opcodeAt = 0;
    const Opcode* m_opcode = nullptr;
    std::vector<Value> m_values;
    std::vector<Ref> m_stack;
    std::vector<std::size_t> m_marks; // heights of the stack
    std::unordered_map<std::uint32_t, Ref> m_memo;
    std::size_t m_entries = 0; // of all containers
    bool m_stopped = false;
    Error m_error;

    bool refuse(std::string reason, ErrorCode code = ErrorCode::BadModelFile);
    bool take(std::size_t count, std::string_view& bytes);
    template <class T>
    bool takeNumber(T& number);
    bool takeLine(std::string_view& line);

    bool push(Value value);
    bool pop(Ref& ref);
    bool popToMark(std::vector<Ref>& items);
    bool pay(std::size_t entries);
    template <class T>
    T* top() {
        const std::size_t floor = m_marks.empty() ? 0 : m_marks.back();
        return m_stack.size() > floor ? std::get_if<T>(&m_values[m_stack.back()]) : nullptr;
    }

    template <class Length>
    bool text();
    template <class Number>
    bool number();
    template <std::size_t Count>
    bool tupleOf();
    template <class Index>
    bool put();
    template <class Index>
    bool get();
    bool protocol();
    bool frame();
    bool stop();
    bool mark();
    bool none() { return push(None{}); }
    bool yes() { return push(true); }
    bool no() { return push(false); }
    bool longNumber();
    bool floating();
    bool emptyDict() { return push(Dict{}); }
    bool emptyList() { return push(List{}); }
    bool emptyTuple() { return push(List{{}, true}); }
    bool tuple();
    bool append();
    bool appends();
    bool setItem();
    bool setItems();
    bool addItems(const std::vector<Ref>& items);
    bool memoize() { return remember(static_cast<std::uint32_t>(m_memo.size())); }
    bool remember(std::uint32_t index);
    bool global();
    bool stackGlobal();
    bool pushGlobal(std::string_view module, std::string_view name);
    bool reduce();
    bool build();
    bool persistentId();

    bool orderedDict(const List& arguments);
    bool tensor(const List& arguments);
    bool parameter(const List& arguments);
    bool readSides(Ref ref, std::vector<std::int64_t>& sides);
    bool view(Ref ref, Storage& storage);
    const std::int64_t* integer(Ref ref) const { return std::get_if<std::int64_t>(&m_values[ref]); }
};

// Null where Python has no such opcode, or only in text pickles.
const Machine::Opcode* Machine::find(std::uint8_t code) {
    static constexpr auto kOpcodes = std::to_array<Opcode>({
        {0x80, "PROTO", &Machine::protocol},
        {0x95, "FRAME", &Machine::frame},
        {'.', "STOP", &Machine::stop},
        {'(', "MARK", &Machine::mark},
        {'N', "NONE", &Machine::none},
        {0x88, "NEWTRUE", &Machine::yes},
        {0x89, "NEWFALSE", &Machine::no},
        {'K', "BININT1", &Machine::number<std::uint8_t>},
        {'M', "BININT2", &Machine::number<std::uint16_t>},
        {'J', "BININT", &Machine::number<std::int32_t>},
        {0x8a, "LONG1", &Machine::longNumber},
        {'G', "BINFLOAT", &Machine::floating},
        {0x8c, "SHORT_BINUNICODE", &Machine::text<std::uint8_t>},
        {'X', "BINUNICODE", &Machine::text<std::uint32_t>},
        {'U', "SHORT_BINSTRING", &Machine::text<std::uint8_t>},
        {'T', "BINSTRING", &Machine::text<std::uint32_t>},
        {'C', "SHORT_BINBYTES", &Machine::text<std::uint8_t>},
        {'B', "BINBYTES", &Machine::text<std::uint32_t>},
        {'}', "EMPTY_DICT", &Machine::emptyDict},
        {']', "EMPTY_LIST", &Machine::emptyList},
        {')', "EMPTY_TUPLE", &Machine::emptyTuple},
        {'t', "TUPLE", &Machine::tuple},
        {0x85, "TUPLE1", &Machine::tupleOf<1>},
        {0x86, "TUPLE2", &Machine::tupleOf<2>},
        {0x87, "TUPLE3", &Machine::tupleOf<3>},
        {'a', "APPEND", &Machine::append},
        {'e', "APPENDS", &Machine::appends},
        {'s', "SETITEM", &Machine::setItem},
        {'u', "SETITEMS", &Machine::setItems},
        {'q', "BINPUT", &Machine::put<std::uint8_t>},
        {'r', "LONG_BINPUT", &Machine::put<std::uint32_t>},
        {0x94, "MEMOIZE", &Machine::memoize},
        {'h', "BINGET", &Machine::get<std::uint8_t>},
        {'j', "LONG_BINGET", &Machine::get<std::uint32_t>},
        {'c', "GLOBAL", &Machine::global},
        {0x93, "STACK_GLOBAL", &Machine::stackGlobal},
        {'R', "REDUCE", &Machine::reduce},
        {'b', "BUILD", &Machine::build},
        {'Q', "BINPERSID", &Machine::persistentId},
        {'i', "INST", nullptr},
        {'o', "OBJ", nullptr},
        {0x81, "NEWOBJ", nullptr},
        {0x92, "NEWOBJ_EX", nullptr},
        {0x82, "EXT1", nullptr},
        {0x83, "EXT2", nullptr},
        {0x84, "EXT4", nullptr},
        {'P', "PERSID", nullptr},
        {'0', "POP", nullptr},
        {'1', "POP_MARK", nullptr},
        {'2', "DUP", nullptr},
        {'d', "DICT", nullptr},
        {'l', "LIST", nullptr},
        {'g', "GET", nullptr},
        {'p', "PUT", nullptr},
        {0x8b, "LONG4", nullptr},
        {0x8d, "BINUNICODE8", nullptr},
        {0x8f, "EMPTY_SET", nullptr},
    });
    const auto found = std::ranges::find(kOpcodes, code, &Opcode::code);
    return found == kOpcodes.end() ? nullptr : &*found;
}

Result<Pickle> Machine::run() {
    while (!m_stopped) {
        std::uint8_t code = 0;
        m_opcodeAt = m_at;
        m_opcode = nullptr;
        if (!takeNumber(code))
            return tl::unexpected(m_error);
        m_opcode = find(code);
        if (m_opcode == nullptr)
            refuse("there is no opcode " + std::to_string(code));
        else if (m_opcode->execute == nullptr)
            refuse("weights do not need this opcode");
        else if ((this->*m_opcode->execute)())
            continue;
        return tl::unexpected(m_error);
    }
    return Pickle{std::move(m_values), m_stack.back(), m_at};
}

bool Machine::refuse(std::string reason, ErrorCode code) {
    const std::string place = (m_opcode != nullptr ? std::string(m_opcode->name) + " " : std::string()) +
                              "at byte " + std::to_string(m_opcodeAt);
    m_error = {code, "The pickle is refused: " + place + ": " + std::move(reason) + ".", {}};
    return false;
}

bool Machine::take(std::size_t count, std::string_view& bytes) {
    if (count > m_bytes.size() - m_at)
        return refuse("it is cut short");
    bytes = m_bytes.substr(m_at, count);
    m_at += count;
    return true;
}

template <class T>
bool Machine::takeNumber(T& number) {
    std::string_view bytes;
    if (!take(sizeof number, bytes))
        return false;
    std::memcpy(&number, bytes.data(), sizeof number);
    return true;
}

bool Machine::takeLine(std::string_view& line) {
    const std::size_t end = m_bytes.substr(m_at, kMaxNameBytes + 1).find('\n');
    if (end == std::string_view::npos)
        return refuse("a name is cut short or too long");
    line = m_bytes.substr(m_at, end);
    m_at += end + 1;
    return true;
}

bool Machine::pay(std::size_t entries) {
    if (entries > kMaxValues - m_entries)
        return refuse("it has more than " + std::to_string(kMaxValues) + " values", ErrorCode::TooLarge);
    m_entries += entries;
    return true;
}

bool Machine::push(Value value) {
    if (!pay(1))
        return false;
    m_stack.push_back(static_cast<Ref>(m_values.size()));
    m_values.push_back(std::move(value));
    return true;
}

bool Machine::pop(Ref& ref) {
    if (m_stack.size() <= (m_marks.empty() ? 0 : m_marks.back()))
        return refuse("the stack is empty");
    ref = m_stack.back();
    m_stack.pop_back();
    return true;
}

bool Machine::popToMark(std::vector<Ref>& items) {
    if (m_marks.empty())
        return refuse("there is no mark");
    const auto begin = m_stack.begin() + static_cast<std::ptrdiff_t>(m_marks.back());
    items.assign(begin, m_stack.end());
    m_stack.erase(begin, m_stack.end());
    m_marks.pop_back();
    return pay(items.size());
}

bool Machine::protocol() {
    std::uint8_t version = 0;
    if (!takeNumber(version))
        return false;
    return version >= 2 && version <= kLatestProtocol
               ? true
               : refuse("protocol " + std::to_string(version) + " is not supported");
}

bool Machine::frame() {
    std::uint64_t bytes = 0;
    if (!takeNumber(bytes))
        return false;
    return bytes <= m_bytes.size() - m_at ? true : refuse("a frame is longer than the pickle");
}

bool Machine::stop() {
    if (m_stack.size() != 1 || !m_marks.empty())
        return refuse("more or less than one value is left");
    m_stopped = true;
    return true;
}

bool Machine::mark() {
    m_marks.push_back(m_stack.size());
    return pay(1);
}

template <class Number>
bool Machine::number() {
    Number value = 0;
    return takeNumber(value) && push(static_cast<std::int64_t>(value));
}

bool Machine::longNumber() {
    std::uint8_t count = 0;
    std::string_view bytes;
    if (!takeNumber(count) || !take(count, bytes))
        return false;
    if (count > 8)
        return push(Opaque{});
    const bool negative = count > 0 && (static_cast<unsigned char>(bytes.back()) & 0x80U) != 0;
    std::int64_t value = negative ? -1 : 0;
    std::memcpy(&value, bytes.data(), count);
    return push(value);
}

bool Machine::floating() {
    std::uint64_t bits = 0;
    return takeNumber(bits) && push(std::bit_cast<double>(__builtin_bswap64(bits)));
}

template <class Length>
bool Machine::text() {
    Length length = 0;
    std::string_view bytes;
    return takeNumber(length) && take(length, bytes) && push(Text{bytes});
}

bool Machine::tuple() {
    std::vector<Ref> items;
    return popToMark(items) && push(List{std::move(items), true});
}

template <std::size_t Count>
bool Machine::tupleOf() {
    std::vector<Ref> items(Count);
    for (std::size_t i = Count; i-- > 0;) {
        if (!pop(items[i]))
            return false;
    }
    return pay(Count) && push(List{std::move(items), true});
}

bool Machine::append() {
    Ref item = 0;
    if (!pop(item) || !pay(1))
        return false;
    List* list = top<List>();
    if (list == nullptr || list->isTuple)
        return refuse("there is no list to append to");
    list->items.push_back(item);
    return true;
}

bool Machine::appends() {
    std::vector<Ref> items;
    if (!popToMark(items))
        return false;
    List* list = top<List>();
    if (list == nullptr || list->isTuple)
        return refuse("there is no list to append to");
    list->items.insert(list->items.end(), items.begin(), items.end());
    return true;
}

bool Machine::addItems(const std::vector<Ref>& items) {
    Dict* dict = top<Dict>();
    if (dict == nullptr || items.size() % 2 != 0)
        return refuse("there is no dictionary, or a key without a value");
    for (std::size_t i = 0; i < items.size(); i += 2)
        dict->items.emplace_back(items[i], items[i + 1]);
    return true;
}

bool Machine::setItem() {
    std::vector<Ref> item(2);
    return pop(item[1]) && pop(item[0]) && pay(1) && addItems(item);
}

bool Machine::setItems() {
    std::vector<Ref> items;
    return popToMark(items) && addItems(items);
}

bool Machine::remember(std::uint32_t index) {
    if (m_stack.empty())
        return refuse("there is nothing to remember");
    if (!m_memo.contains(index) && !pay(1))
        return false;
    m_memo[index] = m_stack.back();
    return true;
}

template <class Index>
bool Machine::put() {
    Index index = 0;
    return takeNumber(index) && remember(index);
}

template <class Index>
bool Machine::get() {
    Index index = 0;
    if (!takeNumber(index))
        return false;
    const auto found = m_memo.find(index);
    if (found == m_memo.end())
        return refuse("it asks for what was not remembered");
    m_stack.push_back(found->second);
    return pay(1);
}

bool Machine::global() {
    std::string_view module;
    std::string_view name;
    return takeLine(module) && takeLine(name) && pushGlobal(module, name);
}

bool Machine::stackGlobal() {
    Ref name = 0;
    Ref module = 0;
    if (!pop(name) || !pop(module))
        return false;
    const auto* moduleText = std::get_if<Text>(&m_values[module]);
    const auto* nameText = std::get_if<Text>(&m_values[name]);
    return moduleText != nullptr && nameText != nullptr ? pushGlobal(moduleText->bytes, nameText->bytes)
                                                        : refuse("the name is not a text");
}

bool Machine::pushGlobal(std::string_view module, std::string_view name) {
    if (module.size() > kMaxNameBytes || name.size() > kMaxNameBytes)
        return refuse("a name is too long");
    const std::string full = std::string(module) + "." + std::string(name);
    const auto callable = std::ranges::find(kCallables, full, [](const auto& item) { return item.first; });
    if (callable != kCallables.end())
        return push(callable->second);
    const auto storage = std::ranges::find(kStorages, full, [](const auto& item) { return item.first; });
    if (storage != kStorages.end())
        return push(StorageType{storage->second});
    return refuse("it names " + shown(full) + ", and weights need nothing of that kind");
}

bool Machine::reduce() {
    Ref arguments = 0;
    Ref function = 0;
    if (!pop(arguments) || !pop(function))
        return false;
    const auto* callable = std::get_if<Callable>(&m_values[function]);
    if (callable == nullptr)
        return refuse("what it calls cannot be called");
    const auto* list = std::get_if<List>(&m_values[arguments]);
    if (list == nullptr || !list->isTuple)
        return refuse("the arguments are no tuple");
    switch (*callable) {
    case Callable::OrderedDict:
        return orderedDict(*list);
    case Callable::RebuildTensor:
        return tensor(*list);
    case Callable::RebuildParameter:
        return parameter(*list);
    }
    return false;
}

// Python 3 calls it with nothing and sets items; Python 2 gives a list of pairs.
bool Machine::orderedDict(const List& arguments) {
    Dict dict{{}, true};
    if (!arguments.items.empty()) {
        const auto* pairs = std::get_if<List>(&m_values[arguments.items[0]]);
        if (arguments.items.size() != 1 || pairs == nullptr)
            return refuse("OrderedDict is called with something else than pairs");
        if (!pay(pairs->items.size()))
            return false;
        for (const Ref item : pairs->items) {
            const auto* pair = std::get_if<List>(&m_values[item]);
            if (pair == nullptr || pair->items.size() != 2)
                return refuse("OrderedDict is called with something else than pairs");
            dict.items.emplace_back(pair->items[0], pair->items[1]);
        }
    }
    return push(std::move(dict));
}

bool Machine::readSides(Ref ref, std::vector<std::int64_t>& sides) {
    const auto* list = std::get_if<List>(&m_values[ref]);
    if (list == nullptr || list->items.size() > kMaxSides)
        return refuse("a tensor's shape or strides make no sense");
    for (const Ref item : list->items) {
        const std::int64_t* side = integer(item);
        if (side == nullptr || *side < 0)
            return refuse("a tensor's shape or strides make no sense");
        sides.push_back(*side);
    }
    return true;
}

// (storage, offset, shape, strides, …): the rest is about gradients.
bool Machine::tensor(const List& arguments) {
    const std::vector<Ref>& items = arguments.items;
    if (items.size() < 4 || items.size() > 7)
        return refuse("a tensor is put together from the wrong number of values");
    const auto* storage = std::get_if<Storage>(&m_values[items[0]]);
    const std::int64_t* offset = integer(items[1]);
    if (storage == nullptr || offset == nullptr || *offset < 0)
        return refuse("a tensor has no storage or no place in it");
    Tensor made{items[0], static_cast<std::uint64_t>(*offset), {}, {}};
    if (!readSides(items[2], made.shape) || !readSides(items[3], made.strides))
        return false;
    if (made.shape.size() != made.strides.size())
        return refuse("a tensor has " + std::to_string(made.shape.size()) + " sides and " +
                      std::to_string(made.strides.size()) + " strides");
    const std::optional<std::uint64_t> extent = extentOf(made);
    if (!extent || made.offset > storage->viewCount || *extent > storage->viewCount - made.offset)
        return refuse("a tensor reaches beyond its storage of " + std::to_string(storage->viewCount) +
                      " elements, or repeats them");
    made.offset += storage->viewBegin;
    return push(std::move(made));
}

bool Machine::parameter(const List& arguments) {
    if (arguments.items.empty() || arguments.items.size() > 3 ||
        !std::holds_alternative<Tensor>(m_values[arguments.items[0]]))
        return refuse("a parameter is made of something else than a tensor");
    m_stack.push_back(arguments.items[0]);
    return pay(1);
}

// torch.save() of a state dictionary sets its attribute _metadata (versions of modules), which says nothing
// about the weights.
bool Machine::build() {
    Ref state = 0;
    if (!pop(state))
        return false;
    const Dict* object = top<Dict>();
    if (object == nullptr || !object->isOrdered || !std::holds_alternative<Dict>(m_values[state]))
        return refuse("only an OrderedDict may be given attributes");
    return true;
}

// ('storage', type, key, device, elements[, None or (key, begin, elements) of a view])
bool Machine::persistentId() {
    Ref id = 0;
    if (!pop(id))
        return false;
    const auto* list = std::get_if<List>(&m_values[id]);
    if (list == nullptr || (list->items.size() != 5 && list->items.size() != 6))
        return refuse("what lies outside the pickle is no storage");
    const std::vector<Ref>& items = list->items;
    const auto* tag = std::get_if<Text>(&m_values[items[0]]);
    const auto* type = std::get_if<StorageType>(&m_values[items[1]]);
    const auto* key = std::get_if<Text>(&m_values[items[2]]);
    const std::int64_t* count = integer(items[4]);
    if (tag == nullptr || tag->bytes != "storage" || type == nullptr || key == nullptr || count == nullptr ||
        key->bytes.size() > kMaxKeyBytes || *count < 0)
        return refuse("what lies outside the pickle is no storage");
    const auto elements = static_cast<std::uint64_t>(*count);
    Storage storage{std::string(key->bytes), type->type, elements, 0, elements};
    if (items.size() == 6 && !std::holds_alternative<None>(m_values[items[5]]) && !view(items[5], storage))
        return false;
    return push(std::move(storage));
}

bool Machine::view(Ref ref, Storage& storage) {
    const auto* list = std::get_if<List>(&m_values[ref]);
    const std::int64_t* begin =
        list != nullptr && list->items.size() == 3 ? integer(list->items[1]) : nullptr;
    const std::int64_t* count = begin != nullptr ? integer(list->items[2]) : nullptr;
    if (count == nullptr || *begin < 0 || *count < 0 || static_cast<std::uint64_t>(*begin) > storage.count ||
        static_cast<std::uint64_t>(*count) > storage.count - static_cast<std::uint64_t>(*begin))
        return refuse("a view reaches beyond its storage");
    storage.viewBegin = static_cast<std::uint64_t>(*begin);
    storage.viewCount = static_cast<std::uint64_t>(*count);
    return true;
}

} // namespace

const Ref* Pickle::find(Ref dict, std::string_view key) const {
    const Dict* entries = as<Dict>(dict);
    if (entries == nullptr)
        return nullptr;
    const auto found = std::ranges::find_if(entries->items, [&](const auto& item) {
        const Text* text = as<Text>(item.first);
        return text != nullptr && text->bytes == key;
    });
    return found == entries->items.end() ? nullptr : &found->second;
}

Result<Pickle> read(std::string_view bytes, std::size_t offset) { return Machine(bytes, offset).run(); }

} // namespace hilum::pickle

#include "worker/codec/json_reader.h"

#include <cstring>
#include <string>
#include <vector>

#include "common/base/text.h"
#include "worker/codec/json_text.h"
#include "worker/codec/json_tokens.h"
#include "worker/codec/values.h"

namespace tidegate::codec {
namespace {

// What a key of an object names: a field (its number), or one of these.
constexpr int kUndeclared = -1;
constexpr int kInvalidKey = -2;
constexpr int kFirstInner = -3;      // an object below that fields lie in: kFirstInner - its number
constexpr int kFirstWhole = -1'000;  // a JSON field, kept as it stands: kFirstWhole - its number

// Records of one topic mostly list their keys in one order: what was seen at a position is tried first there.
struct ExpectedKey {
  static constexpr std::size_t kMaxBytes = 112;
  char token[kMaxBytes + 8] = {};  // with quotes
  std::uint32_t size = 0;
  int target = kUndeclared;
};
constexpr std::size_t kMaxExpected = 256;

// An object that fields lie in: the record itself, or one below it.
struct Node {
  struct Member {
    std::string name;
    int target;
  };
  std::string name;
  std::vector<Member> members;
  std::vector<std::size_t> fields;  // at any depth below it; of inner ones only
  std::vector<ExpectedKey> expected;

  int target_of(std::string_view wanted) const {
    for (const Member& member : members) {
      if (member.name == wanted) return member.target;
    }
    return kUndeclared;
  }
};

std::string_view kind_of(std::string_view token) {
  switch (token.front()) {
    case '"':
      return "text";
    case '{':
      return "an object";
    case '[':
      return "an array";
    case 't':
    case 'f':
      return "a truth value";
    default:
      return "a number";
  }
}

// A string token's contents, escapes resolved in place (the token is in the reader's own copy of the record); null data
// when malformed.
std::string_view unquote(std::string_view token, bool plain) {
  if (token.size() < 2 || token.back() != '"') return {};
  const std::string_view inner = token.substr(1, token.size() - 2);
  if (plain || std::memchr(inner.data(), '\\', inner.size()) == nullptr) return inner;
  char* const place = const_cast<char*>(inner.data());
  char* const end = unescape_json_string(inner, place);
  if (end == nullptr) return {};
  return {place, static_cast<std::size_t>(end - place)};
}

Stored put_string(const Column& column, std::size_t row, const Field& field, std::string_view token, bool plain) {
  const std::string_view text = unquote(token, plain);
  return text.data() == nullptr ? Stored::malformed : put_text(column, row, field, text);
}

}  // namespace

struct JsonReader::Impl {
  explicit Impl(Schema declared) : schema(std::move(declared)), nodes(1), seen(schema.size(), 0) {
    for (std::size_t f = 0; f < schema.size(); ++f) {
      if (schema[f].from != From::value) continue;
      values.push_back(f);
      place(f);
    }
  }

  Schema schema;
  std::vector<std::size_t> values;  // the fields that are read here
  std::vector<Node> nodes;          // the first is the record
  JsonTokens tokens;
  std::vector<std::uint64_t> seen;  // per field: number of the last record that had it
  std::uint64_t record_number = 0;
  std::size_t found = 0;  // fields that the record at hand has
  std::vector<char> arena;
  std::size_t used = 0;
  Complaint complaint;

  // Puts a field where its path says, and the objects that lead to it.
  void place(std::size_t f) {
    const Field& field = schema[f];
    std::size_t at = 0;
    for (std::size_t depth = 0; depth + 1 < field.path.size(); ++depth) {
      int target = nodes[at].target_of(field.path[depth]);
      if (target == kUndeclared) {
        target = kFirstInner - static_cast<int>(nodes.size());
        nodes[at].members.push_back({field.path[depth], target});
        nodes.emplace_back().name = field.path[depth];
      }
      at = static_cast<std::size_t>(kFirstInner - target);
      nodes[at].fields.push_back(f);
    }
    const int number = static_cast<int>(f);
    nodes[at].members.push_back({field.path.empty() ? field.name : field.path.back(),
                                 field.type.type == Type::json ? kFirstWhole - number : number});
  }

  bool malformed(const char* what) { return complaint.set("Malformed", what); }
  bool malformed_here() {
    if (tokens.done()) return malformed("the record is not JSON: it ends too early");
    const std::string at = cat(" at byte ", std::to_string(tokens.offset()));
    return complaint.set("Malformed", cat("the record is not JSON: unexpected ", shown(tokens.token()), at),
                         cat("the record is not JSON", at));
  }
  bool wrong_type(const Field& field, std::string_view token) {
    const bool nested = token.front() == '{' || token.front() == '[';
    return complaint.wrong_type(field, nested ? std::string(kind_of(token)) : shown(token), kind_of(token));
  }
  bool no_object(const Node& node, std::string_view token) {
    const std::string& name = schema[node.fields.front()].name;
    return complaint.set("WrongType",
                         cat("field \"", name, "\" is read from \"", node.name, "\", which must be an object, not ",
                             token.front() == '[' ? "an array" : shown(token)),
                         cat(name, ": ", node.name, " must be an object, found ", kind_of(token)));
  }

  // What the current token names in this object.
  int target_here(Node& node, std::size_t position) {
    if (position < node.expected.size()) {
      const ExpectedKey& known = node.expected[position];
      if (known.size != 0 && tokens.starts_with(known.token, known.size)) return known.target;
    }
    return find_target(node, position);
  }

  [[gnu::noinline]] int find_target(Node& node, std::size_t position) {
    if (tokens.peek() != '"') return kInvalidKey;
    const std::string_view token = tokens.token();
    ExpectedKey key;
    if (token.size() <= ExpectedKey::kMaxBytes) {  // before the escapes are resolved
      std::memcpy(key.token, token.data(), token.size());
      key.size = static_cast<std::uint32_t>(token.size());
    }
    const std::string_view name = unquote(token, tokens.plain());
    if (name.data() == nullptr) return kInvalidKey;
    key.target = node.target_of(name);
    if (position < kMaxExpected) {
      if (position >= node.expected.size()) node.expected.resize(position + 1);
      node.expected[position] = key;
    }
    return key.target;
  }

  bool read_value(std::size_t f, const Column& column, std::size_t row) {
    const Field& field = schema[f];
    const std::string_view token = tokens.token();
    Stored stored = Stored::wrong_type;
    switch (token.front()) {
      case '"':
        stored = put_string(column, row, field, token, tokens.plain());
        break;
      case '{':
      case '[':
        break;
      case 'n':
        return read_null(field, column, row, token);
      case 't':
      case 'f':
        if (token != "true" && token != "false") return malformed_here();
        if (field.type.type == Type::boolean) stored = put(column, row, std::optional(token.front() == 't'));
        break;
      default:
        stored = put_number(column, row, field, token, false);
    }
    if (stored == Stored::malformed) return malformed_here();
    if (stored == Stored::wrong_type) return wrong_type(field, token);
    column.set_valid(row);
    tokens.next();
    return true;
  }

  bool read_null(const Field& field, const Column& column, std::size_t row, std::string_view token) {
    if (token != "null") return malformed_here();
    if (field.required) return complaint.missing(field, "null");
    column.set_null(row);
    tokens.next();
    return true;
  }

  bool read_whole(std::size_t f, const Column& column, std::size_t row, unsigned depth) {
    if (tokens.peek() == 'n') return read_null(schema[f], column, row, tokens.token());
    const std::string_view text = tokens.take_value(depth);
    if (text.data() == nullptr) return malformed_here();
    put_text(column, row, schema[f], text);
    column.set_valid(row);
    return true;
  }

  // The value of a key that names a field to be kept as it stands, or an object that fields lie in.
  [[gnu::noinline]] bool read_other(int target, std::span<const Column> columns, std::size_t row, unsigned depth) {
    if (target <= kFirstWhole) {
      const auto f = static_cast<std::size_t>(kFirstWhole - target);
      if (!read_whole(f, columns[f], row, depth)) return false;
      found += seen[f] != record_number ? 1 : 0;
      seen[f] = record_number;
      return true;
    }
    const auto number = static_cast<std::size_t>(kFirstInner - target);
    for (const std::size_t f : nodes[number].fields) {  // of an object given twice the last one counts
      found -= seen[f] == record_number ? 1 : 0;
      seen[f] = 0;
    }
    if (tokens.take('{')) return read_members<true>(nodes[number], columns, row, depth + 1);
    const std::string_view token = tokens.token();
    if (token.front() != '"' && token.front() != '[' && !valid_scalar(token)) return malformed_here();
    if (token != "null") return no_object(nodes[number], token);
    tokens.next();
    return true;
  }

  // From behind an object's brace to behind its end. Compiled for the record itself apart from what lies below it, so
  // that flat records pay for nothing else.
  template <bool inner>
  bool read_members(Node& node, std::span<const Column> columns, std::size_t row, unsigned below) {
    const unsigned depth = inner ? below : 0;
    if (tokens.take('}')) return true;
    std::size_t fresh = 0;
    std::size_t position = 0;
    do {
      if (tokens.done()) return malformed_here();
      const int target = target_here(node, position++);
      if (target == kInvalidKey) return malformed_here();
      tokens.next();
      if (!tokens.take(':') || tokens.done()) return malformed_here();
      if (target == kUndeclared) {
        if (!tokens.skip_value(depth)) return malformed_here();
        continue;
      }
      if (target < kUndeclared) {
        if (!read_other(target, columns, row, depth)) return false;
        continue;
      }
      const auto f = static_cast<std::size_t>(target);
      if (!read_value(f, columns[f], row)) return false;
      fresh += seen[f] != record_number ? 1 : 0;
      seen[f] = record_number;
    } while (tokens.take(','));
    found += fresh;
    return tokens.take('}') || malformed_here();
  }

  bool not_an_object() {
    if (tokens.skip_value() && tokens.done()) return malformed("a record must be a JSON object");
    return malformed("the record is not JSON");
  }

  bool fill_missing(std::span<const Column> columns, std::size_t row) {
    for (const std::size_t f : values) {
      if (schema[f].required && seen[f] != record_number) return complaint.missing(schema[f], "missing");
    }
    for (const std::size_t f : values) {
      if (seen[f] != record_number) columns[f].set_null(row);
    }
    return true;
  }

  bool read(std::string_view record, std::span<const Column> columns, std::size_t row) {
    if (record.size() > kMaxRecordBytes) return complaint.oversized(record.size());
    if (record.empty()) return malformed("the record is empty");
    char* const copy = arena.data() + used;
    std::memcpy(copy, record.data(), record.size());
    used += record.size();
    if (const char* what = tokens.open(copy, record.size())) return malformed(what);
    ++record_number;
    found = 0;
    if (!tokens.take('{')) return not_an_object();
    if (!read_members<false>(nodes.front(), columns, row, 0)) return false;
    if (!tokens.done()) return malformed_here();
    return found == values.size() || fill_missing(columns, row);
  }
};

JsonReader::JsonReader(Schema schema) : impl_(std::make_unique<Impl>(std::move(schema))) {}
JsonReader::JsonReader(JsonReader&&) noexcept = default;
JsonReader& JsonReader::operator=(JsonReader&&) noexcept = default;
JsonReader::~JsonReader() = default;

const Schema& JsonReader::schema() const {
  return impl_->schema;
}

const std::string& JsonReader::summary() const {
  return impl_->complaint.summary;
}

void JsonReader::begin(std::size_t bytes) {
  if (impl_->arena.size() < bytes + kJsonPadding) impl_->arena.resize(bytes + kJsonPadding);
  impl_->used = 0;
}

Result<void> JsonReader::read(std::string_view record, std::span<const Column> columns, std::size_t row) {
  if (impl_->read(record, columns, row)) return {};
  return std::move(impl_->complaint.error);
}

}  // namespace tidegate::codec

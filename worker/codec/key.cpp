#include "worker/codec/key.h"

#include <algorithm>

#include "common/base/text.h"
#include "worker/codec/json_text.h"
#include "worker/codec/json_writer.h"

namespace tidegate::codec {

Result<KeyEncoder> KeyEncoder::of(const Schema& schema, const std::vector<std::string>& key) {
  KeyEncoder encoder;
  for (const std::string& name : key) {
    const std::optional<std::size_t> field = schema.find(name);
    if (!field) {
      std::vector<std::string> names;
      for (const Field& candidate : schema.fields()) names.push_back(candidate.name);
      return Error{"InvalidKey", cat("key field \"", name, "\" does not exist; the fields are ", join(names, ", "))};
    }
    std::string label(1, encoder.parts_.empty() ? '{' : ',');
    append_json_string(name, label);
    label += ':';
    encoder.parts_.push_back({*field, schema[*field].type, std::move(label)});
  }
  return encoder;
}

bool KeyEncoder::append(std::span<const Column> columns, std::size_t row, std::string& out) const {
  const auto is_null = [&](const Part& part) { return !columns[part.field].valid(row); };
  if (std::all_of(parts_.begin(), parts_.end(), is_null)) return false;
  if (parts_.size() == 1 && parts_[0].type.type == Type::varchar) {
    out.append(columns[parts_[0].field].at<Text>(row).view());
    return true;
  }
  for (const Part& part : parts_) {
    out.append(part.label);
    const std::size_t before = out.size();
    out.resize(before + json_bound(part.type, columns[part.field], row));
    const char* const end = write_json(part.type, columns[part.field], row, out.data() + before);
    out.resize(end == nullptr ? before : static_cast<std::size_t>(end - out.data()));
  }
  out += '}';
  return true;
}

}  // namespace tidegate::codec

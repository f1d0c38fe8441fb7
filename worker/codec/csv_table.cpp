#include "worker/codec/csv_table.h"

#include "common/base/text.h"
#include "worker/codec/csv_cells.h"

namespace tidegate::codec {
namespace {

std::uint64_t nothing = 0;  // validity of a column without values

Result<std::vector<std::string>> names_in(std::string header) {
  std::vector<std::string> names;
  std::string_view rest = header;
  for (bool more = true; more;) {
    CsvCell cell;
    if (const char* const wrong = take_csv_cell(rest, Format().delimiter, cell)) {
      return Error{"Malformed", cat("the header: ", wrong)};
    }
    names.emplace_back(cell.text);
    more = !rest.empty();
    if (more) rest.remove_prefix(1);
  }
  return names;
}

}  // namespace

Result<CsvTable> CsvTable::of(const Schema& fields, std::string_view header) {
  auto names = names_in(std::string(header));
  if (!names) return std::move(names).error();
  std::vector<Field> columns;
  for (const std::string& name : *names) {
    const auto known = fields.find(name);
    columns.push_back({name, known ? fields[*known].type : FieldType{}, known && fields[*known].required});
  }
  Format format;
  format.kind = Format::Kind::csv;
  auto schema = Schema::of(std::move(columns), format);
  if (!schema) return Error{"Malformed", cat("the header: ", schema.error().message)};
  return CsvTable(fields, *std::move(schema));
}

CsvTable::CsvTable(const Schema& fields, Schema columns)
    : fields_(fields), rows_(std::move(columns)), writer_(fields_), values_(fields_.size()) {
  for (const Field& field : fields_.fields()) places_.push_back(rows_.schema().find(field.name));
}

Result<std::string_view> CsvTable::read(std::string_view row) {
  if (auto read = rows_.read(row); !read) {
    summary_ = rows_.summary();
    return std::move(read).error();
  }
  for (std::size_t f = 0; f < values_.size(); ++f) {
    if (!places_[f] && fields_[f].required) return refused("MissingField", fields_[f], "the header has no such column");
    values_[f] = places_[f] ? rows_.columns()[*places_[f]] : Column{nullptr, &nothing};
  }
  out_.clear();
  if (const auto field = writer_.append(values_, 0, out_)) {
    return refused("WrongType", fields_[*field], "JSON cannot say the value");
  }
  return out_.view(0, out_.size());
}

Error CsvTable::refused(const char* reason, const Field& field, const char* why) {
  summary_ = cat(field.name, ": ", why);
  return {reason, summary_};
}

}  // namespace tidegate::codec

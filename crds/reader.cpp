#include "crds/reader.h"

#include "common/base/text.h"

namespace tidegate::crds {

std::vector<Reader> Reader::items() const {
  std::vector<Reader> out;
  if (present() && !value_->is_array()) fail("must be a list");
  for (std::size_t i = 0; i < value_->items().size(); ++i) {
    out.emplace_back(value_->items()[i], cat(path_, "[", std::to_string(i), "]"), *error_);
  }
  return out;
}

std::string Reader::text(const std::string& fallback) const {
  if (!present()) return fallback;
  if (!value_->is_string()) fail("must be a string");
  return value_->as_string();
}

int Reader::number(int fallback) const {
  if (!present()) return fallback;
  if (!value_->is_int()) fail("must be a whole number");
  return static_cast<int>(value_->as_int());
}

bool Reader::flag(bool fallback) const {
  if (!present()) return fallback;
  if (!value_->is_bool()) fail("must be true or false");
  return value_->as_bool();
}

std::vector<std::string> Reader::texts() const {
  std::vector<std::string> out;
  for (const Reader& item : items()) out.push_back(item.required_text());
  return out;
}

std::string Reader::required_text() const {
  std::string out = text();
  if (out.empty()) fail("is missing");
  return out;
}

int Reader::choice(const std::vector<std::string>& words, int fallback) const {
  if (!present()) return fallback;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (value_->as_string() == words[i]) return static_cast<int>(i);
  }
  fail("must be one of " + join(words, ", "));
  return fallback;
}

std::string Reader::quantity(const std::string& fallback) const {
  if (value_->is_int()) return std::to_string(value_->as_int());
  return text(fallback);
}

void Reader::fail(const std::string& message) const {
  if (!*error_) *error_ = Error{"InvalidSpec", cat(path_, ": ", message)};
}

}  // namespace tidegate::crds

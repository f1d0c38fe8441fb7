// Reads JSON into the CRD types and remembers the first thing that does not fit, with its path. For this folder only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/json/json.h"

namespace tidegate::crds {

// A place in the document. Copies share the error of the Reader they came from, so reading goes on after a mistake and
// the first one is reported at the end. Not thread-safe.
class Reader {
 public:
  Reader(const Json& value, std::string path, std::optional<Error>& error)
      : value_(&value), path_(std::move(path)), error_(&error) {}

  bool present() const { return !value_->is_null(); }
  Reader operator[](const std::string& key) const { return {value_->get(key), path_ + "." + key, *error_}; }
  std::vector<Reader> items() const;

  // The value; the fallback when absent, an error when of another type.
  std::string text(const std::string& fallback = "") const;
  int number(int fallback) const;
  bool flag(bool fallback) const;
  std::vector<std::string> texts() const;
  // As text, and an error when it is absent or empty.
  std::string required_text() const;
  // One of the words, as its index; an error for any other word.
  int choice(const std::vector<std::string>& words, int fallback) const;
  // A Kubernetes quantity: a string or a whole number.
  std::string quantity(const std::string& fallback) const;

  void fail(const std::string& message) const;
  const Json& json() const { return *value_; }

 private:
  const Json* value_;
  std::string path_;
  std::optional<Error>* error_;
};

}  // namespace tidegate::crds

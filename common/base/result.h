// Errors as values. A function that can fail returns Result<T>; exceptions are caught where a library throws them.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace tidegate {

// What went wrong, fit to be shown to a user.
// `reason` is one CamelCase word that programs compare (it becomes a condition reason or a metric label);
// `message` is a sentence with the remedy; context() puts what was being attempted in front of it.
struct Error {
  std::string reason;
  std::string message;

  Error context(const std::string& attempted) && { return {std::move(reason), attempted + ": " + message}; }
  Error context(const std::string& attempted) const& { return {reason, attempted + ": " + message}; }
};

// Either a value or an Error. Reading the wrong alternative throws std::bad_variant_access: a programmer's error.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const& { return error_.value(); }
  Error&& error() && { return std::move(error_).value(); }

 private:
  std::optional<Error> error_;
};

}  // namespace tidegate

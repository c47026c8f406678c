// Result holds either a value or the reason there is none. The names follow std::expected, which
// replaces this file once the toolchain ships it (g++ 12 and clang 14 don't).
//
// An error is always wrapped in Failure, so that a Result<std::string, std::string> never confuses
// "the value is this text" with "the error is this text":
//
//   Result<int, std::string> half(int n) {
//     if (n % 2 != 0) return Failure{std::string{"odd"}};
//     return n / 2;
//   }
#pragma once

#include <optional>
#include <utility>
#include <variant>

namespace leangate {

template <typename E>
struct Failure {
  E error;
};
template <typename E>
Failure(E) -> Failure<E>;

template <typename T, typename E>
class [[nodiscard]] Result {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(T value) : state_{std::in_place_index<0>, std::move(value)} {}
  template <typename F>
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(Failure<F> failure) : state_{std::in_place_index<1>, std::move(failure.error)} {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  // Precondition of these: has_value(). A violation throws std::bad_variant_access.
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // Precondition of these: !has_value().
  E& error() & { return std::get<1>(state_); }
  const E& error() const& { return std::get<1>(state_); }
  E&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, E> state_;
};

// The outcome of something that has no value to give.
template <typename E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() = default;
  template <typename F>
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(Failure<F> failure) : error_{std::move(failure.error)} {}

  bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }

  // Precondition: !has_value().
  const E& error() const& { return error_.value(); }
  E&& error() && { return std::move(error_).value(); }

 private:
  std::optional<E> error_;
};

}  // namespace leangate

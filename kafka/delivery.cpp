#include "kafka/delivery.h"

namespace tidegate::kafka {

std::shared_ptr<Delivery> Delivery::create(Done done) {
  std::shared_ptr<Delivery> delivery(new Delivery(std::move(done)));
  delivery->self_ = delivery;
  return delivery;
}

void Delivery::seal() {
  settle(1);
}

std::optional<Error> Delivery::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

void Delivery::expect(std::int64_t records) {
  open_.fetch_add(records, std::memory_order_relaxed);
}

void Delivery::forget(std::int64_t records) {
  if (records > 0) settle(records);
}

void Delivery::report(bool acknowledged, const char* reason, const char* message) {
  if (acknowledged) {
    acknowledged_.fetch_add(1, std::memory_order_relaxed);
  } else {
    const std::lock_guard lock(mutex_);
    failed_.fetch_add(1, std::memory_order_relaxed);
    if (!error_) error_ = Error{reason, message};
  }
  settle(1);
}

void Delivery::settle(std::int64_t records) {
  if (open_.fetch_sub(records, std::memory_order_acq_rel) != records) return;
  const std::shared_ptr<Delivery> alive = std::move(self_);
  if (done_) done_(*this);
}

}  // namespace tidegate::kafka

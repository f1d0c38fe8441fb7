#include "operator/kube/sync_state.h"

#include <algorithm>

#include "operator/kube/api_error.h"

namespace tidegate::kube {
namespace {

// client-go's reflector: 0.8 s doubling to 30 s, jitter up to the same again, reset after 2 minutes.
constexpr Duration kFirstPause{800};
constexpr Duration kLongestPause{30'000};
constexpr std::chrono::minutes kQuiet{2};
constexpr Duration kVeryShort{1000};

}  // namespace

SyncState::Step SyncState::next(double jitter) const {
  Duration wait{0};
  if (wait_) {
    const int doublings = std::min(failures_ - 1, 10);
    const Duration base = std::min(kFirstPause * (1 << doublings), kLongestPause);
    wait = base + Duration(static_cast<Duration::rep>(jitter * static_cast<double>(base.count())));
  }
  return {what_, what_ == Do::list ? continuation_ : version_, wait};
}

void SyncState::failed(SteadyTime now) {
  if (failures_ > 0 && now - failed_at_ > kQuiet) failures_ = 0;
  ++failures_;
  failed_at_ = now;
  wait_ = true;
}

void SyncState::page_received(const std::string& continuation, const std::string& version) {
  wait_ = false;
  continuation_ = continuation;
  if (!continuation.empty()) return;
  what_ = Do::watch;
  version_ = version;
  events_ = false;
}

void SyncState::list_failed(const Error& error, SteadyTime now) {
  if (is_expired(error)) continuation_.clear();
  failed(now);
}

void SyncState::event_handled(const std::string& version) {
  version_ = version;
  events_ = true;
}

void SyncState::watch_ended(const Result<void>& result, Duration lasted, SteadyTime now) {
  const bool hasty = result.ok() && !events_ && lasted < kVeryShort;
  events_ = false;
  wait_ = false;
  if (!result && is_expired(result.error())) what_ = Do::list;
  // Silence is how a dead connection ends; the server itself did nothing wrong.
  const bool silent = !result && result.error().reason == "Timeout" && lasted > kQuiet;
  if ((!result && !silent) || hasty) failed(now);
}

}  // namespace tidegate::kube

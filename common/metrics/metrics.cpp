#include "common/metrics/metrics.h"

#include <prometheus/client_metric.h>
#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cassert>
#include <mutex>

#include "common/base/text.h"
#include "common/metrics/process.h"

namespace tidegate::metrics {

void Counter::add(double amount) const {
  static_cast<prometheus::Counter*>(counter_)->Increment(amount);
}
void Gauge::set(double value) const {
  static_cast<prometheus::Gauge*>(gauge_)->Set(value);
}
void Gauge::add(double amount) const {
  static_cast<prometheus::Gauge*>(gauge_)->Increment(amount);
}
void Histogram::observe(double value, std::int64_t times) const {
  auto& histogram = *static_cast<prometheus::Histogram*>(histogram_);
  if (times == 1) return histogram.Observe(value);
  std::vector<double> increments(buckets_.size() + 1, 0);
  const auto bucket = std::lower_bound(buckets_.begin(), buckets_.end(), value) - buckets_.begin();
  increments[static_cast<std::size_t>(bucket)] = static_cast<double>(times);
  histogram.ObserveMultiple(increments, value * static_cast<double>(times));
}

namespace {

bool has_labels(const Definition& metric, const Labels& labels) {
  std::vector<std::string> wanted = split(metric.labels, ' ');
  if (metric.labels.empty()) wanted.clear();
  std::sort(wanted.begin(), wanted.end());
  return std::equal(wanted.begin(), wanted.end(), labels.begin(), labels.end(),
                    [](const std::string& name, const auto& label) { return name == label.first; });
}

// A builder of the metric's family.
template <typename Builder>
auto& family(Builder builder, const Definition& metric, const Labels& labels, prometheus::Registry& registry) {
  assert(has_labels(metric, labels));
  static_cast<void>(labels);
  return builder.Name(std::string(metric.name)).Help(std::string(metric.help)).Register(registry);
}

// A family whose series exist only while they are being read.
class Computed : public prometheus::Collectable {
 public:
  Computed(const Definition& metric, std::function<std::vector<Registry::Sample>()> samples)
      : metric_(metric), samples_(std::move(samples)) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    const bool counts = metric_.type == Type::counter;
    prometheus::MetricFamily family{std::string(metric_.name),
                                    std::string(metric_.help),
                                    counts ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge,
                                    {}};
    for (const Registry::Sample& sample : samples_()) {
      assert(has_labels(metric_, sample.labels));
      prometheus::ClientMetric& metric = family.metric.emplace_back();
      for (const auto& [label, value] : sample.labels) metric.label.push_back({label, value});
      (counts ? metric.counter.value : metric.gauge.value) = sample.value;
    }
    if (family.metric.empty()) return {};
    return {std::move(family)};
  }

 private:
  const Definition& metric_;
  std::function<std::vector<Registry::Sample>()> samples_;
};

}  // namespace

struct Registry::Impl {
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
  mutable std::mutex mutex;
  std::vector<std::unique_ptr<prometheus::Collectable>> collectables;
};

Registry::Registry() : impl_(std::make_unique<Impl>()) {
  impl_->collectables.push_back(process_metrics());
}
Registry::~Registry() = default;

Counter Registry::counter(Metric metric, const Labels& labels) {
  Counter handle;
  handle.counter_ = &family(prometheus::BuildCounter(), *metric, labels, impl_->registry).Add(labels);
  return handle;
}

Gauge Registry::gauge(Metric metric, const Labels& labels) {
  Gauge handle;
  handle.gauge_ = &family(prometheus::BuildGauge(), *metric, labels, impl_->registry).Add(labels);
  return handle;
}

Histogram Registry::histogram(Metric metric, const Labels& labels) {
  Histogram handle;
  handle.buckets_ = metric->buckets;
  const std::vector<double> buckets(metric->buckets.begin(), metric->buckets.end());
  handle.histogram_ = &family(prometheus::BuildHistogram(), *metric, labels, impl_->registry).Add(labels, buckets);
  return handle;
}

void Registry::collect(Metric metric, std::function<std::vector<Sample>()> samples) {
  const std::lock_guard lock(impl_->mutex);
  impl_->collectables.push_back(std::make_unique<Computed>(*metric, std::move(samples)));
}

std::string Registry::render() const {
  std::vector<prometheus::MetricFamily> families = impl_->registry.Collect();
  {
    const std::lock_guard lock(impl_->mutex);
    for (const auto& collectable : impl_->collectables) {
      for (prometheus::MetricFamily& family : collectable->Collect()) families.push_back(std::move(family));
    }
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace tidegate::metrics

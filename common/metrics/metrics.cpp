#include "common/metrics/metrics.h"

#include <prometheus/client_metric.h>
#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>

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
void Histogram::observe(double value) const {
  static_cast<prometheus::Histogram*>(histogram_)->Observe(value);
}

namespace {

// A family whose series exist only while they are being read.
class Computed : public prometheus::Collectable {
 public:
  Computed(std::string name, std::string help, std::function<std::vector<Registry::Sample>()> samples)
      : name_(std::move(name)), help_(std::move(help)), samples_(std::move(samples)) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    prometheus::MetricFamily family{name_, help_, prometheus::MetricType::Gauge, {}};
    for (const Registry::Sample& sample : samples_()) {
      prometheus::ClientMetric& metric = family.metric.emplace_back();
      for (const auto& [label, value] : sample.labels) metric.label.push_back({label, value});
      metric.gauge.value = sample.value;
    }
    if (family.metric.empty()) return {};
    return {std::move(family)};
  }

 private:
  std::string name_;
  std::string help_;
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

Counter Registry::counter(const std::string& name, const std::string& help, const Labels& labels) {
  Counter handle;
  handle.counter_ = &prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry).Add(labels);
  return handle;
}

Gauge Registry::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  Gauge handle;
  handle.gauge_ = &prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry).Add(labels);
  return handle;
}

Histogram Registry::histogram(const std::string& name, const std::string& help, const std::vector<double>& buckets,
                              const Labels& labels) {
  Histogram handle;
  handle.histogram_ =
      &prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry).Add(labels, buckets);
  return handle;
}

void Registry::collect(const std::string& name, const std::string& help, std::function<std::vector<Sample>()> samples) {
  const std::lock_guard lock(impl_->mutex);
  impl_->collectables.push_back(std::make_unique<Computed>(name, help, std::move(samples)));
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

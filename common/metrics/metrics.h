// Prometheus metrics (prometheus-cpp core inside). Series are made once at start and live as long as the registry.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/metrics/catalogue.h"

namespace tidegate::metrics {

using Labels = std::map<std::string, std::string>;

// Handles are cheap to copy and valid while their Registry lives; updating one is thread-safe and wait-free
// (a histogram takes a short lock).
class Counter {
 public:
  void add(double amount = 1) const;

 private:
  friend class Registry;
  void* counter_ = nullptr;
};

class Gauge {
 public:
  void set(double value) const;
  void add(double amount) const;

 private:
  friend class Registry;
  void* gauge_ = nullptr;
};

class Histogram {
 public:
  // `times`: as many observations of that value.
  void observe(double value, std::int64_t times = 1) const;

 private:
  friend class Registry;
  void* histogram_ = nullptr;
  std::span<const double> buckets_;
};

// Owns the series. The same metric and labels asked for twice give the same series. Name, help and type come from the
// catalogue; `labels` must be those that it lists.
class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  Counter counter(Metric metric, const Labels& labels = {});
  Gauge gauge(Metric metric, const Labels& labels = {});
  Histogram histogram(Metric metric, const Labels& labels = {});

  // A family of gauges or counters whose series are computed at scrape time, for objects that come and go.
  struct Sample {
    Labels labels;
    double value;
  };
  void collect(Metric metric, std::function<std::vector<Sample>()> samples);

  // Text exposition format 0.0.4, with process_* metrics of this process.
  std::string render() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::metrics

// Prometheus metrics (prometheus-cpp core inside). Series are made once at start and live as long as the registry.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

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
  void observe(double value) const;

 private:
  friend class Registry;
  void* histogram_ = nullptr;
};

// Owns the series. The same name, labels and kind asked for twice give the same series.
class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  Counter counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  // `buckets`: upper bounds in the metric's unit, ascending.
  Histogram histogram(const std::string& name, const std::string& help, const std::vector<double>& buckets,
                      const Labels& labels = {});

  // A gauge family whose series are computed at scrape time, for objects that come and go.
  struct Sample {
    Labels labels;
    double value;
  };
  void collect(const std::string& name, const std::string& help, std::function<std::vector<Sample>()> samples);

  // Text exposition format 0.0.4, with process_* metrics of this process.
  std::string render() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::metrics

// The observers of all Kafka clusters in use, each on a thread of its own.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "controllers/observation/observer.h"

namespace tidegate::controllers {

// Thread-safe.
class Observers {
 public:
  struct Options {
    std::function<void(const kube::Key&)> pipeline_changed;
    std::function<void(const kube::Key&)> cluster_changed;  // for clusters of ours
    Clock clock = Clock::real();
    bool threads = true;                                       // tests call Observer::tick() themselves
    std::function<void(Observer&)> looked = [](Observer&) {};  // at the end of each of its rounds
  };

  explicit Observers(Options options) : options_(std::move(options)) {}
  ~Observers() { stop(); }

  // Makes the observer of that cluster (see kafka_identity()) when there is none.
  std::shared_ptr<Observer> get(const std::string& identity, const Connector& connect);
  std::shared_ptr<Observer> find(const std::string& identity) const;

  // The pipeline is gone; so are external clusters that nobody watches any more.
  void forget(const kube::Key& pipeline);
  void drop(const std::string& identity);
  // Ends all threads.
  void stop();

 private:
  struct Entry {
    std::shared_ptr<Observer> observer;
    std::jthread thread;
  };

  const Options options_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

}  // namespace tidegate::controllers

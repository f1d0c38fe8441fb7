#include "controllers/health/cluster.h"

#include <doctest/doctest.h>

#include "controllers/health/diagnosis.h"

using namespace tidegate;
using namespace tidegate::health;

namespace {

struct Cluster {
  ClusterEvidence evidence;
  ClusterHealth health;
  Duration time{1'000'000};

  Cluster() {
    evidence.name = "shared";
    evidence.reachable = true;
    evidence.brokers = evidence.brokers_wanted = 3;
    evidence.under_replicated = evidence.offline = 0;
    evidence.volumes = {{"shared-0", 1000, 100}};
  }
  void run(int seconds, double growth = 0) {
    for (int i = 0; i < seconds; i += 2) {
      time += Duration(2'000);
      evidence.volumes[0].used += growth;
      health.diagnose({SteadyTime(time), WallTime(time)}, evidence);
    }
  }
  std::string all() const {
    std::string out;
    for (const Problem& problem : health.problems())
      out += std::string(to_string(problem.finding.severity)) + " " + message(problem, 1000) + "\n";
    return out;
  }
};

}  // namespace

TEST_CASE("a broker that is missing for longer than a restart is told") {
  Cluster cluster;
  cluster.run(60);
  CHECK(cluster.all().empty());
  cluster.evidence.brokers = 2;
  cluster.evidence.under_replicated = 12;
  cluster.run(10);
  CHECK(cluster.all().empty());
  cluster.run(10);
  CHECK(cluster.all() ==
        "warning Kafka shared: 2 of 3 brokers answer, 12 partitions are under-replicated; see the broker pods and "
        "their logs\n");
  cluster.evidence.brokers = 3;
  cluster.evidence.under_replicated = 0;
  cluster.run(20);
  CHECK(cluster.all().empty());
}

TEST_CASE("a cluster of which nothing is known has no problem") {
  Cluster cluster;
  cluster.evidence = {};
  cluster.evidence.volumes = {{"shared-0", 0, 0}};
  cluster.run(60);
  CHECK(cluster.all().empty());
}

TEST_CASE("a volume that is nearly full is a warning and then critical") {
  Cluster cluster;
  cluster.evidence.volumes[0].used = 860;
  cluster.run(14);
  CHECK(cluster.all().find("warning the volume of shared-0 has 14 % free") == 0);
  cluster.evidence.volumes[0].used = 960;
  cluster.run(4);
  CHECK(cluster.all().find("critical the volume of shared-0 has 4 % free") == 0);
  cluster.evidence.volumes[0].used = 500;
  cluster.run(40);
  CHECK(cluster.all().empty());
}

TEST_CASE("a volume that will be full within six hours is told from half on and not before ten minutes") {
  Cluster cluster;
  cluster.evidence.volumes[0].used = 550;
  cluster.run(540, 0.2);
  CHECK(cluster.all().empty());
  cluster.run(240, 0.2);
  CHECK(cluster.all().find("warning the volume of shared-0 will be full in ") == 0);
  Cluster young;
  young.run(1800, 0.1);  // retention is likely to come first
  CHECK(young.all().empty());
}

TEST_CASE("how long a volume filled says how far ahead that can be told") {
  Cluster cluster;
  cluster.evidence.volumes[0].used = 550;
  cluster.run(1000, 0.1);  // full in more than two hours
  CHECK(cluster.all().empty());
  cluster.run(600, 0.1);
  CHECK(cluster.all().find("warning the volume of shared-0 will be full in ") == 0);
}

TEST_CASE("bursts and a saw are no trend of a volume") {
  Cluster burst;
  burst.evidence.volumes[0].used = 550;
  burst.run(600);
  burst.run(60, 5);
  burst.run(120);
  CHECK(burst.all().empty());
  Cluster saw;  // segments are deleted
  saw.evidence.volumes[0].used = 550;
  for (int i = 0; i < 40; ++i) {
    saw.run(118, 0.2);
    saw.run(2, -11.8);
    CHECK(saw.all().empty());
  }
}

TEST_CASE("a cluster that starts for the first time lacks nothing until it was whole or has had its time") {
  Cluster cluster;
  cluster.evidence.is_new = true;
  cluster.evidence.brokers = 1;
  cluster.run(120);
  CHECK(cluster.all().empty());
  cluster.evidence.is_new = false;
  cluster.run(20);
  CHECK(cluster.all().find("1 of 3 brokers answer") != std::string::npos);

  Cluster soon_whole;
  soon_whole.evidence.is_new = true;
  soon_whole.run(10);
  soon_whole.evidence.brokers = 2;
  soon_whole.run(20);
  CHECK(soon_whole.all().find("2 of 3 brokers answer") != std::string::npos);
}

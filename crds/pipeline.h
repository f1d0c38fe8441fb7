// Pipeline; mirrors pipelines.tidegate.io.yaml, which describes the fields.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/json/json.h"
#include "crds/container.h"
#include "crds/kafka_cluster.h"

namespace tidegate::crds {

struct Sasl {
  std::string mechanism;
  SecretKeyRef username;
  SecretKeyRef password;
};

struct ExternalKafka {
  std::string bootstrap_servers;
  bool tls = false;
  std::optional<SecretKeyRef> ca;
  std::optional<Sasl> sasl;
};

// Exactly one of the three is given.
struct KafkaChoice {
  std::optional<KafkaClusterSpec> managed;
  std::string cluster_ref;
  std::optional<ExternalKafka> external;
};

struct Field {
  std::string name;
  std::string type;
  bool required = false;
  std::string path = {};    // address.city; empty: the member `name`
  std::string unit = {};    // s, ms or us, of a TIMESTAMP that is a number
  std::string from = {};    // key, timestamp, partition or offset; empty: the record's value
  std::string header = {};  // the header that it comes from

  friend bool operator==(const Field&, const Field&) = default;
};

// When a record of the topic happened, and how far the order of records may be trusted.
struct EventTime {
  std::string field;
  Duration max_out_of_order{0};
  Duration max_ahead{0};
  std::optional<Duration> idle_timeout;  // a partition that stands at its end for longer holds nobody up
  bool close_when_idle = false;          // its watermark goes on with the clock then
};

struct Topic {
  std::string name;
  int partitions = 0;                 // 0: existing, whatever it has
  std::optional<Duration> retention;  // none: Kafka's default
  std::vector<std::string> key;
  std::optional<EventTime> event_time;
  std::optional<Duration> expect_every;  // silence longer than this is a failure
  bool compacted = false;                // only the last record of each key is kept, for ever
  bool existing = false;
  DeletionPolicy deletion_policy = DeletionPolicy::retain;
  std::vector<Field> fields;  // empty: those of the query that writes it
  std::string format = "json";
  std::string delimiter = ",";  // of csv
};

enum class Start { earliest, latest };

// The operator chooses the number of pods within these.
struct Scale {
  int min = 1;
  int max = 1;
};

// What all stages have.
struct Stage {
  std::string name;
  int replicas = 1;  // without scale
  std::optional<Scale> scale;
  int rate_limit = 0;  // records per second and replica; 0: none. Of sources only one of files has it.
  Resources resources{"50m", "96Mi", "", "512Mi"};
  std::string purpose;  // of a stage that nobody declared (repartition.h)
};

// A topic of another Kafka cluster than the pipeline's.
struct KafkaTopic {
  ExternalKafka cluster;
  std::string topic;
};

// Files on a volume, one after the other.
struct FileSource {
  std::string volume_claim;
  std::string path;    // a folder, and a name that may hold * and ?
  std::string format;  // ndjson, csv or parquet; empty: a record a line, of the topic's format
};

// With neither kafka nor file it takes requests over HTTP.
struct Source : Stage {
  std::string to;
  int http_port = 8080;
  std::optional<SecretKeyRef> token;
  std::optional<KafkaTopic> kafka;
  Start start = Start::earliest;  // in that topic
  std::optional<FileSource> file;

  bool takes_requests() const { return !kafka && !file; }
};

// Windows of event time.
struct Window {
  Duration size{0};               // of a session: the longest that there is
  std::optional<Duration> slide;  // of a hopping window
  std::optional<Duration> gap;    // of a session; neither: tumbling
  bool global = false;            // over all records of the topic, whatever their key
};

struct Processor : Stage {
  std::string from;
  std::string table;  // what the query calls `from`; empty: by its name
  std::string query;
  std::optional<Window> window;     // none: the query is row-wise
  std::vector<std::string> tables;  // topics that the query may join its records with
  std::vector<std::string> key;
  std::string to;
  bool exactly_once = false;  // else at least once
  Start start = Start::earliest;
};

struct Postgres {
  std::string table;
  bool create_table = false;
  SecretKeyRef dsn;
};

struct HttpTarget {
  std::string url;
  std::string format = "ndjson";
  int max_records = 500;  // per request
  std::optional<SecretKeyRef> ca;
  std::optional<SecretKeyRef> token;
  std::optional<SecretKeyRef> signing;
};

// What a sink's objects, or files, hold, and when each is closed.
struct ObjectOptions {
  std::string prefix;                // what their names begin with
  std::string format = "ndjson";     // or parquet
  std::string compression = "none";  // or gzip
  int max_records = 100'000;         // an object is closed at whichever comes first
  int max_bytes = 16 << 20;
  Duration max_age{300'000};
};

// Objects in a bucket.
struct S3Target {
  std::string endpoint;
  std::string region;
  std::string bucket;
  bool path_style = true;
  std::optional<SecretKeyRef> ca;
  SecretKeyRef access_key_id;
  SecretKeyRef secret_access_key;
  ObjectOptions objects;
};

// Files on a volume.
struct FileTarget {
  std::string volume_claim;
  ObjectOptions objects;
};

struct Sink : Stage {
  std::string from;
  std::vector<std::string> key;
  Start start = Start::earliest;
  std::optional<Postgres> postgres;    // none of them: the log
  std::optional<HttpTarget> http;      // with a container: where that one listens
  std::optional<Container> container;  // the user's own, in the same pod
  std::optional<KafkaTopic> kafka;
  std::optional<S3Target> s3;
  std::optional<FileTarget> file;

  // Of one that writes objects; else nullptr.
  const ObjectOptions* objects() const { return s3 ? &s3->objects : file ? &file->objects : nullptr; }
};

struct Objectives {
  std::optional<Duration> latency;
  std::optional<int> throughput;  // records per second
};

struct PipelineSpec {
  bool paused = false;
  Objectives objectives;
  KafkaChoice kafka;
  std::vector<Topic> topics;
  std::vector<Source> sources;
  std::vector<Processor> processors;
  std::vector<Sink> sinks;

  // nullptr when not listed.
  const Topic* topic(const std::string& name) const;
};

// Reads `.spec`. Fails with reason InvalidSpec and a message that begins with the field's path.
Result<PipelineSpec> pipeline_from_json(const Json& spec);

}  // namespace tidegate::crds

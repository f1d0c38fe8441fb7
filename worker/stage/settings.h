// stage.json: what one stage does (docs/architecture.md, "Stage settings").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/json/json.h"
#include "kafka/config.h"
#include "worker/objects/open_objects.h"
#include "worker/window/window.h"

namespace tidegate::stage {

enum class Kind { source, processor, sink };

struct LogSinkSettings {};

struct PostgresSinkSettings {
  std::string table;
  std::vector<std::string> key;
  bool create_table = false;
  std::string dsn_file;  // holds the connection string; read again on every connect, secrets rotate
};

struct HttpSinkSettings {
  std::string url;
  bool array = false;      // requests hold a JSON array instead of one object a line
  int max_records = 500;   // per request
  std::string ca_file;     // PEM; empty: the system's authorities. This and the next two are read again on every open.
  std::string token_file;  // empty: none
  std::string signing_file;
};

// Of a sink that writes objects: where below its store, what they hold, and when each is closed.
struct ObjectSettings {
  std::string prefix;    // without slashes at its ends
  bool parquet = false;  // else one JSON object a line
  bool gzip = false;     // of the latter
  objects::Limits limits;
};

struct S3Settings {
  std::string endpoint;  // http(s)://host[:port]
  std::string region;
  std::string bucket;
  bool path_style = true;  // the bucket in the path, else in front of the host
  std::string ca_file;     // PEM; empty: the system's authorities. This and the next two are read again on every open.
  std::string access_key_id_file;
  std::string secret_access_key_file;
  ObjectSettings objects;
};

struct FileSinkSettings {
  std::string directory;  // where the volume is
  ObjectSettings objects;
};

struct FileSourceSettings {
  std::string directory;
  std::string path;    // below it: a folder, and a name with * and ?
  std::string format;  // ndjson, csv (with a header) or parquet; empty: a record a line
};

// A topic of another cluster than the pipeline's.
struct OtherKafka {
  kafka::ClientConfig client;  // `file:` properties are not resolved: kafka::with_files(), whenever clients are made
  std::string topic;
};

struct HttpSourceSettings {
  std::uint16_t port = 8080;
  std::string token_file;  // empty: no authentication
};

// Of a processor whose query runs over windows.
struct WindowSettings {
  window::Window window;
  window::EventTime time;
  std::vector<std::string> input_key;  // the fields that the input topic is keyed by
  std::string identity;                // changes with whatever open windows depend on
};

// Of a processor that works in windows or stands before one that does: what it knows of event time.
struct TimeSettings {
  // A stage that writes the input topic, and the topic that it reads.
  struct Writer {
    std::string group;
    std::string topic;
  };
  std::optional<window::EventTime> field;  // none: only the writers tell
  std::vector<Writer> writers;             // none: the topic is filled from outside
  Duration idle_timeout{0};                // standing at its end for that long a partition is idle; 0: never
  bool close_when_idle = false;            // the watermark of an idle partition goes on with the clock
};

// Which members are set follows from `kind`; load() checks it.
struct Settings {
  std::string name_space;
  std::string pipeline;
  std::string stage;
  Kind kind = Kind::processor;
  kafka::ClientConfig kafka;        // `file:` properties are resolved
  bool new_group_protocol = false;  // KIP-848; else the classic one
  std::string group;
  std::string instance;            // group.instance.id: the environment's POD_NAME, else the host name
  std::string start = "earliest";  // earliest | latest | RFC 3339 time
  int rate_limit = 0;              // records per second taken in at most; 0: no limit. Of sources: only of files.
  std::string input_topic;
  Json input_fields;  // the array as in the file; worker/codec reads it and `input_format`
  Json input_format;  // {"format", "delimiter"}
  std::string output_topic;
  std::vector<std::string> output_key;
  Json output_fields;  // sources only
  Json output_format;
  std::string dead_letter_topic;
  std::string query;
  std::string query_topic;    // what the query calls the input topic
  bool exactly_once = false;  // of a processor; else at least once
  std::optional<WindowSettings> window;
  Json tables;                     // lookup tables of a processor, as in the file; worker/engine reads them
  std::int64_t tables_memory = 0;  // bytes that they may take
  std::optional<TimeSettings> time;
  std::int64_t memory_bytes = 512 << 20;  // the pod's limit: the environment's TIDEGATE_MEMORY_BYTES
  std::string spill_directory;   // for rows of windows: the environment's TIDEGATE_SPILL_DIRECTORY; empty: none
  std::int64_t spill_bytes = 0;  // the environment's TIDEGATE_SPILL_BYTES
  std::optional<LogSinkSettings> log_sink;
  std::optional<PostgresSinkSettings> postgres_sink;
  std::optional<HttpSinkSettings> http_sink;
  std::optional<OtherKafka> kafka_sink;
  std::optional<S3Settings> s3_sink;
  std::optional<FileSinkSettings> file_sink;
  std::optional<HttpSourceSettings> http_source;
  std::optional<OtherKafka> kafka_source;  // the input is a topic of that cluster
  std::optional<FileSourceSettings> file_source;
  std::uint16_t metrics_port = 9400;
};

// Fails with InvalidSettings; the message names the field and what it should be.
Result<Settings> parse_settings(std::string_view json);
Result<Settings> load_settings(const std::string& path);

// Of a sink that writes objects; else nullptr.
const ObjectSettings* objects_of(const Settings& settings);

// What the state that a stage keeps behind its committed offset depends on; empty for a stage without.
std::string state_identity(const Settings& settings);

// The cluster of the input topic; files that another cluster's settings name are read anew.
Result<kafka::ClientConfig> input_cluster(const Settings& settings);

}  // namespace tidegate::stage

#include "worker/stage/settings.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "common/base/text.h"
#include "kafka/commit_metadata.h"

namespace tidegate::stage {
namespace {

constexpr const char* kOneSink = "must hold exactly one of log, postgres, http, kafka, s3, file";

Error invalid(const std::string& field, const std::string& remedy) {
  return {"InvalidSettings", cat("stage.json: ", field, " ", remedy)};
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad() || !file.is_open()) return Error{"InvalidSettings", cat("cannot read ", path)};
  return text;
}

// Reads members of the settings; the first complaint stays.
class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {}

  std::string text(const std::string& path) {
    const Json& value = json_.at(path);
    if (!value.is_string() || value.as_string().empty()) complain(path, "must be a text that is not empty");
    return value.as_string();
  }
  std::string optional_text(const std::string& path, std::string_view fallback) {
    const Json& value = json_.at(path);
    if (!value.is_null() && !value.is_string()) complain(path, "must be a text");
    return value.as_string(fallback);
  }
  std::vector<std::string> names(const std::string& path) {
    const Json& value = json_.at(path);
    if (!value.is_null() && (!value.is_array() || value.strings().size() != value.items().size())) {
      complain(path, "must be a list of names");
    }
    return value.strings();
  }
  Json fields(const std::string& path) {
    const Json& value = json_.at(path);
    if (!value.is_array() || value.items().empty()) complain(path, "must be a list of fields that is not empty");
    return value;
  }
  std::uint16_t port(const std::string& path, int fallback) {
    const std::int64_t value = json_.at(path).as_int(fallback);
    if (value < 0 || value > 65535) complain(path, "must be a port (0 to 65535)");
    return static_cast<std::uint16_t>(value);
  }
  int count(const std::string& path, int fallback, int most = 10'000'000) {
    const Json& value = json_.at(path);
    if (!value.is_null() && (!value.is_int() || value.as_int() < 1 || value.as_int() > most)) {
      complain(path, cat("must be a whole number from 1 to ", std::to_string(most)));
    }
    return static_cast<int>(value.as_int(fallback));
  }
  bool flag(const std::string& path) {
    const Json& value = json_.at(path);
    if (!value.is_null() && !value.is_bool()) complain(path, "must be true or false");
    return value.as_bool();
  }
  void complain(const std::string& field, const std::string& remedy) {
    if (!error_) error_ = invalid(field, remedy);
  }
  const Json& json() const { return json_; }
  const std::optional<Error>& error() const { return error_; }

 private:
  const Json& json_;
  std::optional<Error> error_;
};

// What is at `path`; files that properties name are not read.
kafka::ClientConfig read_client(Reader& reader, const Settings& settings, const std::string& path) {
  kafka::ClientConfig client;
  client.bootstrap_servers = reader.text(path + "/bootstrapServers");
  client.client_id = cat("tidegate-", settings.pipeline, "-", settings.stage);
  for (const auto& [name, value] : reader.json().at(path + "/properties").members()) {
    if (!value.is_string()) reader.complain(cat(path, "/properties/", name), "must be a text");
    client.properties[name] = value.as_string();
  }
  return client;
}

void read_kafka(Reader& reader, Settings& settings) {
  auto client = kafka::with_files(read_client(reader, settings, "kafka"));
  if (!client) return reader.complain("kafka/properties:", client.error().message);
  settings.kafka = *std::move(client);
  const std::string protocol = reader.optional_text("kafka/groupProtocol", "classic");
  settings.new_group_protocol = protocol == "consumer";
  if (protocol != "classic" && protocol != "consumer") {
    reader.complain("kafka/groupProtocol", "must be classic or consumer");
  }
}

ObjectSettings read_objects(Reader& reader, const std::string& path) {
  const std::string format = reader.optional_text(path + "/format", "ndjson");
  if (format != "ndjson" && format != "parquet") reader.complain(path + "/format", "must be ndjson or parquet");
  const std::string compression = reader.optional_text(path + "/compression", "none");
  if (compression != "none" && compression != "gzip") reader.complain(path + "/compression", "must be none or gzip");
  const objects::Limits standard;
  const auto count = [&](const char* name, auto fallback) {
    constexpr int most = 100'000'000;  // 95 MiB, 28 h
    return reader.count(path + name, static_cast<int>(fallback), most);
  };
  return {reader.optional_text(path + "/prefix", ""), format == "parquet", compression == "gzip",
          objects::Limits{static_cast<std::size_t>(count("/maxRecords", standard.records)),
                          static_cast<std::size_t>(count("/maxBytes", standard.bytes)),
                          Duration{count("/maxAge", standard.age.count())}}};
}

void read_sink(Reader& reader, Settings& settings) {
  const Json& sink = reader.json().get("sink");
  if (sink.members().size() != 1) return reader.complain("sink", kOneSink);
  if (sink.get("log").is_object()) {
    settings.log_sink.emplace();
  } else if (sink.get("postgres").is_object()) {
    settings.postgres_sink =
        PostgresSinkSettings{reader.text("sink/postgres/table"), reader.names("sink/postgres/key"),
                             reader.flag("sink/postgres/createTable"), reader.text("sink/postgres/dsnFile")};
  } else if (sink.get("http").is_object()) {
    const std::string format = reader.optional_text("sink/http/format", "ndjson");
    if (format != "ndjson" && format != "json") reader.complain("sink/http/format", "must be ndjson or json");
    settings.http_sink = HttpSinkSettings{reader.text("sink/http/url"),
                                          format == "json",
                                          reader.count("sink/http/maxRecords", 500),
                                          reader.optional_text("sink/http/caFile", ""),
                                          reader.optional_text("sink/http/tokenFile", ""),
                                          reader.optional_text("sink/http/signingFile", "")};
  } else if (sink.get("s3").is_object()) {
    settings.s3_sink = S3Settings{reader.text("sink/s3/endpoint"),
                                  reader.text("sink/s3/region"),
                                  reader.text("sink/s3/bucket"),
                                  reader.flag("sink/s3/pathStyle"),
                                  reader.optional_text("sink/s3/caFile", ""),
                                  reader.text("sink/s3/accessKeyIdFile"),
                                  reader.text("sink/s3/secretAccessKeyFile"),
                                  read_objects(reader, "sink/s3")};
  } else if (sink.get("file").is_object()) {
    settings.file_sink = FileSinkSettings{reader.text("sink/file/directory"), read_objects(reader, "sink/file")};
  } else if (sink.get("kafka").is_object()) {
    settings.kafka_sink = OtherKafka{read_client(reader, settings, "sink/kafka"), reader.text("sink/kafka/topic")};
  } else {
    reader.complain("sink", kOneSink);
  }
}

void read_window(Reader& reader, Settings& settings) {
  const Json& json = reader.json();
  auto window = window::window_from_json(json.get("window"));
  auto time = window::event_time_from_json(json.get("eventTime"));
  if (!window) return reader.complain("window", window.error().message);
  if (!time) return reader.complain("eventTime", time.error().message);
  // Without it groups could come out in pieces.
  if (!json.at("input/key").is_array()) return reader.complain("input/key", "must be given with window");
  // Not the query: windows are rebuilt from the topic for whichever query there is.
  const std::string identity = cat(json.get("window").dump(), json.get("eventTime").dump(), json.get("input").dump());
  constexpr std::size_t kIdentity = 12;
  settings.window =
      WindowSettings{*window, *time, json.at("input/key").strings(), sha256_hex(identity).substr(0, kIdentity)};
}

void read_tables(Reader& reader, Settings& settings) {
  settings.tables = reader.json().get("tables");
  settings.tables_memory = reader.json().get("tablesMemory").as_int();
  if (settings.tables_memory < 1) reader.complain("tablesMemory", "must be given with tables, in bytes");
  if (settings.window) reader.complain("tables", "must not be given with window");
}

void read_time(Reader& reader, Settings& settings) {
  const Json& json = reader.json();
  if (!json.has("eventTime") && !json.has("writers")) return;
  TimeSettings& out = settings.time.emplace();
  if (json.has("eventTime")) {
    auto field = window::event_time_from_json(json.get("eventTime"));
    if (!field) return reader.complain("eventTime", field.error().message);
    out.field = *std::move(field);
  }
  for (const Json& writer : json.get("writers").items()) {
    out.writers.push_back({writer.get("group").as_string(), writer.get("topic").as_string()});
    if (out.writers.back().group.empty() || out.writers.back().topic.empty()) {
      reader.complain("writers", "must have a group and a topic each");
    }
  }
  if (json.has("idle")) {
    out.idle_timeout = Duration{json.at("idle/timeout").as_int()};
    if (out.idle_timeout <= Duration{0}) reader.complain("idle/timeout", "must be a number of milliseconds above 0");
    out.close_when_idle = reader.flag("idle/close");
  }
}

void read_source(Reader& reader, Settings& settings) {
  const Json& source = reader.json().get("source");
  if (source.get("http").is_object()) {
    settings.http_source =
        HttpSourceSettings{reader.port("source/http/port", 8080), reader.optional_text("source/http/tokenFile", "")};
    return;
  }
  settings.group = reader.text("group");
  settings.dead_letter_topic = reader.text("deadLetters/topic");
  if (source.get("kafka").is_object()) {
    settings.kafka_source =
        OtherKafka{read_client(reader, settings, "source/kafka"), reader.text("source/kafka/topic")};
    settings.input_topic = settings.kafka_source->topic;
    settings.start = reader.optional_text("start", "earliest");
  } else if (source.get("file").is_object()) {
    const std::string format = reader.optional_text("source/file/format", "");
    if (!format.empty() && format != "ndjson" && format != "csv" && format != "parquet") {
      reader.complain("source/file/format", "must be ndjson, csv or parquet");
    }
    settings.file_source =
        FileSourceSettings{reader.text("source/file/directory"), reader.text("source/file/path"), format};
    settings.rate_limit = reader.count("rateLimit", 0);
  } else {
    reader.complain("source", "must hold http, kafka or file");
  }
}

void read_kind(Reader& reader, Settings& settings) {
  const std::string kind = reader.text("kind");
  if (kind == "source") {
    settings.kind = Kind::source;
    settings.output_topic = reader.text("output/topic");
    settings.output_key = reader.names("output/key");
    settings.output_fields = reader.fields("output/fields");
    settings.output_format = reader.json().get("output");
    return read_source(reader, settings);
  }
  settings.group = reader.text("group");
  settings.start = reader.optional_text("start", "earliest");
  settings.input_topic = reader.text("input/topic");
  settings.input_fields = reader.fields("input/fields");
  settings.input_format = reader.json().get("input");
  settings.dead_letter_topic = reader.text("deadLetters/topic");
  settings.rate_limit = reader.count("rateLimit", 0);
  if (kind == "processor") {
    settings.kind = Kind::processor;
    settings.output_topic = reader.text("output/topic");
    settings.output_key = reader.names("output/key");
    settings.query = reader.text("sql/query");
    settings.query_topic = reader.optional_text("sql/topic", settings.input_topic);
    const std::string delivery = reader.optional_text("delivery", "at-least-once");
    settings.exactly_once = delivery == "exactly-once";
    if (!settings.exactly_once && delivery != "at-least-once") {
      reader.complain("delivery", "must be exactly-once or at-least-once");
    }
    read_time(reader, settings);
    if (!reader.json().get("window").is_null()) read_window(reader, settings);
    if (!reader.json().get("tables").items().empty()) read_tables(reader, settings);
  } else if (kind == "sink") {
    settings.kind = Kind::sink;
    read_sink(reader, settings);
  } else {
    reader.complain("kind", "must be source, processor or sink");
  }
}

// What the pod gives; a number that is none is 0.
std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string instance_name() {
  if (const char* pod = std::getenv("POD_NAME"); pod != nullptr && *pod != '\0') return pod;
  char host[256] = "tidegate-worker";
  gethostname(host, sizeof host - 1);
  return host;
}

}  // namespace

Result<Settings> parse_settings(std::string_view json) {
  Result<Json> parsed = Json::parse(json);
  if (!parsed) return Error{"InvalidSettings", cat("stage.json: ", parsed.error().message)};
  Settings settings;
  Reader reader(*parsed);
  settings.name_space = reader.text("namespace");
  settings.pipeline = reader.text("pipeline");
  settings.stage = reader.text("stage");
  settings.instance = instance_name();
  settings.metrics_port = reader.port("metricsPort", 9400);
  if (const std::int64_t bytes = std::atoll(environment("TIDEGATE_MEMORY_BYTES").c_str()); bytes > 0) {
    settings.memory_bytes = bytes;
  }
  settings.spill_directory = environment("TIDEGATE_SPILL_DIRECTORY");
  settings.spill_bytes = std::atoll(environment("TIDEGATE_SPILL_BYTES").c_str());
  read_kafka(reader, settings);
  read_kind(reader, settings);
  if (reader.error()) return *reader.error();
  return settings;
}

Result<Settings> load_settings(const std::string& path) {
  auto text = read_file(path);
  if (!text) return text.error();
  return parse_settings(*text);
}

const ObjectSettings* objects_of(const Settings& settings) {
  if (settings.s3_sink) return &settings.s3_sink->objects;
  return settings.file_sink ? &settings.file_sink->objects : nullptr;
}

std::string state_identity(const Settings& settings) {
  if (settings.window) return settings.window->identity;
  return objects_of(settings) != nullptr ? kafka::CommitMetadata::kObjects : "";
}

Result<kafka::ClientConfig> input_cluster(const Settings& settings) {
  if (!settings.kafka_source) return settings.kafka;
  return kafka::with_files(settings.kafka_source->client);
}

}  // namespace tidegate::stage

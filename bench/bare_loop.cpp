// The bar: the least that a program written by hand for this one job does, with the same client and the same settings
// as the worker. Consume in batches, simdjson on demand, write JSON, produce in batches, commit. No dead letters, no
// checks. usage: bench_bare_loop BOOTSTRAP INPUT OUTPUT GROUP RECORDS
#include <librdkafka/rdkafka.h>
#include <simdjson.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

void set(rd_kafka_conf_t* conf, const char* name, const char* value) {
  char words[256];
  if (rd_kafka_conf_set(conf, name, value, words, sizeof words) == RD_KAFKA_CONF_OK) return;
  std::fprintf(stderr, "%s\n", words);
  std::exit(1);
}

rd_kafka_t* make(rd_kafka_type_t type, rd_kafka_conf_t* conf) {
  char words[512];
  rd_kafka_t* client = rd_kafka_new(type, conf, words, sizeof words);
  if (client != nullptr) return client;
  std::fprintf(stderr, "%s\n", words);
  std::exit(1);
}

std::size_t failed = 0;

// Appends the event's row to `out`; false when the event does not pass.
bool transform(simdjson::ondemand::parser& parser, std::string& padded, const rd_kafka_message_t* message,
               std::string& out) {
  if (padded.size() < message->len + simdjson::SIMDJSON_PADDING)
    padded.resize(message->len + simdjson::SIMDJSON_PADDING);
  std::memcpy(padded.data(), message->payload, message->len);
  auto document = parser.iterate(padded.data(), message->len, padded.size());
  std::string_view user, type, amount_text, country, ts;
  double amount = 0;
  for (auto field : document.get_object()) {
    const std::string_view key = field.unescaped_key();
    if (key == "user") {
      user = field.value().get_string();
    } else if (key == "type") {
      type = field.value().get_string();
    } else if (key == "amount") {
      auto value = field.value();
      amount_text = value.raw_json_token();
      amount = value.get_double();
    } else if (key == "country") {
      country = field.value().get_string();
    } else if (key == "ts") {
      ts = field.value().get_string();
    }
  }
  if (!(amount < 65.35)) return false;
  out.append(R"({"user":")").append(user).append(R"(","type":")").append(type).append(R"(","amount":)");
  out.append(amount_text).append(R"(,"country":")").append(country).append(R"(","ts":")").append(ts).append("\"}");
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  const long long records = std::atoll(argv[5]);
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", argv[1]);
  set(conf, "group.id", argv[4]);
  set(conf, "auto.offset.reset", "earliest");
  set(conf, "enable.auto.commit", "false");
  set(conf, "queued.max.messages.kbytes", "8192");
  set(conf, "fetch.queue.backoff.ms", "10");
  rd_kafka_t* consumer = make(RD_KAFKA_CONSUMER, conf);
  rd_kafka_poll_set_consumer(consumer);
  rd_kafka_topic_partition_list_t* topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, argv[2], RD_KAFKA_PARTITION_UA);
  rd_kafka_subscribe(consumer, topics);
  rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(consumer);

  conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", argv[1]);
  set(conf, "enable.idempotence", "true");
  set(conf, "compression.codec", "lz4");
  set(conf, "linger.ms", "5");
  set(conf, "queue.buffering.max.kbytes", "32768");
  rd_kafka_conf_set_dr_msg_cb(
      conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void*) { failed += message->err != 0; });
  rd_kafka_t* producer = make(RD_KAFKA_PRODUCER, conf);
  rd_kafka_topic_t* output = rd_kafka_topic_new(producer, argv[3], nullptr);
  std::size_t partitions = 0;
  while (partitions == 0) {  // a topic that was just made may have none yet
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(producer, 0, output, &metadata, 10'000) != RD_KAFKA_RESP_ERR_NO_ERROR) return 1;
    partitions = static_cast<std::size_t>(metadata->topics[0].partition_cnt);
    rd_kafka_metadata_destroy(metadata);
  }

  struct Batch {
    std::string bytes;
    std::vector<std::size_t> ends;
  };
  std::vector<Batch> batches(partitions);
  std::vector<rd_kafka_message_t*> messages(8192);
  std::vector<rd_kafka_message_t> rows;
  simdjson::ondemand::parser parser;
  std::string padded;
  for (long long seen = 0; seen < records;) {
    const auto count = rd_kafka_consume_batch_queue(queue, 20, messages.data(), messages.size());
    for (ssize_t i = 0; i < count; ++i) {
      rd_kafka_message_t* message = messages[static_cast<std::size_t>(i)];
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++seen;
        Batch& batch = batches[static_cast<std::size_t>(message->partition) % partitions];
        if (transform(parser, padded, message, batch.bytes)) batch.ends.push_back(batch.bytes.size());
      }
      rd_kafka_message_destroy(message);
    }
    for (std::size_t partition = 0; partition < partitions; ++partition) {
      Batch& batch = batches[partition];
      rows.assign(batch.ends.size(), {});
      std::size_t begin = 0;
      for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i].payload = batch.bytes.data() + begin;
        rows[i].len = batch.ends[i] - begin;
        begin = batch.ends[i];
      }
      for (std::size_t sent = 0; sent < rows.size();) {
        sent +=
            static_cast<std::size_t>(rd_kafka_produce_batch(output, static_cast<int>(partition), RD_KAFKA_MSG_F_COPY,
                                                            rows.data() + sent, static_cast<int>(rows.size() - sent)));
        if (sent < rows.size()) rd_kafka_poll(producer, 5);
      }
      batch.bytes.clear();
      batch.ends.clear();
    }
    rd_kafka_poll(producer, 0);
  }
  rd_kafka_flush(producer, 60'000);
  rd_kafka_commit(consumer, nullptr, 0);
  rd_kafka_topic_destroy(output);
  rd_kafka_destroy(producer);
  rd_kafka_queue_destroy(queue);
  rd_kafka_topic_partition_list_destroy(topics);
  rd_kafka_consumer_close(consumer);
  rd_kafka_destroy(consumer);
  return failed == 0 ? 0 : 1;
}

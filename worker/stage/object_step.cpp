#include <algorithm>
#include <map>
#include <utility>

#include "common/base/log.h"
#include "common/base/text.h"
#include "worker/codec/kafka_metadata.h"
#include "worker/codec/row_reader.h"
#include "worker/objects/object_name.h"
#include "worker/objects/open_objects.h"
#include "worker/stage/step.h"

namespace tidegate::stage {
namespace {

constexpr Duration kCallPatience{9'500};     // of one call, the last request included
constexpr Duration kBeginRequests{4'500};    // none begins later, so that each has five seconds
constexpr std::int64_t kMemoryQuarters = 4;  // open objects take a quarter of the pod's memory
constexpr const char* kDirectory = "/tmp";

class ObjectStep final : public Step {
 public:
  ObjectStep(const Settings& settings, const ObjectSettings& objects, codec::Schema schema,
             std::unique_ptr<objects::Store> store, Clock clock)
      : topic_(settings.input_topic),
        memory_(static_cast<std::size_t>(settings.memory_bytes / kMemoryQuarters)),
        objects_(objects),
        store_(std::move(store)),
        encoder_(objects.parquet ? objects::parquet_encoder(schema, kDirectory)
                                 : objects::ndjson_encoder(objects.gzip)),
        reader_(std::move(schema)),
        clock_(std::move(clock)) {}

  Result<void> open() override {
    if (auto opened = store_->open(); !opened) return opened;
    return keep_up();
  }

  Result<void> keep_up() override {
    const SteadyTime begin = clock_.steady();
    for (auto& [number, partition] : partitions_) {
      while (!partition.listed) {
        if (spent(begin) > kBeginRequests) return Error{kReading, "reads what is stored already"};
        if (auto looked = look(number, partition, begin); !looked) return looked;
      }
    }
    make_room();
    for (auto& [number, partition] : partitions_) {
      while (const objects::Object* object = partition.open.due(clock_.steady())) {
        if (spent(begin) > kBeginRequests) return Error{kReading, "the store is slow: objects wait to be taken"};
        if (auto stored = put(number, partition, *object, begin); !stored) return stored;
      }
    }
    return {};
  }

  Result<StepOutput> run(std::span<const kafka::Record> records) override {
    const int number = records.front().partition;
    const auto found = partitions_.find(number);
    if (found == partitions_.end() || !found->second.listed) {
      return Error{"Waiting", "it is not known yet what is stored already"};
    }
    Partition& partition = found->second;
    StepOutput output;
    output.counts.nulls.assign(reader_.schema().size(), 0);
    for (std::size_t index = 0; index < records.size(); ++index) {
      const kafka::Record& record = records[index];
      const bool accounted = record.offset < partition.accounted;
      if (accounted) ++output.rebuilt;
      const codec::Metadata metadata = codec::metadata_of(record, reader_.schema());
      if (auto fits = reader_.read(record.value.value_or(std::string_view()), &metadata); !fits) {
        if (accounted) continue;
        output.rejections.push_back({index, fits.error().reason, fits.error().message, reader_.summary()});
        continue;
      }
      if (!accounted) count(output.counts);
      if (record.offset <= partition.stored) {
        ++partition.skipped;
      } else {
        partition.open.add(record.offset, record.timestamp_ms, *record.value, clock_.steady(),
                           encoder_->needs_metadata() ? &metadata : nullptr);
      }
    }
    partition.next = records.back().offset + 1;
    output.windows = progress(partition);
    if (partition.next > partition.stored && partition.skipped > 0) {
      Ledger::Entry stored;
      stored.accounts.gave = stored.accounts.out = std::exchange(partition.skipped, 0);
      stored.windows = output.windows;
      written_.emplace_back(number, std::move(stored));
    }
    return output;
  }

  bool mixes_partitions() const override { return false; }
  bool keeps_state() const override { return true; }

  void assigned(const kafka::StartPosition& start) override {
    const std::int64_t accounted = resume_of(start).value_or(window::Resume{start.position, {}, false}).position;
    partitions_.insert_or_assign(
        start.partition, Partition(start.topic_id, accounted, start.position, objects::OpenObjects(objects_.limits)));
  }

  // Its records are read again by whoever gets it.
  void revoked(int partition) override {
    partitions_.erase(partition);
    std::erase_if(written_, [partition](const auto& entry) { return entry.first == partition; });
  }

  std::vector<std::pair<int, Ledger::Entry>> take_written() override { return std::exchange(written_, {}); }

  void finish() override {
    for (auto& entry : partitions_) entry.second.open.close();
    if (auto stored = keep_up(); !stored) {
      log::info("records that are not stored will be read again", {{"error", stored.error().message}});
    }
  }

 private:
  struct Partition {
    Partition(std::string id, std::int64_t position, std::int64_t offset, objects::OpenObjects objects)
        : topic_id(std::move(id)),
          accounted(position),
          begin(offset),
          next(offset),
          after(objects::name_before(offset)),
          open(std::move(objects)) {}

    std::string topic_id;
    std::int64_t accounted;    // records below it are in the accounts already
    std::int64_t begin;        // the offset that was committed
    std::int64_t next;         // to be given to run()
    std::string after;         // names up to here were looked at
    bool listed = false;       // all were
    std::int64_t stored = -1;  // greatest offset in an object that an earlier worker stored and did not commit
    std::int64_t skipped = 0;  // records in such objects, until all of them were passed
    objects::OpenObjects open;
  };

  Duration spent(SteadyTime begin) const { return std::chrono::duration_cast<Duration>(clock_.steady() - begin); }
  std::string folder_of(int number) const { return objects::folder_of(objects_.prefix, topic_, number); }

  // The next page of names. A worker that died after it stored an object and before it committed the offset left more
  // than the offset tells.
  Result<void> look(int number, Partition& partition, SteadyTime begin) {
    auto names = store_->list(folder_of(number), partition.after, kCallPatience - spent(begin));
    if (!names) return std::move(names).error();
    if (!names->empty() && names->back() <= partition.after) {
      return Error{"Waiting",
                   "the store lists names from the beginning and not behind one (start-after): it cannot be used"};
    }
    partition.listed = names->empty();
    for (const std::string& name : *names) {
      partition.after = std::max(partition.after, name);
      if (const auto range = objects::range_of(name, partition.topic_id)) {
        partition.stored = std::max(partition.stored, range->last);
      }
    }
    return {};
  }

  // What many partitions hold together may be too much for the pod: the largest gives way.
  void make_room() {
    const auto bytes = [](const auto& entry) { return entry.second.open.bytes(); };
    std::size_t sum = 0;
    for (const auto& entry : partitions_) sum += bytes(entry);
    if (sum <= memory_) return;
    std::max_element(partitions_.begin(), partitions_.end(), [&](const auto& a, const auto& b) {
      return bytes(a) < bytes(b);
    })->second.open.close();
  }

  Result<void> put(int number, Partition& partition, const objects::Object& object, SteadyTime begin) {
    auto encoded = encoder_->encode(object);
    if (!encoded) return std::move(encoded).error();
    const std::string path =
        folder_of(number) + objects::object_name(object.range, partition.topic_id, encoder_->extension());
    if (auto stored = store_->put(path, encoded->bytes, kCallPatience - spent(begin)); !stored) return stored;
    Ledger::Entry entry;
    entry.accounts.gave = encoded->records;
    entry.accounts.out = object.records;
    for (const auto& [timestamp_ms, records] : object.samples) entry.samples.push_back({timestamp_ms, records});
    partition.open.drop_first();
    entry.windows = progress(partition);
    written_.emplace_back(number, std::move(entry));
    return {};
  }

  // The offset to begin at again. Never within an object that is stored: its name would not be found.
  static window::Progress progress(const Partition& partition) {
    window::Progress progress;
    if (partition.next <= partition.stored) {
      progress.rewind = partition.begin;
    } else if (const auto first = partition.open.first_offset()) {
      progress.rewind = first;
    } else if (partition.next < partition.accounted) {
      progress.rewind = partition.next;
    }
    return progress;
  }

  void count(StepCounts& counts) {
    ++counts.took;
    for (std::size_t field = 0; field < counts.nulls.size(); ++field)
      counts.nulls[field] += reader_.is_null(field) ? 1 : 0;
  }

  const std::string topic_;
  const std::size_t memory_;
  const ObjectSettings objects_;
  std::unique_ptr<objects::Store> store_;
  std::unique_ptr<objects::Encoder> encoder_;
  codec::RowReader reader_;
  Clock clock_;
  std::map<int, Partition> partitions_;
  std::vector<std::pair<int, Ledger::Entry>> written_;
};

}  // namespace

std::unique_ptr<Step> object_step(const Settings& settings, const ObjectSettings& objects, codec::Schema schema,
                                  std::unique_ptr<objects::Store> store, Clock clock) {
  return std::make_unique<ObjectStep>(settings, objects, std::move(schema), std::move(store), std::move(clock));
}

}  // namespace tidegate::stage

// Rows of the catalogue (common/metrics/catalogue.h): what workers export.
#pragma once

#include "common/metrics/definition.h"

namespace tidegate::metrics::entries {

inline constexpr double kBatchBuckets[] = {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5};
inline constexpr double kLatencyBuckets[] = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 30, 60, 300, 3600};
inline constexpr std::string_view kStage = "namespace pipeline stage";

inline constexpr std::string_view kTable = "namespace pipeline stage table";

inline constexpr Definition worker[] = {
    {"tidegate_stage_records_in_total", Type::counter, "records", kStage, "Records read and dealt with."},
    {"tidegate_stage_records_out_total", Type::counter, "records", kStage, "Records written and acknowledged."},
    {"tidegate_stage_dead_letters_total", Type::counter, "records", "namespace pipeline stage reason",
     "Records sent to the dead letters."},
    {"tidegate_stage_records_seen_total", Type::counter, "records", kStage,
     "Records that the Kafka client handed out, of those dealt with."},
    {"tidegate_stage_rows_taken_total", Type::counter, "rows", kStage, "Rows that the engine or the target accepted."},
    {"tidegate_stage_rows_given_total", Type::counter, "rows", kStage,
     "Rows that the engine returned or the target acknowledged."},
    {"tidegate_stage_field_nulls_total", Type::counter, "rows", "namespace pipeline stage field",
     "Rows taken in which an input field was null or missing."},
    {"tidegate_stage_in_flight_records", Type::gauge, "records", kStage,
     "Records taken from Kafka whose outcome is not acknowledged yet."},
    {"tidegate_stage_busy_seconds_total", Type::counter, "seconds", kStage,
     "Time spent on records, waiting for the target and for the rate limit included."},
    {"tidegate_stage_batch_seconds", Type::histogram, "seconds", kStage, "Time spent on one batch of records.",
     kBatchBuckets},
    {"tidegate_stage_end_to_end_seconds", Type::histogram, "seconds", kStage,
     "From the timestamp of a record in the stage's input topic to the acknowledgement of its outcome.",
     kLatencyBuckets},
    {"tidegate_stage_waiting", Type::gauge, "", kStage, "1 while the stage cannot work, else 0."},
    {"tidegate_table_rows", Type::gauge, "rows", kTable, "Rows of a lookup table in this replica."},
    {"tidegate_table_bytes", Type::gauge, "bytes", kTable, "Memory that a lookup table takes in this replica, about."},
    {"tidegate_table_lag_records", Type::gauge, "records", kTable,
     "Offsets of a table's topic that this replica has not read yet."},
    {"tidegate_table_stale_rows", Type::gauge, "rows", kTable,
     "Keys of a lookup table whose last record cannot be a row; what an earlier one gave is used (at most 10000 are "
     "counted)."},
    {"tidegate_table_rejected_records_total", Type::counter, "records", "namespace pipeline stage table reason",
     "Records of a table's topic that cannot be rows, seen by this replica; the row of their key stays as it was."},
    {"tidegate_stage_watermark_delay_seconds", Type::gauge, "seconds", kStage,
     "How far the watermark of a stage with windows is behind the clock, of the partition that is furthest behind; 0 "
     "before the first record."},
    {"tidegate_stage_open_windows", Type::gauge, "windows", kStage, "Open windows, or sessions, that hold rows."},
    {"tidegate_stage_window_rows", Type::gauge, "rows", kStage, "Rows kept for open windows."},
    {"tidegate_source_lag_records", Type::gauge, "records", kStage,
     "Records of the other Kafka that a Kafka source has not taken in hand, over the partitions of this replica; as of "
     "its latest answer."},
    {"tidegate_source_lag_files", Type::gauge, "files", kStage,
     "Files that a file source has not read to their end; as of its latest look, which is at most a few seconds old."},
    {"tidegate_source_late_files", Type::gauge, "files", kStage,
     "Files that a file source saw come and will never read, because their names sort before the last one taken; since "
     "its clients were made."},
    {"tidegate_sink_rows_total", Type::counter, "rows", kStage, "Records that the target of a sink has taken."},
    {"tidegate_intake_requests_total", Type::counter, "requests", "namespace pipeline stage code",
     "Answers of the HTTP intake by status code."},
    {"tidegate_intake_rejected_records_total", Type::counter, "records", "namespace pipeline stage reason",
     "Records that the HTTP intake refused in its reply, for their contents."},
    {"tidegate_intake_bytes_in_flight", Type::gauge, "bytes", kStage,
     "Bytes of request bodies that the HTTP intake has not answered yet."},
    {"tidegate_volume_bytes", Type::gauge, "bytes", "", "Size of the volume of this Kafka broker."},
    {"tidegate_volume_used_bytes", Type::gauge, "bytes", "",
     "What is used of the volume of this Kafka broker, with what the file system keeps back."},
};

}  // namespace tidegate::metrics::entries

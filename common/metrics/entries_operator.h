// Rows of the catalogue (common/metrics/catalogue.h): what the operator exports, and every process.
#pragma once

#include "common/metrics/definition.h"

namespace tidegate::metrics::entries {

inline constexpr double kReconcileBuckets[] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
inline constexpr double kQueueBuckets[] = {1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000};
inline constexpr std::string_view kPipeline = "namespace pipeline";
inline constexpr std::string_view kOfStage = "namespace pipeline stage";
inline constexpr std::string_view kCluster = "namespace cluster";
inline constexpr std::string_view kQueue = "controller name";

inline constexpr Definition pipelines[] = {
    {"tidegate_pipeline_ready", Type::gauge, "", "namespace pipeline reason",
     "1 while records flow through the pipeline, else 0."},
    {"tidegate_pipeline_healthy", Type::gauge, "", kPipeline, "1 while no problem is known, else 0."},
    {"tidegate_problem", Type::gauge, "", "namespace pipeline stage problem severity subject",
     "1 while the problem lasts; the series ends with it."},
    {"tidegate_stage_state", Type::gauge, "", "namespace pipeline stage kind state", "1 for the state of a stage."},
    {"tidegate_stage_replicas", Type::gauge, "replicas", "namespace pipeline stage kind",
     "Replicas that a stage is to have."},
    {"tidegate_stage_ready_replicas", Type::gauge, "replicas", "namespace pipeline stage kind",
     "Replicas of a stage that are ready."},
    {"tidegate_stage_lag_records", Type::gauge, "records", kOfStage, "Records that wait in front of a stage."},
    {"tidegate_stage_age_seconds", Type::gauge, "seconds", kOfStage,
     "Age of the oldest record that a stage has not dealt with; absent while it is unknown."},
    {"tidegate_stage_committed_records_total", Type::counter, "records", "namespace pipeline stage flow",
     "Records that a stage has committed, by flow: in, out, dead_letter."},
    {"tidegate_stage_selectivity", Type::gauge, "", kOfStage, "Records out per record in, as learned."},
    {"tidegate_stage_balance_records", Type::gauge, "records", "namespace pipeline stage check",
     "What is missing in an account of a stage, by check: offsets, rows, results, log; 0 is balanced."},
    {"tidegate_stage_latency_objective_seconds", Type::gauge, "seconds", kOfStage,
     "The stage's share of the pipeline's latency objective."},
    {"tidegate_topic_appended_records_total", Type::counter, "records", "namespace pipeline topic",
     "Records appended to a topic of a pipeline."},
};

inline constexpr Definition autoscaler[] = {
    {"tidegate_autoscaler_replicas", Type::gauge, "replicas", kOfStage, "Replicas that a stage is to have."},
    {"tidegate_autoscaler_recommended_replicas", Type::gauge, "replicas", kOfStage,
     "Replicas that the figures ask for, before pauses and dry runs."},
    {"tidegate_autoscaler_unknown_seconds", Type::gauge, "seconds", kOfStage,
     "For how long the figures of a stage have been unknown."},
    {"tidegate_autoscaler_need_records_per_second", Type::gauge, "records per second", kOfStage,
     "What a stage must be able to take in."},
    {"tidegate_autoscaler_arrival_records_per_second", Type::gauge, "records per second", kOfStage,
     "What arrives at a stage."},
    {"tidegate_autoscaler_forecast_records_per_second", Type::gauge, "records per second", kOfStage,
     "What is expected when new replicas work."},
    {"tidegate_autoscaler_capacity_records_per_second", Type::gauge, "records per second", kOfStage,
     "What a stage can take in with its replicas."},
    {"tidegate_autoscaler_decisions_total", Type::counter, "decisions", "namespace pipeline stage reason",
     "Evaluations by their reason since this process leads."},
};

inline constexpr Definition kafka[] = {
    {"tidegate_kafka_brokers", Type::gauge, "brokers", kCluster, "Brokers that are registered."},
    {"tidegate_kafka_brokers_wanted", Type::gauge, "brokers", kCluster, "Brokers that a KafkaCluster is to have."},
    {"tidegate_kafka_partitions", Type::gauge, "partitions", "namespace cluster state",
     "Partitions by state: all, under_replicated, offline."},
    {"tidegate_kafka_volume_bytes", Type::gauge, "bytes", "namespace cluster pod", "Size of a broker's volume."},
    {"tidegate_kafka_volume_used_bytes", Type::gauge, "bytes", "namespace cluster pod",
     "What is used of a broker's volume."},
};

inline constexpr Definition process[] = {
    {"leader_election_master_status", Type::gauge, "", "name", "1 while this process leads, else 0."},
    {"controller_runtime_reconcile_total", Type::counter, "reconciliations", "controller result",
     "Reconciliations by controller and result."},
    {"controller_runtime_reconcile_errors_total", Type::counter, "reconciliations", "controller",
     "Reconciliations that failed."},
    {"controller_runtime_reconcile_panics_total", Type::counter, "reconciliations", "controller",
     "Reconciliations that threw."},
    {"controller_runtime_reconcile_time_seconds", Type::histogram, "seconds", "controller",
     "Length of reconciliations.", kReconcileBuckets},
    {"controller_runtime_active_workers", Type::gauge, "threads", "controller",
     "Workers that reconcile at the moment."},
    {"controller_runtime_max_concurrent_reconciles", Type::gauge, "threads", "controller", "Workers of a controller."},
    {"workqueue_adds_total", Type::counter, "keys", kQueue, "Keys put into the queue."},
    {"workqueue_retries_total", Type::counter, "keys", kQueue, "Keys put into the queue again after a failure."},
    {"workqueue_depth", Type::gauge, "keys", kQueue, "Keys that are due and wait for a worker."},
    {"workqueue_queue_duration_seconds", Type::histogram, "seconds", kQueue, "How long keys wait once they are due.",
     kQueueBuckets},
    {"workqueue_work_duration_seconds", Type::histogram, "seconds", kQueue, "How long handling a key takes.",
     kQueueBuckets},
    {"workqueue_longest_running_processor_seconds", Type::gauge, "seconds", kQueue,
     "Age of the longest reconciliation under way."},
    {"tidegate_cache_objects", Type::gauge, "objects", "resource", "Objects in a cache."},
    {"tidegate_cache_silent_seconds", Type::gauge, "seconds", "resource",
     "Since a cache last heard from the API server."},
    {"tidegate_cache_failing", Type::gauge, "", "resource", "1 while a cache cannot be kept up to date, else 0."},
    {"rest_client_requests_total", Type::counter, "requests", "code method",
     "Requests to the API server by status code and method."},
    {"process_cpu_seconds_total", Type::counter, "seconds", "", "User and system CPU time spent in seconds."},
    {"process_threads", Type::gauge, "threads", "", "Number of threads."},
    {"process_start_time_seconds", Type::gauge, "seconds", "", "Start time of the process since 1970 in seconds."},
    {"process_virtual_memory_bytes", Type::gauge, "bytes", "", "Virtual memory size in bytes."},
    {"process_resident_memory_bytes", Type::gauge, "bytes", "", "Resident memory size in bytes."},
    {"process_open_fds", Type::gauge, "files", "", "Number of open file descriptors."},
    {"process_max_fds", Type::gauge, "files", "", "Maximum number of open file descriptors."},
};

}  // namespace tidegate::metrics::entries

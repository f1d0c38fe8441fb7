// What is told about decisions: to the command line over HTTP, and as metrics.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "common/metrics/metrics.h"
#include "controllers/scaling/scaler.h"

namespace tidegate::controllers {

// "/explain?namespace=shop&pipeline=fraud"; nullopt for any other target.
std::optional<kube::Key> explain_request(const std::string& target);

// {"stages": {"score": [entries, oldest first]}}; nullopt when that pipeline is not scaled by this process. Holds no
// records and no secrets: figures, reasons and names of stages.
std::optional<Json> explain(const Scaler& scaler, const kube::Key& pipeline);

// The HTTP status and body for that request. Without a scaler, in a process that does not lead: 503 and a
// metav1.Status, which whoever asks through the API server shows in words.
std::pair<int, Json> explain_answer(const Scaler* scaler, const kube::Key& pipeline);

// tidegate_autoscaler_*; labels namespace, pipeline, stage, and of decisions the reason (a bounded set).
void publish_scaling(metrics::Registry& registry, const Scaler& scaler);

}  // namespace tidegate::controllers

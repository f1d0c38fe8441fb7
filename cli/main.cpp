// kubectl-tidegate: what kubectl runs for `kubectl tidegate …` when the binary is on PATH.
#include <cstdio>

#include "cli/commands.h"

namespace {

constexpr const char* kHelp = R"(Tidegate's pipelines, seen from the command line.

Usage:
  kubectl tidegate status NAME [-n NAMESPACE] [--watch] [-o json]
      Stages in flow order with state, pods, rates, lag, dead letters and the last problem. "?" is unknown, which is
      not zero. Warns when the operator that wrote the status is gone. --watch looks every 2 s until Ctrl-C; with
      -o json, or when standard output is no terminal, it writes only what changed, JSON one document a line.
  kubectl tidegate problems [-n NAMESPACE | -A] [-o json]
      What is wrong with the pipelines and Kafka clusters, worst first, one line each with the remedy. Warns first when
      the operator is gone. Exit code 0: no problem; 3: there are some, or the operator does not watch; 1: cannot tell.
  kubectl tidegate explain NAME [-n NAMESPACE] [--stage STAGE] [--since 10m] [-o json]
      The autoscaler's decisions with the figures that led to them, holds too, newest last. Asks the operator through
      the API server: needs the right to get pods/proxy in the operator's namespace (docs/autoscaling.md).
  kubectl tidegate dead-letters list NAME [STAGE] [-o json]
  kubectl tidegate dead-letters show NAME STAGE [--limit 20]
  kubectl tidegate dead-letters replay NAME STAGE [--rate 100] [--limit N] [--from OFFSET] [--dry-run] [-o json]
      Records that a stage could not process: how many by reason; each with where it came from, as JSON; and once more
      through the stage's query or sink. All take --reason REASON, --since and --until (10m, or a time) and
      --field NAME=VALUE. --most-failures 3: what failed more often is left out. Runs a Job with the stage's settings in
      its namespace: needs the right to create Jobs and to read logs there (docs/dead-letters.md).
  kubectl tidegate tail NAME STAGE [--limit 20]
      The last records that a stage wrote (a sink: that it reads), as JSON. By a Job, as above.
  kubectl tidegate validate -f FILE
      Checks manifests without a cluster: structure, references and, where tidegate-worker is found beside this binary
      or on PATH, the SQL. "-" reads standard input. Exit code 1 when something is wrong.
  kubectl tidegate test -f FILE --input TOPIC=FILE.ndjson … [--expect TOPIC=FILE.ndjson …] [--topic TOPIC]
      Runs the processors of the manifest's Pipeline over files of one record a line, without a cluster, with the very
      engine that runs in pods (tidegate-worker beside this binary or on PATH). Prints what they write; with --expect
      compares instead, in any order, and exits with 1 on a difference or a dead letter that no
      --expect STAGE.dead-letters=FILE names.
  kubectl tidegate infer FILE.ndjson
      Prints the fields of a topic with such records, to begin a manifest with. "-" reads standard input.
  kubectl tidegate completion bash|zsh|fish
      A script for that shell. `kubectl tidegate` is completed by kubectl's own completion when the file
      kubectl_complete-tidegate is on PATH too.
  kubectl tidegate version

Options:
  -n, --namespace NAMESPACE   default: the kubeconfig's
  -A, --all-namespaces
  -w, --watch
      --kubeconfig FILE       default: KUBECONFIG, else ~/.kube/config
      --context CONTEXT       default: the current one
      --operator NS/LEASE     the operator's Lease; default tidegate-system/tidegate-operator
      --operator-port PORT    where it serves metrics; default: as its pod declares
  -o, --output json           for programs
  -h, --help
)";

}  // namespace

int main(int argc, char** argv) {
  using namespace tidegate::cli;
  // What a shell hands over is no command line yet.
  if (argc > 1 && std::string(argv[1]) == "__complete") return complete_command({argv + 2, argv + argc});
  const auto arguments = parse_arguments({argv + 1, argv + argc});
  if (!arguments) {
    std::fprintf(stderr, "error: %s\nSee 'kubectl tidegate --help'.\n", arguments.error().message.c_str());
    return 2;
  }
  if (arguments->has("help") || arguments->command == "help") {
    std::fputs(kHelp, stdout);
    return 0;
  }
  if (arguments->command == "status") return status_command(*arguments);
  if (arguments->command == "problems") return problems_command(*arguments);
  if (arguments->command == "explain") return explain_command(*arguments);
  if (arguments->command == "validate") return validate_command(*arguments);
  if (arguments->command == "test") return test_command(*arguments);
  if (arguments->command == "dead-letters") return dead_letters_command(*arguments);
  if (arguments->command == "tail") return tail_command(*arguments);
  if (arguments->command == "infer") return infer_command(*arguments);
  if (arguments->command == "completion") return completion_command(*arguments);
  if (arguments->command == "version") {
    std::puts("kubectl-tidegate " TIDEGATE_VERSION);
    return 0;
  }
  if (arguments->command.empty()) {
    std::fputs(kHelp, stderr);
  } else {
    std::fprintf(stderr, "error: unknown command %s\nSee 'kubectl tidegate --help'.\n", arguments->command.c_str());
  }
  return 2;
}

# What dev/kafka/local and dev/s3/local share: the server of a folder, `dir`, whose pid is in DIR/pid. Sourced, never run.
# shellcheck shell=bash disable=SC2154

# running_pid TEXT: its process if that is alive; TEXT stands in its command line, so that a recycled pid is not ours.
running_pid() {
  local pid
  pid=$(cat "$dir/pid" 2>/dev/null) && tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$1" && echo "$pid"
}

# stop SIGNAL TEXT: ends it; after 20 s not gently.
stop() {
  local pid
  pid=$(running_pid "$2") || return 0
  kill -"$1" "$pid"
  timeout 20 tail --pid="$pid" -s 0.1 -f /dev/null || kill -KILL "$pid" || true
  rm -f "$dir/pid"
}

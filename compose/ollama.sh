#!/bin/bash
# Runs `ollama serve` and writes what it prints to a file that the agent follows, and to the container's own log as well.
# The file is renamed when it is full, line by line, so that a follower loses nothing and the disk stays bounded; a full disk
# costs log lines, never Ollama. Ollama gets the signals that the container gets, and its exit code is the container's.
set -u
export LC_ALL=C # sizes in bytes
log=${OLLASCOPE_LOG:-/log/ollama.log}
limit=${OLLASCOPE_LOG_BYTES:-52428800} # 50 MiB, and as much again in the renamed one

write_log() {
  local line size
  size=$(stat -c %s "$log" 2>/dev/null || echo 0)
  exec 3>>"$log"
  # The second condition: what was printed without an end of line before Ollama ended.
  while IFS= read -r line || [ -n "$line" ]; do
    printf '%s\n' "$line" >&3
    printf '%s\n' "$line"
    size=$((size + ${#line} + 1))
    if [ "$size" -ge "$limit" ]; then
      mv -f "$log" "$log.1"
      exec 3>>"$log"
      size=0
    fi
  done 2>/dev/null
}

umask 027
pipe=/tmp/ollama-output
rm -f "$pipe"
mkfifo -m 600 "$pipe"
write_log <"$pipe" &
writer=$!
ollama serve >"$pipe" 2>&1 &
server=$!
trap 'kill -TERM "$server" 2>/dev/null' TERM INT
wait "$server"
status=$?
# A signal ends `wait` before the server has ended.
while kill -0 "$server" 2>/dev/null; do
  wait "$server"
  status=$?
done
wait "$writer"
exit "$status"

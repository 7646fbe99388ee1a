#!/usr/bin/env bash
# Creates the topics that RonDB names by Hopsworks' own kafka-restore.sh. That one ends at the first topic that Kafka refuses, so it
# runs until all are there, as long as each run brings some. topics.list then says which topics' data must be replayed.

bucket=$(parameter bucket)
prefix=$(parameter prefix)
lock kafka
work_directory "$HOPS_ROOT/hopsdr/recreate-kafka-topics"
tools=$HOPS_ROOT/kafka/bin
restore=$tools/kafka-restore.sh
[[ -x $restore ]] || fail ToolMissing "$restore is not there."

# The script itself says how the brokers are reached.
option() { # name
  local found
  found=$(sed -nE "s/.*--$1 +([^ \\]+).*/\1/p" "$restore" | sed -n 1p)
  [[ -n $found ]] || fail TopicsIncomplete "$restore does not say its --$1."
  printf '%s' "$found"
}
server=$(option bootstrap-server)
configuration=$(option command-config)
java_options=$(sed -nE 's/^export KAFKA_OPTS="(.*)"$/\1/p' "$restore")

find_missing() {
  KAFKA_OPTS=$java_options timeout 300 "$tools/kafka-topics.sh" --bootstrap-server "$server" --command-config "$configuration" --list \
    >"$work/listed" 2>"$work/error" || fail TopicsIncomplete "Kafka does not list its topics: $(cat "$work/listed" "$work/error" | cause)"
  sort "$work/listed" | comm -23 "$work/topics" - >"$work/missing"
  missing=$(wc -l <"$work/missing")
}

# As the script does, without topics whose configuration is unknown.
sql -Ne 'SELECT topic_name FROM hopsworks.project_topics WHERE num_partitions IS NOT NULL AND num_replicas IS NOT NULL' \
  2>"$work/error" >"$work/named" || fail TopicsIncomplete "the topics in RonDB cannot be read: $(cause "$work/error")"
whole_lines "$work/named" | sort -u >"$work/topics"
topics=$(wc -l <"$work/topics")

find_missing
created=$missing
while ((missing > 0)); do
  before=$missing status=0
  "$restore" >"$work/said" 2>&1 || status=$?
  find_missing
  echo "kafka-restore.sh ended with $status: $((before - missing)) topics more, $missing missing"
  ((missing < before)) || fail TopicsIncomplete \
    "$missing of $topics topics are missing: $(head -n 5 "$work/missing" | paste -sd ' '). kafka-restore.sh: $(cause "$work/said")"
done

digest=$(sha256sum <"$work/topics" | cut -c1-64)
digest=$(base64_of_hex <<<"$digest")
s3api put-object --bucket "$bucket" --key "$prefix/topics.list" --body "$work/topics" \
  --checksum-algorithm SHA256 --checksum-sha256 "$digest" >/dev/null 2>"$work/error" ||
  fail UploadFailed "s3://$bucket/$prefix/topics.list could not be stored: $(cause "$work/error")"
answer "{\"topics\":$topics,\"created\":$created}"

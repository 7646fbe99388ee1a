#!/usr/bin/env bash
# kafka-topics.sh of a practice node: a topic is a file kafka/topics/<name>. kafka/brokers says how many brokers there are;
# kafka/refuses names topics that want more replicas than that. It runs for hundreds of topics, and so starts no other program.
set -euo pipefail
home=${0%/*}/..
topic='' replicas='' partitions='' verb='' server='' configuration='' quiet=''
while (($#)); do
  case $1 in
    --bootstrap-server) server=$2 && shift ;;
    --command-config) configuration=$2 && shift ;;
    --topic) topic=$2 && shift ;;
    --replication-factor) replicas=$2 && shift ;;
    --partitions) partitions=$2 && shift ;;
    --if-not-exists) quiet=yes ;;
    --create | --list) verb=$1 ;;
    *) echo "$1 is not a recognized option" >&2 && exit 1 ;;
  esac
  shift
done
[[ -n $server && -f $configuration ]] || { echo "java.nio.file.NoSuchFileException: $configuration" >&2 && exit 1; }
refuse() { # exception sentence
  echo "Error while executing topic command : $2"
  echo "[$(date '+%F %T,%3N')] ERROR org.apache.kafka.common.errors.$1: $2"
  echo ' (kafka.admin.TopicCommand$)'
  exit 1
}
brokers=$(<"$home/brokers")
case $verb in
  --list) ls "$home/topics" ;;
  --create)
    if [[ -f $home/topics/$topic ]]; then
      [[ -n $quiet ]] || refuse TopicExistsException "Topic '$topic' already exists."
      exit 0
    fi
    refused=$(<"$home/refuses")
    [[ $'\n'$refused$'\n' != *$'\n'$topic$'\n'* ]] || replicas=$((brokers + 1))
    ((replicas <= brokers)) ||
      refuse InvalidReplicationFactorException "Replication factor: $replicas larger than available brokers: $brokers."
    echo "$partitions partitions, $replicas replicas" >"$home/topics/$topic"
    echo "Created topic $topic."
    ;;
esac

#!/usr/bin/env bash
# needs: hopsfs.sh
# Lets HopsFS in S3 take back the deletions that it had not carried out, before the first NameNode starts. A NameNode that does not
# know the command prints its usage and does nothing. Never any other command of the NameNode: -format would erase the metadata.

lock blocks
work_directory "$HOPS_ROOT/hopsdr/roll-back-deleted-blocks"

status=0
hdfs 43000 namenode -rollbackDeletedCloudBlocks >"$work/hdfs" 2>&1 || status=$?
cat "$work/hdfs"
if grep -q '^Usage: ' "$work/hdfs"; then
  answer '{"rolledBack":false}'
  exit
fi
# Early builds end with 1 although they succeeded; those that fail say why. What is missing all the same, AwaitSafeModeExit finds.
if ((status > 1)) || grep -qE 'ERROR|FATAL|Exception' "$work/hdfs"; then
  fail NameNodeFailed "hdfs namenode -rollbackDeletedCloudBlocks ended with status $status: $(cause "$work/hdfs")"
fi
answer '{"rolledBack":true}'

#!/usr/bin/env bash
# needs: hopsfs.sh services.sh
# Starts the first NameNode, alone, from the restored metadata: it must begin in safe mode, where it deletes no block. The last of
# the units is its own, the others are what it needs.

units=$(parameter units)
name_node=${units##*+}
seconds=$(parameter timeoutSeconds)
lock blocks
work_directory "$HOPS_ROOT/hopsdr/start-name-node"

# Without its variables it would be formatted by whoever tries to repair it.
variables=$(count_rows hdfs_variables)
((variables > 0)) || fail NameNodeFailed 'hops.hdfs_variables is empty: RonDB does not hold the metadata of a HopsFS.'
start_units "$units"
[[ $units_absent != *"\"$name_node\""* ]] || fail NameNodeFailed "this instance has no unit $name_node."

deadline=$((SECONDS + seconds * 9 / 10)) pause=1
while true; do
  mode=$(safe_mode)
  [[ -z $mode ]] || break
  look_at NameNodeFailed "$name_node"
  [[ $active == active ]] || fail NameNodeFailed "unit $name_node is $active: the NameNode ended again."
  ((SECONDS < deadline)) || fail NameNodeFailed "the NameNode does not answer: $(cause "$work/hdfs")"
  sleep "$pause"
  pause=$((pause < 15 ? pause * 2 : 15))
done
blocks=$(count_rows hdfs_block_infos)
[[ $mode == ON ]] || ((blocks == 0)) ||
  fail NameNodeFailed 'the NameNode is not in safe mode, although no datanode has reported yet: it took another one for alive.'
answer "$(units_answer)"

#!/usr/bin/env bash
# needs: hopsfs.sh
# Waits until HopsFS leaves safe mode by itself, and then until no block is missing: it leaves already with 99.9 % of them.

limit=$(parameter limitSeconds)
work_directory "$HOPS_ROOT/hopsdr/await-safe-mode-exit"
total=$(count_rows hdfs_block_infos)

# While it is in safe mode, HopsFS keeps the blocks that were reported in RonDB, and its report does not count the missing ones yet.
look() {
  local reported
  mode=$(safe_mode)
  missing='' datanodes=0
  hdfs 300 dfsadmin -report >"$work/report" 2>&1 || { cp "$work/report" "$work/hdfs" && return; }
  missing=$(sed -nE 's/^[[:space:]]*Missing blocks: ([0-9]+)$/\1/p' "$work/report" | sed -n 1p)
  datanodes=$(sed -nE 's/^Live datanodes \(([0-9]+)\):$/\1/p' "$work/report")
  if [[ $mode == ON ]] && reported=$(sql -Ne 'SELECT COUNT(*) FROM hops.hdfs_safe_blocks' 2>/dev/null) && [[ $reported =~ ^[1-9][0-9]*$ ]]; then
    missing=$((total > reported ? total - reported : 0))
  fi
}

pause=1
while true; do
  look
  [[ $mode != OFF || $missing != 0 ]] || break
  there=unknown
  [[ -z $missing ]] || there=$(awk -v total="$total" -v missing="$missing" 'BEGIN { printf "%.1f %%", total ? 100 * (total - missing) / total : 100 }')
  echo "safe mode is ${mode:-unknown}; $there of $total blocks reported by ${datanodes:-0} live datanodes after $SECONDS seconds"
  if ((SECONDS >= limit)); then
    [[ -n $mode && -n $missing ]] || fail NameNodeFailed "HopsFS does not answer: $(cause "$work/hdfs")"
    [[ $mode == OFF ]] || fail SafeModeStuck \
      "HopsFS is in safe mode after $SECONDS seconds: ${datanodes:-0} live datanodes have reported $there of $total blocks."
    fail BlocksMissing "HopsFS misses $missing of $total blocks $SECONDS seconds after its datanodes were started."
  fi
  sleep "$((SECONDS + pause > limit && limit > SECONDS ? limit - SECONDS : pause))"
  pause=$((pause < 30 ? pause * 2 : 60))
done
answer "{\"blocks\":$total,\"missingBlocks\":0,\"datanodes\":${datanodes:-0},\"seconds\":$SECONDS}"

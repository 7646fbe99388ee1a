#!/usr/bin/env bash
# needs: services.sh
# Starts the other NameNodes and the datanodes: the units that are assigned to this instance.

assignments=$(parameter unitAssignments)
lock blocks
units=$(tr ';' '\n' <<<"$assignments" | awk -F= -v instance="$instance" '$1 == instance { print $2 }')
[[ -z $units ]] || start_units "$units"
answer "$(units_answer)"

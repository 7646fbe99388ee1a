#!/usr/bin/env bash
# needs: services.sh
# Stops systemd units in their order; the restore goes on only when none of them runs.

units=$(parameter units)
lock services
stop_units "$units"
answer "$(units_answer)"

#!/usr/bin/env bash
# needs: services.sh
# Starts systemd units in their order, and looks whether they still run a moment later.

units=$(parameter units)
lock services
start_units "$units"
answer "$(units_answer)"

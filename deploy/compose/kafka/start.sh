#!/bin/bash
# Formats the disk the first time, then becomes the broker.
set -euo pipefail
config=/etc/wirecopy/server.properties
/opt/kafka/bin/kafka-storage.sh format --ignore-formatted --cluster-id "$CLUSTER_ID" --config "$config"
exec /opt/kafka/bin/kafka-server-start.sh "$config"

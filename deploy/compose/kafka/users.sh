#!/bin/bash
# Gives every user of Kafka the password that its secret holds; doing it twice changes nothing. Runs in the network of
# the broker, whose listener for this is reached from nowhere else.
set -euo pipefail
umask 077
for secret in /run/secrets/kafka-*; do
    user=wirecopy-${secret##*/kafka-}
    printf 'SCRAM-SHA-512=iterations=8192,password=%s\n' "$(<"$secret")" >/tmp/credential
    /opt/kafka/bin/kafka-configs.sh --bootstrap-server 127.0.0.1:9092 --alter \
        --entity-type users --entity-name "$user" --add-config-file /tmp/credential
done
rm -f /tmp/credential

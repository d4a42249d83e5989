#!/bin/bash
# Gives Kibana's own user the password that its secret holds; doing it twice changes nothing.
set -euo pipefail
umask 077
printf 'user = "elastic:%s"\n' "$(</run/secrets/elastic-password)" >/tmp/login
printf '{"password": "%s"}' "$(</run/secrets/kibana-password)" >/tmp/password
exec curl --silent --show-error --fail --config /tmp/login --cacert /run/secrets/ca.crt \
    --header 'content-type: application/json' --data @/tmp/password \
    https://elasticsearch:9200/_security/user/kibana_system/_password

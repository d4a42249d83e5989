#!/bin/sh
# Makes what must not be the same in two deployments, in ./secrets: passwords, an authority and its certificates.
# What is there stays. To change one thing, delete its file, run this again, and see docs/deploy/compose.md.
#
#   ./make-secrets.sh [NAME...]   NAME: further names or addresses by which browsers call this machine
set -eu
umask 077
cd -- "$(dirname -- "$0")"
mkdir -p secrets
cd secrets
chmod u+w -- * 2>/dev/null || true  # closed by the last run

say() { printf 'make-secrets: %s\n' "$*" >&2; }
command -v openssl >/dev/null || { say 'openssl is missing: install it'; exit 3; }

# A password for each login. The names of Kafka's are those of its users, without `wirecopy-`.
for name in kafka-admin kafka-producer kafka-fingerprint kafka-engine kafka-tagging kafka-indexing kafka-feeds \
    kafka-desk elastic-password kibana-password kibana-key grafana-password desk-password; do
    [ -s "$name" ] || { openssl rand -hex 24 | tr -d '\n' >"$name"; say "made $name"; }
done

# The login page of the desk: one user, `editor`, until people have logins of their own.
[ -s desk-users ] || printf 'editor:%s\n' "$(openssl passwd -6 -in desk-password)" >desk-users

[ -s ca.key ] || {
    rm -f ca.crt
    openssl req -x509 -newkey rsa:3072 -sha256 -nodes -days 3650 -keyout ca.key -out ca.crt \
        -subj '/CN=wirecopy compose' -addext 'basicConstraints=critical,CA:TRUE' \
        -addext 'keyUsage=critical,keyCertSign,cRLSign' 2>/dev/null
    say 'made ca.crt: browsers and consumers have to trust it'
}

certificate() { # NAME ALTERNATIVE-NAMES
    [ ! -s "$1.crt" ] || [ ! -s "$1.key" ] || return 0
    openssl req -new -newkey rsa:3072 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2>/dev/null
    printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n' "$2" >"$1.ext"
    openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 825 -sha256 \
        -extfile "$1.ext" -out "$1.crt" 2>/dev/null
    rm -f "$1.csr" "$1.ext"
    say "made $1.crt for $2"
}

outside='DNS:localhost,IP:127.0.0.1'
for name in "$@"; do
    case $name in
    *[!0-9.]*) outside="$outside,DNS:$name" ;;
    *) outside="$outside,IP:$name" ;;
    esac
done
certificate kafka "DNS:kafka,$outside"
certificate elasticsearch "DNS:elasticsearch,$outside"
certificate kibana "DNS:kibana,$outside"
certificate web "DNS:web,DNS:grafana,$outside"

# Kafka takes key and certificate from one file.
cat kafka.key kafka.crt >kafka.pem

# Each container reads its own of these as a user of its own, so the files are readable and the folder is not: on this
# machine only its owner gets in. The authority's key is for this script alone.
chmod 0444 -- *
chmod 0400 ca.key
chmod 0700 .
say "all there, in $(pwd)"

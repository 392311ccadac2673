#!/bin/sh
# What the service `prepare` of docker-compose.yml runs, as root, before all others: fills the volumes with secrets and the
# demo's certificates, and gives each to the user who reads it. What is there is kept.
set -eu
node_user=1000:1000
grafana_user=472:0

cd "$(dirname "$0")/../.."
sh scripts/cluster/make-secrets.sh /secrets etcd-1=DNS:etcd-1 etcd-2=DNS:etcd-2 etcd-3=DNS:etcd-3
node scripts/demo/make-pki.ts --folder /demo/pki --ocsp-url http://responder:11451/

chown -R $node_user /secrets/etcd /secrets/gateway /demo /data/*
chown -R $grafana_user /secrets/grafana
chmod 700 /secrets/* /demo /data/*

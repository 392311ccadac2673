#!/bin/sh
# Makes what a cluster keeps secret. What is there is kept; certificates that end within 30 days are made anew.
#
#   make-secrets.sh FOLDER MEMBER=SUBJECT_ALT_NAMES...
#   make-secrets.sh secrets etcd-1=DNS:etcd-1 etcd-2=DNS:etcd-2 etcd-3=DNS:etcd-3
#
#   FOLDER/ca/ca.key            signs the certificates below; nobody needs it while the cluster runs
#   FOLDER/etcd/                ca.crt, and MEMBER.crt and MEMBER.key: how members know each other, and clients know them
#   FOLDER/gateway/             etcd-ca.crt; etcd-client.crt and .key, without which etcd answers nobody;
#                               clinch.env, the admin key and the keyring, for node's --env-file
#   FOLDER/grafana/password     of the user admin
set -eu
umask 077

folder=$1
shift
mkdir -p "$folder/ca" "$folder/etcd" "$folder/gateway" "$folder/grafana"

# 128 bits in letters only: config.yaml takes a variable that reads as a number for one
make_secret () {
  openssl rand -hex 16 | tr 0-9 g-p
}

# A file appears whole or not at all.
put () {
  cat > "$1.new"
  mv "$1.new" "$1"
}

lasts () {
  [ -f "$1" ] && openssl x509 -checkend 2592000 -noout -in "$1" > /dev/null
}

make_ca () {
  lasts "$folder/ca/ca.crt" && return
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days 3650 -subj '/O=Clinch cluster/CN=etcd CA' \
    -addext 'keyUsage=critical,keyCertSign,cRLSign' -keyout "$folder/ca/ca.key" -out "$folder/ca/ca.crt" 2> "$folder/ca/log" || { cat "$folder/ca/log" >&2; exit 1; }
  rm -f "$folder"/etcd/*.crt "$folder"/gateway/*.crt
}

# make_certificate FILE_WITHOUT_SUFFIX COMMON_NAME EXTENSIONS
make_certificate () {
  if lasts "$1.crt" && [ "$(cat "$1.ext" 2> /dev/null)" = "$3" ]; then return; fi
  rm -f "$1.crt" # so that an interrupted run leaves no certificate beside another's key
  printf '%s\n' "$3" | put "$1.ext"
  {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/O=Clinch cluster/CN=$2" -keyout "$1.key" -out "$1.csr" &&
    openssl x509 -req -in "$1.csr" -CA "$folder/ca/ca.crt" -CAkey "$folder/ca/ca.key" -set_serial "0x$(openssl rand -hex 15)" -sha256 -days 825 -extfile "$1.ext" -out "$1.crt.new"
  } 2> "$folder/ca/log" || { cat "$folder/ca/log" >&2; exit 1; }
  mv "$1.crt.new" "$1.crt"
  rm "$1.csr"
}

leaf='basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature'

make_ca
put "$folder/etcd/ca.crt" < "$folder/ca/ca.crt"
put "$folder/gateway/etcd-ca.crt" < "$folder/ca/ca.crt"
for member in "$@"; do # a member is a server, and a client of the other members
  make_certificate "$folder/etcd/${member%%=*}" "${member%%=*}" "$leaf
extendedKeyUsage=serverAuth,clientAuth
subjectAltName=${member#*=}"
done
make_certificate "$folder/gateway/etcd-client" gateway "$leaf
extendedKeyUsage=clientAuth"
rm -f "$folder/ca/log"

[ -f "$folder/gateway/clinch.env" ] || printf 'CLINCH_ADMIN_KEY=%s\nCLINCH_KEYRING=%s\n' "$(make_secret)" "$(make_secret)" | put "$folder/gateway/clinch.env"
[ -f "$folder/grafana/password" ] || make_secret | put "$folder/grafana/password"

#!/usr/bin/env bash
# Makes the certificates that tests of TLS need, in the directory that is named: each as NAME.pem with its key as NAME.key.
# With a number of seconds, makes one more there: a client's, called "ending", that is valid for so long.
set -euo pipefail
cd "$1"

key() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1.key"; }

authority() { # NAME
    key "$1"
    openssl req -x509 -new -key "$1.key" -subj "/CN=$1" -days 30 -out "$1.pem"
}

# The certificate has the extensions on its standard input.
signed() { # NAME AUTHORITY DAYS
    key "$1"
    openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
    openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days "$3" -extfile /dev/stdin -out "$1.pem" \
        2>/dev/null
}

export -f key signed
if [[ -n "${2:-}" ]]; then
    faketime "$((24 * 60 * 60 - $2)) seconds ago" bash -c "signed ending ca 1 <<<extendedKeyUsage=clientAuth"
    exit
fi

here='subjectAltName=DNS:localhost,IP:127.0.0.1'
authority ca
authority other-ca
signed server ca 30 <<<"$here"
signed renewed other-ca 30 <<<"$here"
signed soon ca 7 <<<"$here"
signed elsewhere ca 30 <<<'subjectAltName=DNS:elsewhere.example,IP:192.0.2.1'
signed address ca 30 <<<'subjectAltName=IP:127.0.0.1'
signed other-name ca 30 <<<'subjectAltName=DNS:elsewhere.example,DNS:*.localhost,IP:127.0.0.1'
signed client ca 30 <<<'extendedKeyUsage=clientAuth'
signed stranger other-ca 30 <<<'extendedKeyUsage=clientAuth'
faketime '3 days ago' bash -c "signed expired ca 1 <<<'$here'"
faketime '3 days' bash -c "signed future ca 30 <<<'$here'"
openssl pkcs8 -topk8 -in server.key -passout pass:secret -out protected.key

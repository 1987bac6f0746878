#!/bin/bash
# Starts the scorer's Nitro enclave and carries the host's port 3000 into it. Runs until it is stopped:
#   start-enclave.sh [IMAGE]        default: /opt/vram-hub/vram-nautilus.eif
set -euo pipefail

EIF="${1:-/opt/vram-hub/vram-nautilus.eif}"
CID=16
PORT=3000

nitro-cli run-enclave \
	--eif-path "$EIF" \
	--memory 4096 \
	--cpu-count 2 \
	--enclave-cid "$CID"

# An enclave has no network. Its one channel is vsock, and who listens decides the direction:
# `vsock-proxy 3000 localhost 3000` listens on the HOST's vsock port and connects to a TCP server of the host. It lets an enclave call out, and does
# not carry the validator's requests in. For those something has to listen on TCP here and connect to the enclave's vsock port, where
# the image has the counterpart (`socat VSOCK-LISTEN:3000,fork TCP:127.0.0.1:3000`) in front of the scorer. The scorer calls nobody,
# so no vsock-proxy is needed at all. Bound to loopback: whoever reaches this port can give the enclave work.
exec socat "TCP-LISTEN:$PORT,bind=127.0.0.1,reuseaddr,fork" "VSOCK-CONNECT:$CID:$PORT"

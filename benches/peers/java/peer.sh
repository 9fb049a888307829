#!/bin/sh
# Runs the Java peer on a JDK 21 or later: peer.sh virtual-threads | send-async | --version.
here=$(dirname "$0")
jdk=$("$here/find-jdk.sh") || exit 1
classes=$here/../.build/java
[ -f "$classes/Peer.class" ] || { echo "not compiled yet: scripts/peers.sh java" >&2; exit 1; }
exec "$jdk/bin/java" -cp "$classes" Peer "$@"

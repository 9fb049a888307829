#!/bin/sh
# Prints the home of a JDK 21 or later: from JAVA_HOME, PATH, or /usr/lib/jvm. Says on stderr what was found otherwise.
found=
for home in "${JAVA_HOME:-}" "$(readlink -f "$(command -v javac)" | sed 's|/bin/javac$||')" /usr/lib/jvm/*; do
    [ -x "$home/bin/javac" ] && [ -r "$home/release" ] || continue
    version=$(sed -n 's/^JAVA_VERSION="\(.*\)"/\1/p' "$home/release")
    major=${version%%[!0-9]*}
    if [ "${major:-0}" -ge 21 ]; then
        echo "$home"
        exit 0
    fi
    found="${found:-; found:} $version"
done
echo "JDK 21 or later is needed (virtual threads)$found" >&2
exit 1

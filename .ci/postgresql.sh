# A PostgreSQL server for the tests, made in a temporary folder and thrown away. Sourced by .ci/run; by hand:
#   . .ci/postgresql.sh && start_postgresql && make test; stop_postgresql
# Exports GROUNDUP_TEST_DATABASE_URL. Works as root (the server then runs as the user `postgres`, it refuses root) and as
# anybody else. Where it cannot be installed start_postgresql says so and returns 1: the tests of PostgreSQL are then
# skipped. Where it is installed and does not start it returns 2: something is wrong, and nobody should take it for a pass.

_postgresql_folder=""

_postgresql_bin() {
    ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1
}

_as_postgresql_user() {
    if [ "$(id -u)" -eq 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

_install_postgresql() {
    [ -n "$(_postgresql_bin)" ] && return
    local sudo=()
    [ "$(id -u)" -eq 0 ] || sudo=(sudo -n)
    # Debian's package would start a server of its own; this one is not wanted.
    "${sudo[@]}" mkdir -p /etc/postgresql-common &&
        { [ -e /etc/postgresql-common/createcluster.conf ] ||
            echo "create_main_cluster = false" | "${sudo[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null; } &&
        "${sudo[@]}" apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends postgresql >/dev/null
}

_begin_postgresql() {
    local bin
    bin=$(_postgresql_bin)
    [ -n "$bin" ] || return 1
    # Short: the path of a socket may not be longer than 107 characters.
    _postgresql_folder=$(mktemp -d /tmp/groundup-pg.XXXXXX) || return 1
    if [ "$(id -u)" -eq 0 ]; then chown postgres "$_postgresql_folder" || return 1; fi
    # From a folder that the server's user may enter; no network, only a socket in the folder; nothing here outlives a crash.
    (
        cd /tmp &&
            _as_postgresql_user "$bin/initdb" -D "$_postgresql_folder/data" -U groundup --auth=trust -E UTF8 --locale=C.UTF-8 &&
            _as_postgresql_user "$bin/pg_ctl" -D "$_postgresql_folder/data" -l "$_postgresql_folder/log" -w -t 60 \
                -o "-c listen_addresses='' -c unix_socket_directories='$_postgresql_folder' -c fsync=off" start
    ) >"$_postgresql_folder.out" 2>&1 </dev/null || { cat "$_postgresql_folder.out" "$_postgresql_folder/log" >&2; return 1; }
    export GROUNDUP_TEST_DATABASE_URL="postgresql+psycopg://groundup@/postgres?host=$_postgresql_folder"
}

start_postgresql() {
    [ -z "${GROUNDUP_TEST_DATABASE_URL:-}" ] || return 0 # one was given
    if ! _install_postgresql; then
        echo "PostgreSQL cannot be installed here; the tests of a store on it are skipped." >&2
        return 1
    fi
    if ! _begin_postgresql; then
        echo "PostgreSQL is installed and does not start; what it said is above." >&2
        stop_postgresql
        return 2
    fi
    echo "PostgreSQL: $("$(_postgresql_bin)/postgres" --version), in $_postgresql_folder"
}

stop_postgresql() {
    [ -n "$_postgresql_folder" ] || return 0
    (cd /tmp && _as_postgresql_user "$(_postgresql_bin)/pg_ctl" -D "$_postgresql_folder/data" -m immediate stop) >/dev/null 2>&1 || true
    rm -rf "$_postgresql_folder" "$_postgresql_folder.out"
    _postgresql_folder=""
    unset GROUNDUP_TEST_DATABASE_URL
}

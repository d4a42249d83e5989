#!/bin/sh
# Everything that a person does in this repository, in a fresh clone too. Run it without arguments for help.
set -eu
unset CDPATH
cd -P -- "$(dirname -- "$0")"

help() {
    cat <<'HELP'
./do up [OPTIONS]        set everything up and run it: Kafka, Elasticsearch, all stages, a wire day; then keep polling
./do test [PYTEST ARGS]  everything that must pass: lint, types, all tests (starts real servers of its own)
./do pythons [VERSIONS]  the unit tests on each other supported Python that is there, in environments of their own
./do chaos               the long tests: workers killed, added and taken away over more partitions
./do lint                ruff and mypy alone
./do coverage [ARGS]     the unit tests, and the lines and branches they leave out; fails below the floor
./do fuzz [MINUTES]      strange bytes for all that reads what others have written, by atheris; findings are kept
./do audit [FOLDER]      list what is installed as a CycloneDX file (SBOM), and hold it against known vulnerabilities
./do bench NAME [ARGS]   measure speed, size and quality; --save puts it into bench/RESULTS.md
./do wirecopy ARGS       any other command, for example: ./do wirecopy search election
HELP
}

say() { printf 'do: %s\n' "$*" >&2; }
fail() { say "$2"; exit "$1"; }

supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'

can_make_environments() {
    "$@" -c "import ensurepip, venv; $supported" >/dev/null 2>&1
}

# A Python of the right version that can make environments. Being on PATH is not enough: a shim may lead nowhere.
find_python() {
    for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
        if can_make_environments "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    fail 3 'no Python 3.11, 3.12 or 3.13 that can make environments: install one, for example `apt install python3 python3-venv`, or name it in PYTHON'
}

# pip in the environment `$venv`; what it says is shown only if it fails.
quiet_pip() {
    if ! "$venv/bin/python" -m pip --disable-pip-version-check --no-input "$@" >.wirecopy/logs/install.log 2>&1; then
        tail -n 20 .wirecopy/logs/install.log >&2
        fail 4 'pip could not install the packages (above: the end of .wirecopy/logs/install.log)'
    fi
}

# The environment, made again when its Python is gone and brought up to date when the lock file has changed.
prepare() {
    venv=.venv
    if ! "$venv/bin/python" -c "import pip; $supported" >/dev/null 2>&1; then
        python=$(find_python)
        say "making $venv with $("$python" --version)"
        rm -rf "$venv"
        "$python" -m venv "$venv"
    fi
    install
}

# What the lock file says and the project itself, into `$venv`, where they are not there yet.
install() {
    mkdir -p .wirecopy/logs
    wanted=$(cksum <requirements.lock)
    if [ "$(cat "$venv/installed.lock" 2>/dev/null)" != "$wanted" ]; then
        say "installing $(grep -c '^[a-zA-Z0-9].*==' requirements.lock) packages, hashes checked (a few minutes the first time)"
        quiet_pip install --require-hashes -r requirements.lock
        printf '%s\n' "$wanted" >"$venv/installed.lock"
    fi
    wanted=$(pwd -P; cksum <pyproject.toml)
    if [ "$(cat "$venv/installed.project" 2>/dev/null)" != "$wanted" ]; then
        say 'installing wirecopy itself'
        quiet_pip install --no-deps --no-build-isolation -e .
        printf '%s\n' "$wanted" >"$venv/installed.project"
    fi
}

# The unit tests on one more version of Python, in an environment that is kept for the next time.
unit_tests_on() {
    venv=.wirecopy/python-$1
    if ! "$venv/bin/python" -c "import pip; $supported" >/dev/null 2>&1; then
        # Where pyenv manages the versions, its shim wants to be told which one is meant.
        set -- "$1" env "PYENV_VERSION=$1" "python$1"
        if ! (shift && can_make_environments "$@"); then
            say "python$1 is not there: its unit tests are skipped"
            return 0
        fi
        say "making $venv"
        rm -rf "$venv"
        (shift && "$@" -m venv "$venv")
    fi
    install
    say "unit tests on Python $1"
    "$venv/bin/python" -m pytest -p no:cacheprovider --hypothesis-profile quick -m 'not long and not once' tests/unit
}

# Before the long installation: is the software there that no package brings?
preflight() {
    python=$(find_python)
    "$python" -m wirecopy.local.preflight
}

# atheris, cyclonedx-py and pip-audit: what only `fuzz` and `audit` need, hashes checked too.
tools() {
    wanted=$(cksum <requirements-tools.lock)
    if [ "$(cat .venv/installed.tools 2>/dev/null)" != "$wanted" ]; then
        say 'installing the tools for this'
        quiet_pip install --require-hashes -r requirements-tools.lock
        printf '%s\n' "$wanted" >.venv/installed.tools
    fi
}

# What a release carries: the SBOM of all that a deployment installs, and what is known against it.
audit() {
    mkdir -p "$1"
    .venv/bin/cyclonedx-py requirements deploy/requirements.lock --pyproject pyproject.toml --mc-type application \
        --spec-version 1.6 --output-reproducible --output-format JSON --validate -o "$1/wirecopy.cdx.json"
    say "SBOM: $1/wirecopy.cdx.json"
    say 'asking PyPI and OSV for known vulnerabilities'
    .venv/bin/pip-audit --strict --require-hashes --disable-pip -r deploy/requirements.lock --progress-spinner off
}

style() {
    status=0
    say 'ruff check' && .venv/bin/python -m ruff check . || status=1
    say 'ruff format --check' && .venv/bin/python -m ruff format --check . || status=1
    return $status
}

types() {
    say 'mypy' && .venv/bin/python -m mypy
}

# mypy, the unit tests, and the tests over servers with logins, which nobody else uses; ended when it is.
tests_beside() {
    trap 'kill "$child"; exit 1' TERM
    status=0
    for arguments in mypy 'pytest tests/unit' 'pytest --durations 5 -m secured tests/integration'; do
        say "$arguments"
        # shellcheck disable=SC2086  # several arguments
        nice -n 5 .venv/bin/python -m $arguments &
        child=$!
        wait "$child" || status=1
    done
    return $status
}

# Two at a time, since tests over servers mostly wait. What is said beside them comes last.
all_tests() {
    say 'pytest over servers; beside it mypy, the unit tests, and the tests over servers with logins'
    tests_beside >.wirecopy/logs/beside.log 2>&1 &
    beside=$!
    trap 'kill "$beside" 2>/dev/null' INT TERM
    status=0
    .venv/bin/python -m pytest --durations 20 -m 'not long and not secured' tests/browser tests/integration || status=1
    wait "$beside" || status=1
    trap - INT TERM
    cat .wirecopy/logs/beside.log
    return $status
}

[ $# -gt 0 ] || { help; exit 2; }
command=$1
shift
case $command in
up)
    preflight
    prepare
    exec .venv/bin/python -m wirecopy up "$@"
    ;;
test)
    preflight
    prepare
    failed=0
    style || failed=1
    if [ $# -gt 0 ]; then
        types || failed=1
        say 'pytest'
        .venv/bin/python -m pytest "$@" || failed=1
    else
        all_tests || failed=1
    fi
    [ $failed = 0 ] || fail 1 'something failed, see above'
    say 'all good'
    ;;
pythons)
    prepare
    default=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    failed=0
    [ $# -gt 0 ] || set -- 3.11 3.12 3.13
    for version in "$@"; do
        [ "$version" = "$default" ] || unit_tests_on "$version" || failed=1
    done
    [ $failed = 0 ] || fail 1 'something failed, see above'
    ;;
chaos)
    preflight
    prepare
    exec .venv/bin/python -m pytest -m long "$@"
    ;;
lint)
    prepare
    failed=0
    style || failed=1
    types || failed=1
    exit $failed
    ;;
fuzz)
    prepare
    tools
    minutes=${1:-10}
    [ $# -eq 0 ] || shift
    exec nice -n 10 .venv/bin/python -m tests.fuzz --minutes "$minutes" "$@"
    ;;
audit)
    prepare
    tools
    audit "${1:-.wirecopy/audit}"
    ;;
coverage)
    prepare
    [ $# -gt 0 ] || set -- --hypothesis-profile quick tests/unit
    failed=0
    .venv/bin/python -m coverage run -m pytest "$@" || failed=1
    .venv/bin/python -m coverage report || failed=1
    [ $failed = 0 ] || fail 1 'tests failed, or less is covered than pyproject.toml asks for (fail_under)'
    ;;
bench)
    preflight
    prepare
    exec .venv/bin/python -m bench "$@"
    ;;
wirecopy)
    prepare
    exec .venv/bin/python -m wirecopy "$@"
    ;;
help | -h | --help)
    help
    ;;
*)
    say "unknown command: $command"
    help >&2
    exit 2
    ;;
esac

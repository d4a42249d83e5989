"""What ``up`` decides: when all has arrived, what to restart, what to tell its children."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wirecopy.errors import ServerError, SettingsError
from wirecopy.local import up
from wirecopy.local.counts import Counts
from wirecopy.local.process import Child, last_words, wait_until
from wirecopy.local.stages import explicit, live_producer, wire_day_producer, workplace
from wirecopy.local.supervisor import LONGEST_PAUSE, Supervisor, describe_exit, pause_after
from wirecopy.local.wire_day import parse_truth
from wirecopy.settings import Settings, load


def counts(indexed: int, tagged: int = 0) -> Counts:
    return Counts({"tagged": tagged}, indexed, indexed)


def test_arrival_waits_for_the_last_article_and_then_for_quiet() -> None:
    arrival = up.ArrivalWatch(expected=2, published_all_at=100)
    arrival.note(counts(2), now=100, clock=0)
    assert not arrival.complete, "what came just now may change again"
    arrival.note(counts(2, tagged=3), now=102, clock=2)
    arrival.note(counts(2, tagged=3), now=104, clock=4)
    assert not arrival.complete, "it did change, two seconds ago"
    arrival.note(counts(2, tagged=3), now=105, clock=5)
    assert arrival.complete


def test_arrival_is_not_complete_before_the_day_is_over() -> None:
    arrival = up.ArrivalWatch(expected=2, published_all_at=100)
    arrival.note(counts(2), now=50, clock=0)
    arrival.note(counts(2), now=90, clock=40)
    assert not arrival.complete, "a correction may still come"
    arrival.note(counts(2), now=100, clock=50)
    assert arrival.complete


def test_a_standstill_is_told_once_until_something_moves() -> None:
    arrival = up.ArrivalWatch(expected=3, published_all_at=0)
    told = [arrival.note(counts(2), now=1, clock=clock) for clock in (0, 59, 60, 61, 200)]
    assert told == [False, False, True, False, False]
    assert not arrival.note(counts(3 - 1, tagged=1), now=1, clock=201)
    assert arrival.note(counts(3 - 1, tagged=1), now=1, clock=261)


@given(st.integers(min_value=1, max_value=10_000))
def test_pauses_grow_and_stay_bounded(failures: int) -> None:
    assert 0 < pause_after(failures) <= pause_after(failures + 1) <= LONGEST_PAUSE


def ended(tmp_path: Path, code: str) -> Child:
    child = Child("thing", [sys.executable, "-c", code], tmp_path / "thing.log")
    child.start()
    assert child.process is not None
    child.process.wait(20)
    return child


def test_a_dead_child_is_told_of_and_started_again_after_its_pause(tmp_path: Path) -> None:
    child = ended(tmp_path, "import sys; sys.exit('out of luck')")
    first = child.pid
    now, lines = [0.0], list[str]()
    supervisor = Supervisor([child], lines.append, clock=lambda: now[0])
    supervisor.check()
    assert "thing ended unexpectedly, exit code 1" in lines[0]
    assert "    out of luck" in lines
    assert lines[-1] == "starting thing again in 1 s"
    now[0] = 0.9
    supervisor.check()
    assert child.pid == first
    now[0] = 1.0
    supervisor.check()
    assert child.pid != first
    child.stop()


def test_failures_in_a_row_lengthen_the_pause_until_it_ran_for_a_while(tmp_path: Path) -> None:
    child = ended(tmp_path, "import sys; sys.exit(1)")
    now, lines = [0.0], list[str]()
    supervisor = Supervisor([child], lines.append, clock=lambda: now[0])

    def die_again_after(seconds: float) -> str:
        supervisor.check()
        assert child.process is not None
        child.process.wait(20)
        now[0] += seconds
        supervisor.check()
        now[0] += LONGEST_PAUSE
        return lines[-1]

    assert "in 1 s" in die_again_after(0)
    assert "in 2 s" in die_again_after(0)
    assert "in 4 s" in die_again_after(5)
    assert "in 1 s" in die_again_after(1000)
    child.stop()


@pytest.mark.parametrize("code", [2, 3])
def test_a_bad_setting_or_missing_software_is_not_tried_again(tmp_path: Path, code: int) -> None:
    child = ended(tmp_path, f"import sys; print('unknown setting x.y'); sys.exit({code})")
    with pytest.raises(ServerError, match=r"thing cannot run: unknown setting x\.y"):
        Supervisor([child], lambda _: None).check()


def test_last_words_are_found_inside_a_frame() -> None:
    assert last_words("Usage: x\n╭─────╮\n│ No such command. │\n╰─────╯\n") == "No such command."
    assert last_words("╰──╯") == "it said nothing"


def test_exits_are_described_in_words() -> None:
    assert describe_exit(-9) == "killed by signal 9"
    assert describe_exit(1) == "exit code 1"


def test_children_get_every_setting_that_was_set_but_not_the_defaults(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WIRECOPY_KAFKA__PARTITIONS", "7")
    config = tmp_path / "settings.yaml"
    config.write_text("tagging: {processes: 3}\n")
    loaded = load({"local.data_dir": str(tmp_path)}, config)
    found = explicit(loaded)
    assert (found["kafka.partitions"], found["tagging.processes"]) == (7, 3)
    with workplace(loaded, {"kafka.bootstrap": "127.0.0.1:1"}) as place:
        env = place.env
    assert env["WIRECOPY_TAGGING__PROCESSES"] == "3"
    assert env["WIRECOPY_KAFKA__BOOTSTRAP"] == "127.0.0.1:1"
    assert "WIRECOPY_KAFKA__REPLICATION" not in env


def test_the_wire_day_is_reached_beside_what_the_settings_allow(tmp_path: Path) -> None:
    loaded = load({"producer.allow_hosts": "localhost:8000,feeds.example", "local.data_dir": str(tmp_path)})
    with workplace(loaded, {}) as place:
        wire_day = wire_day_producer(place, 18080, tmp_path / "wire-day.yml")
        live = live_producer(place, None, None)
    assert wire_day.env["WIRECOPY_PRODUCER__ALLOW_HOSTS"] == "localhost:8000,feeds.example,127.0.0.1:18080"
    assert live.env["WIRECOPY_PRODUCER__ALLOW_HOSTS"] == "localhost:8000,feeds.example"


def test_children_are_told_of_secrets_in_files_that_only_we_can_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WIRECOPY_PRODUCER__CALLBACK_SECRET", "of the callbacks")
    config = tmp_path / "settings.yaml"
    config.write_text("elasticsearch: {api_key: of the index}\n")
    loaded = load({"local.data_dir": str(tmp_path)}, config)
    with workplace(loaded, {}) as place:
        assert not [value for value in place.env.values() if "of the" in value]
        paths = [Path(place.env[f"WIRECOPY_{name}_FILE"]) for name in ("PRODUCER__CALLBACK_SECRET",
                                                                         "ELASTICSEARCH__API_KEY")]  # fmt: skip
        assert [path.read_text() for path in paths] == ["of the callbacks", "of the index"]
        assert {path.stat().st_mode & 0o777 for path in paths} == {0o600}
        child = place.child("probe", [sys.executable, "-c", "pass"])
        assert "WIRECOPY_PRODUCER__CALLBACK_SECRET" not in child.env
    assert not any(path.exists() for path in paths)


def test_servers_of_others_stop_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value, named in (
        ("KAFKA__BOOTSTRAP", "127.0.0.1:9", r"kafka\.bootstrap is 127\.0\.0\.1:9 .*unset it, set local\.kafka_port"),
        ("ELASTICSEARCH__URL", "https://search.example", r"elasticsearch\.url is https://search\.example .*unset it"),
        ("KAFKA__SECURITY_PROTOCOL", "SSL", r"kafka\.security_protocol is SSL .*unset it"),
    ):
        with monkeypatch.context() as set_there:
            set_there.setenv(f"WIRECOPY_{variable}", value)
            with pytest.raises(SettingsError, match=named):
                up.check_local(load({}))
    assert up.check_local(load({})) == Settings()


def test_what_up_itself_says_to_export_does_not_stop_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIRECOPY_KAFKA__BOOTSTRAP", "localhost:9100")
    monkeypatch.setenv("WIRECOPY_ELASTICSEARCH__URL", "http://127.0.0.1:9200/")
    loaded = load({"local.kafka_port": "9100", "local.elasticsearch_port": "9200"})
    assert up.check_local(loaded) == loaded.settings


def test_a_signal_stops_once_and_a_second_one_does_not_disturb_the_stopping() -> None:
    signals = up.SignalHandler()
    with pytest.raises(up.StopRequested):
        signals.handle(2, None)
    signals.handle(2, None)
    quiet = up.SignalHandler()
    quiet()
    quiet.handle(15, None)


@pytest.mark.parametrize(
    ("headline", "words"),
    [
        ("Monsoon reaches Kerala two days early", "monsoon reaches"),
        ("RBI keeps repo rate at 6.5%", "keeps repo"),
        ("On it", ""),
    ],
)
def test_search_words_are_the_longest_of_a_headline(headline: str, words: str) -> None:
    assert up.search_words(headline) == words


@given(st.text(max_size=200))
def test_search_words_are_few_and_from_the_headline(headline: str) -> None:
    found = up.search_words(headline).split()
    assert all(word in headline.lower() for word in found)
    assert len(set(found)) <= 2


def test_a_truth_tells_which_articles_to_expect() -> None:
    day = parse_truth({"articles": [{"id": "a"}, {"id": "b"}], "published_all_at": 12.5})
    assert day.articles == {"a", "b"}
    assert day.published_all_at == 12.5


@pytest.mark.parametrize(
    "answer", [{}, {"articles": 3, "published_all_at": 1}, {"articles": [], "published_all_at": "x"}]
)
def test_something_else_on_the_port_is_not_taken_for_a_wire_day(answer: dict[str, object]) -> None:
    with pytest.raises(ServerError, match="answers something else"):
        parse_truth(answer)


def test_counts_read_as_one_line() -> None:
    assert (
        Counts({"fetched": 4, "cleaned": 3, "grouped": 2}, 2, 9).line(5)
        == "fetched 4  cleaned 3  grouped 2  indexed 2 of 5"
    )


def test_a_full_disk_is_named_as_such(tmp_path: Path) -> None:
    said: list[str] = []
    words = "java.io.IOException: No space left on device"
    child = Child(
        "Kafka", [sys.executable, "-c", f"print({words!r}); raise SystemExit(1)"], tmp_path / "logs" / "k.log"
    )
    child.start()
    assert child.process is not None
    child.process.wait()
    Supervisor([child], said.append).check()
    assert f"the disk is full: free space where {tmp_path} is" in said
    with pytest.raises(ServerError, match=r"while starting\. the disk is full: free space"):
        wait_until(lambda: False, child, 1)

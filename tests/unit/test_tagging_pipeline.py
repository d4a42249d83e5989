"""The model: found, loaded with ``ner`` alone, run in processes of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from stream_apps.tagging import pipeline, scoring
from stream_apps.tagging.model_process import CHUNK, ModelProcesses, chunk_size, tag_each
from stream_apps.tagging.pipeline import RawMention
from stream_apps.tagging.training import corpus, run
from wirecopy.errors import MissingSoftware, SettingsError
from wirecopy.settings import TaggingSettings

MODEL = TaggingSettings().model
PARAGRAPHS = (
    "Anand Verma, who heads the Coastal Rail Company in Chennai, met officials of the World Bank on Tuesday.",
    "A second line from Hyderabad to Nagpur will cost Rs 900 crore, the Indian minister Meera Das told Reuters.",
    "",
    "Nothing happened here.",
)


def _mentions(*, openblas: bool) -> list[tuple[RawMention, ...]]:
    return list(pipeline.mentions(pipeline.load(MODEL, openblas=openblas), PARAGRAPHS))


def test_openblas_and_blis_give_the_same_entities() -> None:
    assert _mentions(openblas=True) == _mentions(openblas=False)


def test_loads_ner_alone_and_names_the_model() -> None:
    nlp = pipeline.load(MODEL)
    assert nlp.component_names == ["ner"]
    assert pipeline.model_name(nlp) == "en_newswire-1.0.0"


def test_mentions_are_spans_of_the_paragraph() -> None:
    first = _mentions(openblas=True)[0]
    assert ("Chennai", "GPE") in [(PARAGRAPHS[0][start:end], label) for start, end, label in first]


def test_what_ner_listens_to_is_kept(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy")
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec")
    nlp.add_pipe("tagger")
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 96, "upstream": "*"}
    architecture = {"@architectures": "spacy.TransitionBasedParser.v2", "state_type": "ner", "tok2vec": listener}
    settings = {"extra_state_tokens": False, "hidden_width": 64, "maxout_pieces": 2, "use_upper": True}
    nlp.add_pipe("ner", config={"model": architecture | settings}).add_label("PERSON")
    nlp.get_pipe("tagger").add_label("NN")
    nlp.initialize()
    nlp.to_disk(tmp_path / "shared")
    assert pipeline.load(str(tmp_path / "shared")).component_names == ["tok2vec", "ner"]


def test_a_model_that_is_not_installed_is_named() -> None:
    with pytest.raises(MissingSoftware, match="en_no_such_pipeline"):
        pipeline.find("en_no_such_pipeline")


@pytest.mark.parametrize("model", ["no/such/folder", "json", "not a name"])
def test_what_is_no_pipeline_is_a_bad_setting(model: str) -> None:
    with pytest.raises(SettingsError, match=r"tagging\.model"):
        pipeline.find(model)


@pytest.mark.parametrize(("paragraphs", "processes", "size"), [(0, 1, 1), (10, 2, 5), (7, 2, 4), (1000, 2, CHUNK)])
def test_processes_share_the_work(paragraphs: int, processes: int, size: int) -> None:
    assert chunk_size(paragraphs, processes) == size


def test_processes_answer_in_order_and_a_dead_one_is_an_error() -> None:
    async def run() -> None:
        async with ModelProcesses(TaggingSettings(processes=2)) as model:
            assert await model.warm() == "en_newswire-1.0.0"
            many = list(PARAGRAPHS) * 30
            assert await model.tag(many) == _mentions(openblas=True) * 30
            assert await model.tag([]) == []
            os.kill(model.pids()[0], signal.SIGKILL)
            with pytest.raises(BrokenProcessPool):
                await _tag_until_it_fails(model, many)

    asyncio.run(run())


async def _tag_until_it_fails(model: ModelProcesses, paragraphs: list[str]) -> None:
    """The pool notices the death of a process a moment later."""
    for _ in range(100):
        await model.tag(paragraphs)


WORKER = """
import asyncio
from stream_apps.tagging.model_process import ModelProcesses
from wirecopy.settings import TaggingSettings

async def main():
    model = ModelProcesses(TaggingSettings())
    await model.warm()
    print(*model.pids(), flush=True)
    await asyncio.sleep(600)

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    script = tmp_path / "worker.py"
    script.write_text(WORKER)
    process = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, start_new_session=True)
    yield process
    if process.poll() is None:
        process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def test_model_processes_die_with_their_worker_even_on_kill_9(worker: subprocess.Popen[str]) -> None:
    assert worker.stdout is not None
    children = [int(pid) for pid in worker.stdout.readline().split()]
    assert children
    assert all(_runs(pid) for pid in children)
    worker.kill()
    worker.wait()
    deadline = time.monotonic() + 20
    while any(_runs(pid) for pid in children):
        assert time.monotonic() < deadline, "a model process outlived its worker"
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    """Whether the process is there and is no zombie that waits for its parent."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


def test_agency_copy_is_read_no_worse_than_by_the_pipeline_that_ours_was_started_from() -> None:
    content = (Path(__file__).parent / "tagging_agency_copy.txt").read_text("utf-8")
    passages = list(corpus.bracketed(content, corpus.own_labels(), "agency"))
    ours, base = (scoring.overall(run.judged(pipeline.load(name), passages)).f1 for name in ("shipped", "sm"))
    assert ours >= base
    assert ours > 0.85


def test_a_paragraph_that_breaks_the_model_is_without_names_and_the_others_keep_theirs() -> None:
    def tag(paragraphs: list[str]) -> list[tuple[RawMention, ...]]:
        if "broken" in paragraphs:
            raise ValueError("index out of range")
        return [((0, len(paragraph), "PERSON"),) for paragraph in paragraphs]

    answers = tag_each(["Asha", "broken", "Varun"], tag)
    assert answers == [((0, 4, "PERSON"),), "ValueError: index out of range", ((0, 5, "PERSON"),)]

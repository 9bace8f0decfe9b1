"""Labels by a language model, against a small server that speaks the protocol: nothing here leaves the machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from building import TAXONOMY

from policytext import corpus, llm, taxonomy
from policytext.corpus import Dataset, Example
from policytext.errors import EndpointError
from policytext.llm import Endpoint, instructions, label, read_answer
from policytext.types import Passage, Tag, Tagged

POLICY = taxonomy.default()
Answer = Callable[[dict[str, Any]], tuple[int, dict[str, str], Any]]


class Server:
    """A chat endpoint on this machine; `answer` gives status, headers and body for each request's body."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.answer: Answer = lambda body: (200, {}, said({"role": ["cause"], "theme": ["market"]}))
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the name that http.server calls
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append({**body, "path": self.path})
                outer.keys.append(self.headers.get("Authorization"))
                status, headers, value = outer.answer(body)
                data = value if isinstance(value, bytes) else json.dumps(value).encode()
                self.send_response(status)
                for name, content in headers.items():
                    self.send_header(name, content)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"


def said(labels: object) -> dict[str, Any]:
    text = labels if isinstance(labels, str) else json.dumps(labels)
    return {"choices": [{"message": {"role": "assistant", "content": text}}]}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    made = Server()
    thread = threading.Thread(target=made.http.serve_forever, args=(0.01,), daemon=True)  # seconds between looks
    thread.start()
    yield made
    made.http.shutdown()
    made.http.server_close()
    thread.join()


def passages(*texts: str) -> Dataset:
    made = [Example(f"d-{n}", Tagged(Passage("d", n, text, "zh", ("二、原因",)))) for n, text in enumerate(texts, 1)]
    return corpus.dataset_of("made", POLICY, made)


def endpoint(server: Server, **more: Any) -> Endpoint:
    return Endpoint(server.url, "small", sleep=lambda _: None, **more)


def labels_of(example: Example) -> list[str]:
    return [tag.label for tag in example.tagged.tags]


# ---------------------------------------------------------------- what is asked and answered


def test_a_passage_is_labelled_with_the_taxonomy_as_the_guide(server: Server, tmp_path: Path) -> None:
    (done,) = label(passages("船停了，因为没有备件。"), endpoint(server, key="secret"), tmp_path / "c.jsonl")
    assert done.state == "answered"
    source = "llm: small"
    assert done.example.tagged.tags == (Tag("role", "cause", 1.0, source), Tag("theme", "market", 1.0, source))
    (asked,) = server.asked
    assert (asked["path"], asked["model"], asked["temperature"]) == ("/v1/chat/completions", "small", 0)
    assert [m["role"] for m in asked["messages"]] == ["system", "user"]
    assert json.loads(asked["messages"][1]["content"]) == {
        "headings": ["二、原因"],
        "passage": "船停了，因为没有备件。",
    }
    assert server.keys == ["Bearer secret"]


def test_the_guide_defines_every_label_in_both_languages() -> None:
    guide = instructions(POLICY)
    for _, own in POLICY.labels():
        assert f"- {own.id}: {own.definition['en']} {own.definition['zh']}" in guide


def test_without_a_key_none_is_sent(server: Server, tmp_path: Path) -> None:
    list(label(passages("政策"), endpoint(server), tmp_path / "c.jsonl"))
    assert server.keys == [None]
    assert "secret" not in repr(endpoint(server, key="secret"))


@pytest.mark.parametrize(
    ("answer", "labels"),
    [
        ('{"role": ["dilemma", "cause"], "theme": []}', {"role": ["dilemma", "cause"], "theme": []}),
        ('{"role": "dilemma"}', {"role": ["dilemma"], "theme": []}),
        ('Sure!\n```json\n{"role": ["cause"], "theme": ["market"]}\n```', {"role": ["cause"], "theme": ["market"]}),
        ('<think>{"role": ["cause"]} or not {x}</think> {"role": ["dilemma"]}', {"role": ["dilemma"], "theme": []}),
        ('{"role": ["cause", "cause", "dilemma", "background"]}', {"role": ["cause", "dilemma"], "theme": []}),
    ],
)
def test_answers_are_read_whatever_stands_around_them(answer: str, labels: dict[str, list[str]]) -> None:
    assert read_answer(answer, POLICY) == labels


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("It is a cause.", "no JSON object"),
        ('{"label": "cause"}', "no JSON object with labels"),
        ('{"role": ["couse"]}', 'did you mean "cause"'),
        ('{"role": [], "theme": ["market"]}', "role has no label"),
        ('{"role": [{"cause": 1}]}', "role is not a list of labels"),
        ('{"role": ["cause"], "theme": 3}', "theme is not a list of labels"),
        ("{" * 3000, "no JSON object"),
    ],
)
def test_answers_that_are_no_labels_are_refused(answer: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_answer(answer, POLICY)


def test_a_refused_answer_is_asked_for_once_more(server: Server, tmp_path: Path) -> None:
    server.answer = lambda body: (200, {}, said("couse" if len(body["messages"]) == 2 else {"role": ["cause"]}))
    (done,) = label(passages("政策"), endpoint(server), tmp_path / "c.jsonl")
    assert labels_of(done.example) == ["cause"]
    assert server.asked[1]["messages"][-1]["content"].startswith("That can't be used: no JSON object")


def test_a_passage_that_gets_no_label_fails_and_the_others_go_on(server: Server, tmp_path: Path) -> None:
    server.answer = lambda body: (200, {}, said({"role": ["x" if "坏" in str(body["messages"][1]) else "cause"]}))
    made = passages("好", "坏", "好也")
    done = list(label(made, endpoint(server), tmp_path / "c.jsonl"))
    assert [d.state for d in done] == ["answered", "failed", "answered"]
    assert 'role "x" is not in the taxonomy' in done[1].reason
    assert done[1].example == made.examples[1]


def test_content_in_parts_is_joined(server: Server, tmp_path: Path) -> None:
    parts = [{"type": "text", "text": '{"role": '}, {"type": "text", "text": '["cause"]}'}]
    server.answer = lambda body: (200, {}, {"choices": [{"message": {"content": parts}}]})
    (done,) = label(passages("政策"), endpoint(server), tmp_path / "c.jsonl")
    assert labels_of(done.example) == ["cause"]


def test_a_taxonomy_of_ones_own_is_asked_for(server: Server, tmp_path: Path) -> None:
    own = taxonomy.parse(TAXONOMY, "t")
    server.answer = lambda body: (200, {}, said({"stance": ["for"]}))
    made = corpus.dataset_of("own", own, passages("赞成").examples)
    (done,) = label(made, endpoint(server), tmp_path / "c.jsonl")
    assert labels_of(done.example) == ["for"]


def test_only_passages_without_a_label_are_sent_on_request(server: Server, tmp_path: Path) -> None:
    gold = Example("g", Tagged(Passage("d", 1, "旧", "zh"), (Tag("role", "dilemma", 1.0, corpus.GOLD),)))
    made = corpus.dataset_of("made", POLICY, [gold, *passages("新").examples])
    done = list(label(made, endpoint(server), tmp_path / "c.jsonl", only_unlabelled=True))
    assert [d.state for d in done] == ["kept", "answered"]
    assert done[0].example == gold
    assert len(server.asked) == 1


# ---------------------------------------------------------------- the cache


def test_a_stopped_run_goes_on_where_it_was(server: Server, tmp_path: Path) -> None:
    cache = tmp_path / "c.jsonl"
    run = label(passages("一", "二", "三"), endpoint(server), cache)
    next(run)
    next(run)
    run.close()
    with cache.open("a", encoding="utf-8") as out:
        out.write('{"key": "cut off in the mid')
    again = list(label(passages("一", "二", "三"), endpoint(server), cache))
    assert [d.state for d in again] == ["cached", "cached", "answered"]
    assert len(server.asked) == 3
    assert [d.state for d in label(passages("一", "二", "三"), endpoint(server), cache)] == ["cached"] * 3


def test_another_model_is_another_question(server: Server, tmp_path: Path) -> None:
    list(label(passages("一"), endpoint(server), tmp_path / "c.jsonl"))
    other = Endpoint(server.url, "large")
    assert [d.state for d in label(passages("一"), other, tmp_path / "c.jsonl")] == ["answered"]


# ---------------------------------------------------------------- endpoints that don't serve


def test_a_busy_endpoint_is_asked_again_when_it_says(server: Server, tmp_path: Path) -> None:
    waited: list[float] = []
    replies = iter([(429, {"Retry-After": "7"}, {}), (503, {}, {}), (200, {}, said({"role": ["cause"]}))])
    server.answer = lambda body: next(replies)
    patient = Endpoint(server.url, "small", sleep=waited.append)
    (done,) = label(passages("政策"), patient, tmp_path / "c.jsonl")
    assert done.state == "answered"
    assert waited == [7.0, llm.WAITS[1]]


@pytest.mark.parametrize(
    ("status", "headers", "body", "told"),
    [
        (401, {}, {}, r"HTTP 401; the key was refused; set the environment variable POLICYTEXT_LLM_KEY"),
        (404, {}, {}, r"HTTP 404; no such endpoint or model"),
        (400, {}, {"error": "no key secret here"}, r'HTTP 400; the server says: \{"error": "no key … here"\}'),
        (307, {"Location": "http://example.org/"}, {}, r"redirects elsewhere \(HTTP 307\)"),
        (500, {}, {}, r"no answer after 4 attempts \(HTTP 500\); what was answered is kept"),
        (200, {}, b"<html>", "not the answer of a chat endpoint"),
        (200, {}, {"choices": []}, "not the answer of a chat endpoint"),
    ],
)
def test_an_endpoint_that_refuses_is_told_in_one_line(
    server: Server, tmp_path: Path, status: int, headers: dict[str, str], body: Any, told: str
) -> None:
    server.answer = lambda _: (status, headers, body)
    with pytest.raises(EndpointError, match=told) as caught:
        list(label(passages("政策"), endpoint(server, key="secret"), tmp_path / "c.jsonl"))
    assert str(caught.value).startswith(f"{server.url}/chat/completions: ")
    assert "\n" not in str(caught.value)


def test_an_absent_endpoint_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    nobody = Endpoint("http://127.0.0.1:9/v1", "small", sleep=lambda _: None)
    with pytest.raises(EndpointError, match="no answer after 4 attempts"):
        list(label(passages("政策"), nobody, tmp_path / "c.jsonl"))


def test_only_web_addresses_are_asked(tmp_path: Path) -> None:
    with pytest.raises(EndpointError, match="not an http or https URL"):
        list(label(passages("政策"), Endpoint("file:///etc", "small"), tmp_path / "c.jsonl"))


def test_the_whole_url_may_be_given_and_a_bare_key_is_noticed() -> None:
    assert Endpoint("https://h/v1/chat/completions", "m").target == "https://h/v1/chat/completions"
    assert Endpoint("http://h/v1", "m", "k").exposes_key
    assert not Endpoint("http://localhost:1/v1", "m", "k").exposes_key
    assert not Endpoint("https://h/v1", "m", "k").exposes_key

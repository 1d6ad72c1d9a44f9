"""OpenAI's API: what is answered to a request, whole and streamed, and what is refused."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from llada_tui.settings.presets import first_settings
from llada_tui.settings.sampler_settings import KNOBS
from llada_tui.trace.events import EndEvent, RunEvent, StepEvent
from llada_tui.trace.session import read_session

from .support import ASKED, TestServer, parts, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[TestServer]:
    async with serving(body=10_000, prompt=5_000, canvas=64) as opened:
        yield opened


async def test_the_answer_is_in_openais_form(server: TestServer) -> None:
    answer = (await server.ask()).json()
    assert answer["object"] == "chat.completion"
    assert answer["model"] == "fake"
    (choice,) = answer["choices"]
    assert choice["message"] == {"role": "assistant", "content": "aaaaaaaa"}
    assert choice["finish_reason"] == "length"
    assert answer["usage"] == {"prompt_tokens": 2, "completion_tokens": 8, "total_tokens": 10}


async def test_openais_own_client_is_answered(server: TestServer) -> None:
    import openai  # here: it takes half a second, and no other test needs it

    async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none") as client:
        assert [model.id async for model in client.models.list()] == ["fake"]
        assert (await client.models.retrieve("fake")).owned_by == "llada-tui"
        messages: Any = [{"role": "developer", "content": "be short"}, {"role": "user", "content": "hi"}]
        settings: dict[str, Any] = {"model": "fake", "max_tokens": 6, "temperature": 1, "user": "me"}
        answer = await client.chat.completions.create(messages=messages, **settings, extra_body={"steps": 3})
        assert answer.choices[0].message.content == "bbbbbb"
        text = await client.completions.create(prompt="hi", **settings)
        assert text.choices[0].text == "bbbbbb"
        streamed = await client.chat.completions.create(
            messages=messages, **settings, stream=True, stream_options={"include_usage": True}
        )
        received = [part async for part in streamed]
        assert "".join(part.choices[0].delta.content or "" for part in received if part.choices) == "bbbbbb"
        assert received[-1].usage is not None
        assert received[-1].usage.completion_tokens == 6
        with pytest.raises(openai.BadRequestError, match="There is no field named 'shape'"):
            await client.chat.completions.create(messages=messages, **settings, extra_body={"shape": "round"})


async def test_steps_come_in_the_stream_for_who_asks(server: TestServer) -> None:
    plain = parts((await server.ask(stream=True)).text)
    answer = parts((await server.ask(stream=True, stream_options={"include_steps": True})).text)
    events = [part["event"] for part in answer if "event" in part]
    assert [event["event"] for event in events].count("step") == 8
    assert [event["event"] for event in events][0::-1] == ["run"]
    assert events[-1]["event"] == "end"
    text = ["".join(c["delta"].get("content", "") for p in each for c in p["choices"]) for each in (plain, answer)]
    assert text == ["aaaaaaaa"] * 2
    assert not any("event" in part for part in plain)


async def test_every_setting_is_a_field(server: TestServer) -> None:
    default = first_settings("fake")
    values: dict[str, Any] = {
        "steps": 5, "gen_length": 10, "block_length": 5, "temperature": 0.5, "top_p": 0.5, "cfg_scale": 0.5,
        "remasking": "random", "schedule": "cosine", "cache": "prefix", "logits_eos_inf": True,
        "confidence_eos_eot_inf": True, "early_stop": True, "seed": 7, "top_k": 3, "look_ahead": True,
        "recomputed": True, "remasking_params": {}, "cache_params": {}, "reference_numerics": True, "length": "append",
        "length_params": {"max_gen_length": 20},
    }  # fmt: skip
    assert values.keys() == KNOBS.keys()
    events = await server.events(prompt="hi", **values)
    (start,) = [event for event in events if isinstance(event, RunEvent)]
    assert start.settings == default.replace(**values)


async def test_who_names_no_length_gets_one_that_the_server_allows(server: TestServer) -> None:
    assert first_settings("fake").gen_length > 64
    (start,) = [event for event in await server.events(prompt="hi") if isinstance(event, RunEvent)]
    assert start.settings.gen_length == start.settings.steps == 64
    events = await server.events(prompt="hi", gen_length=8, steps=8, length="append")
    (start,) = [event for event in events if isinstance(event, RunEvent)]
    assert start.settings.length_params == {"max_gen_length": 64}


async def test_the_events_of_a_run_are_a_session_file(server: TestServer, tmp_path: Any) -> None:
    answer = await server.http.post("/v1/runs", json={"prompt": "hi", "gen_length": 8, "steps": 8})
    assert answer.headers["content-type"] == "application/x-ndjson"
    path = tmp_path / "a.jsonl"
    path.write_bytes(answer.content)
    (run,) = read_session(path).runs.values()
    assert run.last == 8
    assert run.answer() == "aaaaaaaa"


@pytest.mark.parametrize(
    ("path", "fields", "status", "words"),
    [
        ("chat/completions", {"model": "gpt-4"}, 404, "This server has the model fake, not 'gpt-4'."),
        ("chat/completions", {"n": 2}, 400, "n is not served: leave it out."),
        ("chat/completions", {"tools": [{}]}, 400, "tools is not served: leave it out."),
        ("chat/completions", {"max_tokens": 5}, 400, "max_tokens and gen_length mean the same: name one."),
        ("chat/completions", {"steps": "many"}, 400, "steps must be a whole number, not 'many'."),
        ("chat/completions", {"gen_length": 65}, 400, "This server allows gen_length of 64 at most, not 65."),
        ("chat/completions", {"gen_length": None, "max_tokens": 65}, 400, "allows max_tokens of 64 at most, not 65."),
        ("chat/completions", {"gen_length": None, "max_tokens": 0}, 400, "max_tokens must be a whole number"),
        ("runs", {"length": "append", "length_params": {"max_gen_length": 65}}, 400,
         "This server allows max_gen_length of 64 at most, not 65."),
        ("chat/completions", {"n": True}, 400, "n is not served: leave it out."),
        ("chat/completions", {"messages": [{"role": "user", "content": [{"type": "text", "text": {"a": 1}}]}]}, 400,
         "The text of a part of a message's content must be a text."),
        ("chat/completions", {"messages": [{"role": "user", "content": [{"type": "text"}]}]}, 400,
         "The text of a part of a message's content must be a text."),
        ("chat/completions", {"remasking": "none"}, 400, "none"),
        ("chat/completions", {"messages": []}, 400, "messages must be a list of 1 to 1000 messages."),
        ("chat/completions", {"messages": [{"role": "tool", "content": ""}]}, 400, "The role of a message is"),
        ("chat/completions", {"messages": [{"role": "user", "content": 7}]}, 400, "must be a text"),
        ("chat/completions", {"stream": "yes"}, 400, "stream must be true or false, not 'yes'."),
        ("chat/completions", {"stream_options": {"a": 1}}, 400, "There is no stream option named 'a'."),
        ("completions", {}, 400, "prompt must be a text or a list of token ids; one at a time."),
        ("completions", {"prompt": [1, -4], "messages": None}, 400, "a token id that this model does not have"),
        ("completions", {"prompt": "x" * 6000, "messages": None}, 400, "This server takes 5 kB of text at most"),
        ("completions", {"prompt": "x" * 20_000, "messages": None}, 413, "10,000 bytes at most"),
        ("runs", {"messages": None}, 400, "prompt must be a text"),
        ("nothing", {}, 404, "There is nothing at this address."),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused_in_a_sentence(
    server: TestServer, path: str, fields: dict[str, Any], status: int, words: str
) -> None:
    answer = await server.ask(f"/v1/{path}", **fields)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert words in error["message"]
    assert error["type"] == "invalid_request_error"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"a": \xff}', b"[" * 5000, b"7", b'{"prompt": "\\ud800"}'])
async def test_a_body_that_is_no_request_is_refused(server: TestServer, body: bytes) -> None:
    answer = await server.http.post("/v1/completions", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].endswith(".")


async def test_whether_all_is_well_can_be_asked(server: TestServer) -> None:
    assert (await server.http.get("/healthz")).json() == {"status": "ready"}
    steps = server.host.metrics.steps
    await server.ask()
    lines = (await server.http.get("/metrics")).text.splitlines()
    assert f"llada_tui_steps_total {steps + 8}" in lines
    assert "llada_tui_at_work 0" in lines
    assert (await server.http.get("/v1/chat/completions")).status_code == 405


async def test_settings_that_only_the_model_can_refuse_are_told_before_the_stream(server: TestServer) -> None:
    answer = await server.ask(stream=True, stop=["x"] * 65)
    assert answer.status_code == 400
    assert json.loads(answer.text)["error"]["message"] == "There can be 64 stop sequences at most, not 65."


async def test_events_are_those_that_were_asked_for(server: TestServer) -> None:
    events = await server.events(**ASKED)
    kinds = [type(event) for event in events]
    assert kinds.count(StepEvent) == 8
    assert kinds[-1] is EndEvent

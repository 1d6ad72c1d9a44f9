"""Conversations as they are read off a session, and what of them goes with the next question."""

from __future__ import annotations

import msgspec

from llada_tui.trace.events import Message, ModelInfo
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session
from llada_tui.trace.text import TokenBytes
from llada_tui.tui.chat.conversation import Conversation, Exchange, conversation_of
from tests.trace.support import MODEL, end, start


def run(name: str, *messages: str, answer: str, model: ModelInfo = MODEL) -> Run:
    """A finished run of a conversation: user, assistant, user, ..."""
    event = start(2, run=name)
    turns = [Message(("user", "assistant")[at % 2], text) for at, text in enumerate(messages)]
    made = Run(type(event)(name, model, event.settings, [], event.resume, messages=turns), TokenBytes())
    made.add(end(answer, run=name))
    return made


def session(*runs: Run) -> Session:
    return Session(runs={run.id: run for run in runs})


def test_messages_begin_with_the_system_prompt() -> None:
    talk = Conversation("be kind", [Exchange("a", [run("1", "a", answer="A")]), Exchange("b", earlier="B")])
    words = [message.content for message in talk.messages()]

    assert words == ["be kind", "a", "A", "b", "B"]
    assert [message.role for message in talk.messages()][:3] == ["system", "user", "assistant"]


def test_what_is_forgotten_is_left_out_from_the_beginning() -> None:
    talk = Conversation("", [Exchange("a", earlier="A"), Exchange("b", earlier="B")], forgotten=1)

    assert [message.content for message in talk.messages()] == ["b", "B"]
    talk.forgotten = 0
    assert [message.content for message in talk.messages()] == ["a", "A", "b", "B"]
    talk.forgotten = 2
    assert talk.messages() == []


def test_no_more_rounds_are_sent_than_the_model_was_trained_with() -> None:
    talk = Conversation("s", [Exchange("a", earlier="A"), Exchange("b", earlier="B"), Exchange("c", earlier="C")])

    assert [message.content for message in talk.messages(rounds=2)] == ["s", "b", "B", "c", "C"]
    assert talk.messages(rounds=3) == talk.messages(rounds=4) == talk.messages()
    talk.forgotten = 2
    assert [message.content for message in talk.messages(rounds=2)] == ["s", "c", "C"]


def test_a_conversation_is_read_off_its_last_run() -> None:
    again = run("2", "a", answer="A2")
    talk = conversation_of(session(run("1", "a", answer="A1"), again, run("3", "a", "A2", "b", answer="B")))

    assert [(exchange.question, exchange.answer) for exchange in talk.exchanges] == [("a", "A2"), ("b", "B")]
    assert talk.exchanges[0].run is again
    assert len(talk.exchanges[0].runs) == 2


def test_the_answer_that_was_gone_on_from_counts_not_the_latest_try() -> None:
    talk = conversation_of(
        session(run("1", "a", answer="A1"), run("2", "a", answer="A2"), run("3", "a", "A1", "b", answer="B"))
    )
    assert [exchange.answer for exchange in talk.exchanges] == ["A1", "B"]


def test_an_answer_whose_run_is_elsewhere_is_kept_as_text() -> None:
    talk = conversation_of(session(run("3", "a", "A", "b", answer="B")))

    assert [(exchange.answer, len(exchange.runs)) for exchange in talk.exchanges] == [("A", 0), ("B", 1)]


def test_rounds_that_were_no_longer_sent_are_read_off_the_runs_that_knew_them() -> None:
    runs = [
        run("1", "hi", answer="A"),
        run("2", "hi", "A", "b", answer="B"),
        run("3", "b", "B", "hi", answer="C"),
        run("4", "hi", "C", "d", answer="other"),
        run("5", "hi", "C", "d", answer="D"),
        run("6", "d", "D", "e", answer="E"),
    ]
    talk = conversation_of(session(*runs))

    assert [(exchange.question, exchange.answer) for exchange in talk.exchanges] == [
        ("hi", "A"), ("b", "B"), ("hi", "C"), ("d", "D"), ("e", "E"),
    ]  # fmt: skip
    assert [exchange.runs for exchange in talk.exchanges] == [runs[:1], runs[1:2], runs[2:3], runs[3:5], runs[5:]]
    assert talk.messages() == [*runs[5].start.messages, Message("assistant", "E")]


def test_what_a_model_trained_on_few_rounds_was_not_sent_another_model_may_be() -> None:
    few = msgspec.structs.replace(MODEL, earlier_rounds=1)
    talk = conversation_of(
        session(run("1", "a", answer="A", model=few), run("2", "a", "A", "b", answer="B", model=few),
                run("3", "b", "B", "c", answer="C", model=few))
    )  # fmt: skip
    assert [message.content for message in talk.messages(rounds=1)] == ["c", "C"]
    assert len(talk.messages()) == 6


def test_an_empty_session_is_an_empty_conversation() -> None:
    assert conversation_of(Session()) == Conversation()

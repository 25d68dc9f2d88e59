"""Chat pages against the server: the widget's own modules on one side, our doors and our log on the other, and any accident between them.

The network is this machine: it carries frames and requests when it likes, in pieces, twice, late or not at all. ``--hypothesis-seed``
repeats a run; ``HYPOTHESIS_PROFILE=nightly`` does 500 examples of 80 steps, and looks for the shortest way to what it found.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from handoffs import switchboard
from handoffs.models import Author, Conversation, Message, Scenario
from webchat import frames, history

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
EXAMPLES, STEPS = (500, 80) if NIGHTLY else (30, 50)
# Shortening takes minutes.
PHASES = [Phase.reuse, Phase.generate, *([Phase.shrink] if NIGHTLY else [])]
DRIVER = Path(__file__).parents[1] / "js" / "pages.mjs"
NAMES = ("a", "b")
# Until everything is caught up: the longest a page waits for anything is a minute (the pause before it tries a WebSocket again is longer).
ROUNDS, ROUND_SECONDS = 120, 1.0


class Pages:
    """The pages' process."""

    def __init__(self):
        node = shutil.which("node")
        if node is None:
            pytest.skip("!! NOT RUN: the pages need Node 20 or newer, and there is none on this machine.")
        self.process = subprocess.Popen([node, str(DRIVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def tell(self, command, **what):
        self.process.stdin.write(json.dumps({"command": command, **what}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline() or '{"problem": "the pages are gone"}')
        assert "problem" not in answer, answer["problem"]
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class Link:
    """One socket: what is under way in both directions, and how far the server has read for it."""

    def __init__(self, number):
        self.number, self.up, self.down, self.carried = number, [], [], []
        self.tab = self.cursor = None
        self.accepted = False

    def under_way(self, *types):
        return [place for place, frame in enumerate(self.down) if frame["type"] in types]

    def repeatable(self):
        return [frame for frame in self.carried if frame["type"] in ("message", "ack", "nak")]


def when(holds):
    """A rule for one of the links that are so."""

    def as_rule(act):
        def found(machine):
            return [(name, link) for name in NAMES for link in machine.links[name].values() if holds(link)]

        def chosen(self, data):
            act(self, *data.draw(st.sampled_from(found(self))), data.draw)

        chosen.__name__ = act.__name__
        return precondition(found)(rule(data=st.data())(chosen))

    return as_rule


class Network(RuleBasedStateMachine):
    pages: Pages

    @initialize()
    def open_two_tabs(self):
        self.token, self.conversation = switchboard.begin(Scenario.objects.get(key="demo"), "http://testserver")
        self.http = Client(headers={"Authorization": f"Bearer {self.token}"})
        self.links = {name: {} for name in NAMES}
        self.orphans: list[Link] = []
        self.asked = {name: {} for name in NAMES}
        self.answered = {name: [] for name in NAMES}
        self.said = {name: [] for name in NAMES}
        self.acked: set[str] = set()
        self.tell("begin", names=NAMES, token=self.token)
        self.a_quiet_second()

    def tell(self, command, **what):
        self.shown = self.pages.tell(command, **what)
        for name, page in self.shown.items():
            for news in page.pop("news"):
                self.note(name, **news)

    def note(self, name, opened=None, closed=None, socket=None, frame=None, request=None, **what):
        if opened:
            self.links[name][opened] = Link(opened)
        elif closed in self.links[name]:
            self.orphans.append(self.links[name].pop(closed))
        elif socket in self.links[name]:
            self.links[name][socket].up.append(frame)
        elif request:
            self.asked[name][request] = what

    # --- People ---------------------------------------------------------------------------------------------------------------------------

    tabs = st.sampled_from(NAMES)

    @rule(name=tabs)
    def the_visitor_says_something(self, name):
        self.said[name].append(f"{name} says {len(self.said[name])}")
        self.tell("say", tab=name, text=self.said[name][-1])

    @rule(author=st.sampled_from([Author.BOT, Author.AGENT, Author.SYSTEM]))
    def somebody_answers(self, author):
        self.say(author, f"{author} says something")

    @rule(place=st.floats(0.5, 6))
    def an_agents_message_comes_late(self, place):
        self.say(Author.AGENT, "said before", ord=place)

    def say(self, author, text, **more):
        self.fresh().say(author, text, **more)

    def mine(self):
        return list(self.fresh().messages.filter(author=Author.VISITOR, revises=None).order_by("seq"))

    @precondition(lambda self: self.mine())
    @rule(data=st.data())
    def the_desk_refuses_a_message_or_takes_it_after_all(self, data):
        message = data.draw(st.sampled_from(self.mine()))
        message.undelivered = not message.undelivered
        message.save()
        self.fresh().say_again(message)

    @rule(name=tabs, websockets=st.booleans())
    def a_page_switches_its_transport(self, name, websockets):
        self.tell("switch", tab=name, websockets=websockets)

    @rule(name=tabs)
    def a_page_is_loaded_anew(self, name):
        # What the old page asked is nobody's now.
        self.asked[name], self.answered[name] = {}, []
        self.tell("load", tab=name)

    @rule(seconds=st.sampled_from([0.5, 3, 25, 130]))
    def time_passes(self, seconds):
        self.tell("pass", seconds=seconds)

    @rule(numbering=st.integers(1, 2**31), rows=st.integers(0, 3))
    def the_numbering_becomes_another(self, numbering, rows):
        """As after a restored backup, which may not have what was said last. (What a visitor said stays: losing that is another test.)"""
        last = self.fresh().last_seq
        while rows and last > 1 and self.lost(last):
            rows, last = rows - 1, last - 1
        Conversation.objects.filter(pk=self.conversation.pk).update(epoch=numbering, last_seq=last)

    def lost(self, seq):
        return self.fresh().messages.filter(seq=seq, revises=None).exclude(author=Author.VISITOR).delete()[0]

    # --- Sockets --------------------------------------------------------------------------------------------------------------------------

    @when(lambda link: not link.accepted or link.up)
    def the_server_gets_frames(self, name, link, draw):
        for _ in range(draw(st.integers(1, 9))):
            self.carry_up(name, link)

    @when(lambda link: link.down)
    def a_page_gets_frames(self, name, link, draw):
        for _ in range(draw(st.integers(1, 9))):
            self.carry_down(name, link)

    @when(lambda link: True)
    def a_line_does_its_work(self, name, link, draw):
        for _ in range(draw(st.integers(2, 30))):
            self.carry_up(name, link)
            self.carry_down(name, link)

    @when(lambda link: link.tab)
    def a_ring_is_heard(self, name, link, draw):
        self.read_on(link)

    @when(lambda link: link.repeatable())
    def a_frame_comes_twice(self, name, link, draw):
        self.tell("hear", tab=name, socket=link.number, frame=draw(st.sampled_from(link.repeatable())))

    @when(lambda link: link.tab)
    def a_frame_is_lost_between_others(self, name, link, draw):
        for text in ("one", "another"):
            self.say(Author.AGENT, text)
        self.read_on(link)
        del link.down[draw(st.sampled_from(link.under_way("message", "ack")))]
        for _ in range(draw(st.integers(0, len(link.down)))):
            self.carry_down(name, link)

    @when(lambda link: link.under_way("ack"))
    def an_ack_overtakes_or_falls_behind(self, name, link, draw):
        ack = link.down.pop(draw(st.sampled_from(link.under_way("ack"))))
        link.down.insert(draw(st.integers(0, len(link.down))), ack)

    @when(lambda link: True)
    def a_line_is_cut(self, name, link, draw):
        self.orphans.append(self.links[name].pop(link.number))
        link.down.clear()
        self.tell("cut", tab=name, socket=link.number, code=draw(st.sampled_from([1006, 1012, 4408, 4429])))

    @precondition(lambda self: any(link.up and link.tab for link in self.orphans))
    @rule()
    def words_of_lines_that_are_gone_arrive_late(self):
        for link in self.orphans:
            while link.up and link.tab:
                self.serve(link, link.up.pop(0))

    def carry_up(self, name, link):
        if not link.accepted:
            link.accepted = True
            self.tell("accept", tab=name, socket=link.number)
        elif link.up:
            self.serve(link, link.up.pop(0))

    def carry_down(self, name, link):
        if link.down and link.number in self.links[name]:
            link.carried.append(link.down.pop(0))
            self.carried(link.carried[-1])
            self.tell("hear", tab=name, socket=link.number, frame=link.carried[-1])

    def carried(self, frame):
        if frame.get("type") == "ack":
            self.acked.add(frame["cid"])

    # --- The server -----------------------------------------------------------------------------------------------------------------------

    def serve(self, link, frame):
        """As webchat.consumers does, in one thread and without time."""
        match frame.pop("type"):
            case "hello":
                link.tab, link.cursor = frame["tab"], frames.read_cursor(frame["epoch"], frame["last"])
                page = self.read_on(link)
                ready = {"epoch": page.epoch, "last": page.last, "floor": page.floor, "beat": 20, "n": page.n, "limits": {"text": 8000}}
                link.down.append({"type": "ready", **ready})
            case "say":
                link.down.append(self.post("/webchat/messages", {**frame, "tab": link.tab})[1])
                self.read_on(link)
            case "retry":
                self.post("/webchat/retry", frame)

    def read_on(self, link):
        page = None
        while link.tab and (page is None or page.more):
            page = history.read_on(self.conversation.pk, link.cursor, uuid.UUID(link.tab))
            link.down += [{"type": "reset", "epoch": page.epoch}] if page.reset else []
            link.down += page.messages
            link.cursor = frames.Cursor(page.epoch, page.messages[-1]["seq"] if page.messages else 0 if page.reset else link.cursor.last)
        return page

    def post(self, url, body):
        answer = self.http.post(url, body, content_type="application/json")
        return answer.status_code, answer.json() if answer.headers.get("Content-Type") == "application/json" else None

    def respond(self, what):
        if what["method"] == "POST":
            return self.post(what["url"], what["body"])
        asked = {name: values[0] for name, values in parse_qs(urlsplit(what["url"]).query).items()}
        cursor = frames.read_cursor(int(asked["epoch"]) if "epoch" in asked else None, int(asked["after"]))
        return 200, vars(history.read_on(self.conversation.pk, cursor, uuid.UUID(asked["tab"])))

    @precondition(lambda self: any(self.asked.values()))
    @rule()
    def requests_are_answered(self):
        for name in NAMES:
            for number in list(self.asked[name]):
                self.answered[name].append((number, *self.respond(self.asked[name].pop(number))))

    @precondition(lambda self: any(self.answered.values()))
    @rule()
    def answers_arrive(self):
        for name in NAMES:
            while self.answered[name]:
                number, status, body = self.answered[name].pop(0)
                self.carried(body or {})
                self.tell("answer", tab=name, request=number, status=status, body=body)

    @precondition(lambda self: any(self.asked.values()))
    @rule(heard=st.booleans())
    def requests_fail(self, heard):
        for name in NAMES:
            for number in list(self.asked[name]):
                what = self.asked[name].pop(number)
                if heard:
                    self.respond(what)
                self.tell("answer", tab=name, request=number, status=0)

    # --- What holds whatever happens ------------------------------------------------------------------------------------------------------

    @invariant()
    def a_page_shows_the_log_up_to_its_cursor(self):
        """One that has not heard yet that the numbering is another shows the old one."""
        rows, epoch = self.rows(), self.fresh().epoch
        for name in [name for name in NAMES if self.shown[name]["epoch"] == epoch]:
            page = self.shown[name]
            told = [(entry["id"], entry["text"]) for entry in page["shown"] if entry["id"]]
            assert told == [(shown["id"], shown["text"]) for shown in folded(rows, page["last"])], name

    @invariant()
    def what_is_on_its_way_is_shown_below_and_nothing_is_shown_twice(self):
        for page in self.shown.values():
            keys = [entry["key"] for entry in page["shown"]]
            assert len(keys) == len(set(keys)) and set(page["kept"]) <= set(keys)
            stored = [bool(entry["id"]) for entry in page["shown"]]
            assert stored == sorted(stored, reverse=True)

    @invariant()
    def what_was_said_is_stored_or_still_kept(self):
        rows = self.rows()
        texts, cids = {row["text"] for row in rows}, {str(row["cid"]) for row in rows}
        assert self.acked <= cids
        for name, said in self.said.items():
            assert sum(text not in texts for text in said) <= len(set(self.shown[name]["kept"]) - cids), name

    def teardown(self):
        """No more accidents: everything arrives."""
        if not hasattr(self, "shown"):
            return
        for _ in range(ROUNDS):
            if self.all_is_told():
                break
            self.a_quiet_second()
        rows = self.rows()
        expected = [(shown["key"], shown["id"], shown["text"], shown["state"]) for shown in folded(rows, len(rows))]
        for name, page in self.shown.items():
            assert [tuple(entry[key] for key in ("key", "id", "text", "state")) for entry in page["shown"]] == expected, name
            assert page["kept"] == []
            stored = {row["id"]: row["text"] for row in rows if row["text"].startswith(f"{name} says")}
            assert list(stored.values()) == self.said[name]

    def all_is_told(self):
        rows = self.rows()
        return all(page["last"] == len(rows) and not page["kept"] and page["epoch"] == self.fresh().epoch for page in self.shown.values())

    def a_quiet_second(self):
        for name in NAMES:
            for link in list(self.links[name].values()):
                while link.number in self.links[name] and (not link.accepted or link.up or link.down):
                    self.carry_up(name, link)
                    self.carry_down(name, link)
                self.read_on(link)
                link.down.append({"type": "beat", "last": link.cursor.last if link.cursor else 0})
        self.requests_are_answered()
        self.answers_arrive()
        self.tell("pass", seconds=ROUND_SECONDS)

    # --- Helpers --------------------------------------------------------------------------------------------------------------------------

    def fresh(self):
        return Conversation.objects.get(pk=self.conversation.pk)

    def rows(self):
        """The log: a row that only numbers a change stands for the message it changes."""
        revised = [f"revises__{name}" for name in SAID]
        rows = Message.objects.filter(conversation=self.conversation).order_by("seq").values_list("seq", *SAID, *revised)
        return [as_shown(seq, *(again if again[0] else said)) for seq, said, again in split(rows)]


SAID = ("pk", "cid", "ord", "author", "text", "undelivered")


def split(rows):
    return ((row[0], row[1 : 1 + len(SAID)], row[1 + len(SAID) :]) for row in rows)


def as_shown(seq, pk, cid, place, author, text, undelivered):
    state = ("failed" if undelivered else "sent") if author == Author.VISITOR else None
    return {"seq": seq, "ord": place, "id": str(pk), "key": str(cid or pk), "cid": cid, "text": text, "state": state}


def folded(rows, last):
    """What the first ``last`` numbers of the log come to, in the order to show."""
    latest = {row["id"]: row for row in rows[:last]}
    return sorted(latest.values(), key=lambda row: (row["ord"], row["seq"]))


def test_every_page_shows_the_log_and_nothing_said_is_lost(scenario, settings):
    settings.MESSAGES_PER_TEN_SECONDS = 100_000
    with closing(Pages()) as Network.pages:
        run_state_machine_as_test(
            Network,
            settings=hypothesis_settings(
                phases=PHASES,
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                print_blob=True,
            ),
        )

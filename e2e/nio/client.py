"""A Matrix client that a test drives: a JSON object a line in, one a line out.

In:  {"id": 1, "do": "login", "homeserver": …, "user": …, "password": …}
     {"id": 2, "do": "join", "room": "!…"}
     {"id": 3, "do": "send", "room": "!…", "type": "m.room.message", "content": {…}}
     {"id": 4, "do": "redact", "room": "!…", "event": "$…"}
     {"id": 5, "do": "events", "room": "!…"}
Out: {"id": 1, …} or {"id": 1, "error": "…"}

In encrypted rooms it encrypts and decrypts with vodozemac, and trusts everybody.
"""

import asyncio
import json
import os
import sys

from nio import (
    AsyncClient,
    AsyncClientConfig,
    EncryptionError,
    MegolmEvent,
    SyncResponse,
)
from nio.store import SqliteMemoryStore

WHOLE = {"room": {"timeline": {"limit": 500}}}


class Tester:
    def __init__(self):
        self.client = None
        self.rooms = {}  # id to what happened there, oldest first
        self.syncing = None
        self.synced = asyncio.Event()

    async def login(self, homeserver, user, password):
        config = AsyncClientConfig(store=SqliteMemoryStore, encryption_enabled=True)
        # An in-memory store still wants to be told of a folder.
        self.client = AsyncClient(homeserver, user, store_path="/", config=config)
        answer = await self.client.login(password, device_name="nio")
        check(answer)
        self.client.add_response_callback(self.noted, SyncResponse)
        self.syncing = asyncio.create_task(self.sync())
        await self.synced.wait()
        keys = self.client.olm.account.identity_keys
        return {"device": self.client.device_id, "ed25519": keys["ed25519"]}

    async def sync(self):
        while True:
            try:
                await self.client.sync_forever(timeout=30000, full_state=True, sync_filter=WHOLE)
            except Exception as err:  # the server is down: it is a test
                print("sync:", repr(err), file=sys.stderr, flush=True)
                await asyncio.sleep(0.5)

    async def noted(self, answer):
        for room, joined in answer.rooms.join.items():
            seen = self.rooms.setdefault(room, [])
            known = {e.source.get("event_id") for e in seen}
            seen.extend(e for e in joined.timeline.events if e.source.get("event_id") not in known)
        if self.client.olm.account.shared:
            self.synced.set()

    async def join(self, room):
        check(await self.client.join(room))
        while room not in self.client.rooms:
            await asyncio.sleep(0.02)
        return {}

    async def send(self, room, type, content):
        answer = await self.client.room_send(room, type, content, ignore_unverified_devices=True)
        check(answer)
        return {"event": answer.event_id}

    async def redact(self, room, event):
        answer = await self.client.room_redact(room, event)
        check(answer)
        return {"event": answer.event_id}

    async def events(self, room):
        seen = self.rooms.get(room, [])
        for i, e in enumerate(seen):
            if isinstance(e, MegolmEvent):
                try:  # its key may have come after it
                    seen[i] = self.client.decrypt_event(e)
                except EncryptionError:
                    pass
        encrypted = room in self.client.rooms and self.client.rooms[room].encrypted
        return {"events": [shown(e) for e in seen], "encrypted": encrypted}


def shown(e):
    return {
        "id": e.source.get("event_id", ""),
        "type": e.source.get("type", ""),
        "sender": e.source.get("sender", ""),
        "content": e.source.get("content") or {},
        "decrypted": bool(getattr(e, "decrypted", False)),
    }


def check(answer):
    if type(answer).__name__.endswith("Error"):
        raise RuntimeError(str(answer))


def say(line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


async def serve(tester, order):
    name = order.pop("id")
    try:
        do = getattr(tester, order.pop("do"))
        say({"id": name, **await do(**order)})
    except Exception as err:
        say({"id": name, "error": repr(err)})


async def main():
    tester, tasks = Tester(), set()
    while line := await asyncio.to_thread(sys.stdin.readline):
        task = asyncio.create_task(serve(tester, json.loads(line)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    os._exit(0)


asyncio.run(main())

import { assert, assertEquals } from "@std/assert";
import { type Member, type Party, type Reading, Turns } from "./turns.ts";

/** An event loop by hand: what is put off runs in the next turn, and work takes as long as it says. */
class Loop {
  now_ms = 0;
  #next: (() => void)[] = [];
  readonly turns = new Turns({
    now: () => this.now_ms,
    next: (callback) => void this.#next.push(callback),
    later: (callback) => void this.#next.push(callback),
  });

  /** Everything that was put off so far; what resolves because of it has run afterwards. */
  async turn(): Promise<void> {
    const callbacks = this.#next;
    this.#next = [];
    for (const callback of callbacks) {
      callback();
      await Promise.resolve();
      await Promise.resolve();
    }
  }

  get resting(): boolean {
    return this.#next.length === 0;
  }
}

class FakeReading implements Reading {
  held = false;
  hold(): void {
    this.held = true;
  }
  release(): void {
    this.held = false;
  }
}

function join(party: Party): { member: Member; reading: FakeReading } {
  const reading = new FakeReading();
  return { member: party.join(reading), reading };
}

/** A request that takes so long once it may begin; whether it had to wait. */
async function request(loop: Loop, member: Member, ms: number, done: () => void): Promise<boolean> {
  const turn = member.turn();
  assert(turn !== "crowded");
  if (turn !== undefined) await turn;
  loop.now_ms += ms;
  done();
  return turn !== undefined;
}

Deno.test("Turns lets short work begin at once, and rests afterwards", async () => {
  const loop = new Loop();
  const { member, reading } = join(loop.turns.party());
  for (let i = 0; i < 5; i++) assertEquals(await request(loop, member, 1, () => {}), false);
  await loop.turn();
  assert(!reading.held);
  assert(loop.resting);
});

Deno.test("Turns has whoever asks for too much wait, and nobody else", async () => {
  const loop = new Loop();
  const [greedy, modest] = [join(loop.turns.party()), join(loop.turns.party())];
  let done = 0;
  for (let i = 0; i < 100; i++) void request(loop, greedy.member, 5, () => done++);
  await Promise.resolve();
  assert(done < 5, `${done} at once`);
  assert(greedy.reading.held);
  assertEquals(await request(loop, modest.member, 1, () => {}), false);
  assert(!modest.reading.held);
  for (let i = 0; i < 200 && done < 100; i++) {
    const begin_ms = loop.now_ms;
    await loop.turn();
    assert(loop.now_ms - begin_ms <= 20, `a turn took ${loop.now_ms - begin_ms} ms`);
  }
  assertEquals(done, 100);
  for (let i = 0; i < 3; i++) await loop.turn();
  assert(!greedy.reading.held);
  assert(loop.resting);
});

Deno.test("Turns serves the connections of a party in turn", async () => {
  const loop = new Loop();
  const party = loop.turns.party();
  const [many, few] = [join(party).member, join(party).member];
  const order: string[] = [];
  for (let i = 0; i < 50; i++) void request(loop, many, 8, () => order.push("many"));
  void request(loop, few, 8, () => order.push("few"));
  for (let i = 0; i < 6; i++) await loop.turn();
  assert(order.indexOf("few") >= 0 && order.indexOf("few") <= 6, order.join());
});

Deno.test("Turns reads few of the connections that come all at once, and all of them in the end", async () => {
  const loop = new Loop();
  const party = loop.turns.party();
  const all = Array.from({ length: 50 }, () => join(party));
  for (const { member } of all) {
    member.arrive();
    loop.now_ms += 1;
  }
  assert(all.filter(({ reading }) => reading.held).length >= 30);
  for (let i = 0; i < 100; i++) await loop.turn();
  assertEquals(all.filter(({ reading }) => reading.held).length, 0);
  assert(loop.resting);
});

Deno.test("Turns leaves who sends without end unread while others are read", async () => {
  const loop = new Loop();
  const party = loop.turns.party();
  const floods = Array.from({ length: 5 }, () => join(party));
  const modest = join(loop.turns.party());
  for (const { member } of floods) {
    member.work(2 * 1024 * 1024);
    loop.now_ms += 30;
  }
  modest.member.work(100);
  assert(floods.every(({ reading }) => reading.held));
  assert(!modest.reading.held);
  // As costly as they are, they are read one by one: the next one when something has come of the one before.
  for (let i = 0; i < 100; i++) {
    const read = floods.filter(({ reading }) => !reading.held);
    assert(read.length <= 1);
    for (const { member } of read) {
      member.work(2 * 1024 * 1024);
      loop.now_ms += 30;
    }
    await loop.turn();
  }
});

Deno.test("Turns lets few of the requests begin that come in one breath", async () => {
  const loop = new Loop();
  const { member } = join(loop.turns.party());
  let atOnce = 0;
  for (let i = 0; i < 500; i++) if (member.turn() === undefined) atOnce++;
  assertEquals(atOnce, 32);
  for (let i = 0; i < 20; i++) await loop.turn();
  assert(loop.resting);
});

Deno.test("Turns lets go of what a lost connection waited for", async () => {
  const loop = new Loop();
  const { member } = join(loop.turns.party());
  let done = 0;
  for (let i = 0; i < 30; i++) void request(loop, member, 20, () => done++);
  member.leave();
  await Promise.resolve();
  await Promise.resolve();
  assertEquals(done, 30);
  for (let i = 0; i < 3; i++) await loop.turn();
  assert(loop.resting);
});

Deno.test("Turns refuses requests once ten thousand of a party wait", () => {
  const loop = new Loop();
  const { member } = join(loop.turns.party());
  for (let i = 0; i < 10_000; i++) assert(member.turn(true) instanceof Promise);
  assertEquals(member.turn(true), "crowded");
});

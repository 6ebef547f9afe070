import assert from "node:assert/strict";
import {
  createStreamShare,
  type PageSays,
  type StreamPage,
  type WorkerSays,
} from "./stream_share.ts";
import { brings, unionOf } from "./stream_asks.ts";

/** A worker whose connections, clock and sign-in the test holds. */
function worker(signedOut: () => boolean = () => false) {
  const opened: string[] = [];
  let on: { event(type: string, id: string, data: string): void; broken(): void } | null = null;
  let nowMs = 0;
  let timers: { atMs: number; run: () => void }[] = [];
  const share = createStreamShare({
    connect(query, hearer) {
      opened.push(query);
      on = hearer;
      return {
        close: () => {
          if (on === hearer) on = null;
        },
      };
    },
    isSignedOut: () => Promise.resolve(signedOut()),
    nowMs: () => nowMs,
    after(ms, run) {
      const timer = { atMs: nowMs + ms, run };
      timers.push(timer);
      return () => void (timers = timers.filter((one) => one !== timer));
    },
  });
  return {
    opened,
    isOpen: () => on !== null,
    hello: (n: number, boot = "b") =>
      on!.event("hello", `${boot}-${n}`, `{"boot":"${boot}","now":1000}`),
    event: (type: string, n: number, boot = "b") => on!.event(type, `${boot}-${n}`, `{"n":${n}}`),
    async breaks() {
      on!.broken();
      await new Promise((resolve) => setTimeout(resolve));
    },
    pass(ms: number) {
      nowMs += ms;
      const due = timers.filter(({ atMs }) => atMs <= nowMs);
      timers = timers.filter(({ atMs }) => atMs > nowMs);
      due.forEach(({ run }) => run());
    },
    look: share.look,
    page(ask: Record<string, string>) {
      const heard: string[] = [];
      const page: StreamPage = {
        tell: (m: WorkerSays) => heard.push(m.says === "event" ? `${m.type} ${m.id}` : m.says),
      };
      const say = (message: PageSays) => share.hear(page, message);
      return {
        heard,
        take: () => heard.splice(0),
        join: (lastId = "") => say({ says: "join", ask, lastId }),
        here: () => say({ says: "here" }),
        leave: () => say({ says: "leave" }),
      };
    },
  };
}

Deno.test("stream share: seven pages make one connection, and each hears what it asked for", () => {
  const w = worker();
  const alarms = w.page({ types: "alarm,fault" });
  alarms.join("b-5");
  w.hello(5);
  const others = Array.from({ length: 6 }, () => w.page({ types: "alarm" }));
  others.forEach((page) => page.join("b-5"));
  assert.deepEqual(w.opened, ["types=alarm%2Cfault&last_event_id=b-5"]);
  w.event("alarm", 6);
  w.event("fault", 7);
  assert.deepEqual(alarms.take(), ["hello b-5", "alarm b-6", "fault b-7"]);
  for (const page of others) assert.deepEqual(page.take(), ["hello b-5", "alarm b-6"]);
});

Deno.test("stream share: a page that comes a moment late hears what happened since it was drawn, once", () => {
  const w = worker();
  const first = w.page({ types: "alarm" });
  first.join("b-5");
  w.hello(5);
  w.event("alarm", 6);
  w.event("alarm", 7);
  const late = w.page({ types: "alarm" });
  late.join("b-6");
  assert.equal(w.opened.length, 1, "it is remembered here");
  assert.deepEqual(late.take(), ["hello b-6", "alarm b-7"]);
  // Drawn before anything that is remembered: Perch is asked, and the others hear nothing twice.
  const old = w.page({ types: "alarm" });
  old.join("b-2");
  assert.equal(w.opened[1], "types=alarm&last_event_id=b-2");
  first.take();
  w.hello(2);
  w.event("alarm", 4);
  w.event("alarm", 7);
  w.event("alarm", 8);
  assert.deepEqual(old.take(), ["hello b-2", "alarm b-4", "alarm b-7", "alarm b-8"]);
  assert.deepEqual(first.take(), ["hello b-7", "alarm b-8"]);
});

Deno.test("stream share: what a new page wants beside is asked for from where all are, and given up later", () => {
  const w = worker();
  const alarms = w.page({ types: "alarm" });
  alarms.join("b-5");
  w.hello(5);
  w.event("alarm", 9);
  const sensor = w.page({ types: "reading", sensor: "s1" });
  sensor.join("b-9");
  assert.equal(w.opened[1], "sensor=s1&types=alarm%2Creading&last_event_id=b-9");
  w.hello(9);
  const overview = w.page({ types: "reading,status" });
  overview.join("b-9");
  assert.equal(w.opened[2], "types=alarm%2Creading%2Cstatus&last_event_id=b-9");
  w.hello(9);
  overview.leave();
  w.pass(31_000);
  alarms.here();
  sensor.here();
  w.look();
  assert.match(w.opened[3], /^sensor=s1&types=alarm%2Creading&/);
});

Deno.test("stream share: a broken stream is said at once, tried again, and goes on where it was", async () => {
  const w = worker();
  const page = w.page({ types: "alarm" });
  page.join("b-5");
  w.hello(5);
  w.event("reading", 8);
  page.take();
  await w.breaks();
  assert.deepEqual(page.take(), ["lost"]);
  w.pass(2_000);
  assert.equal(w.opened[1], "types=alarm&last_event_id=b-8");
  // Perch has started again: it says that what was missed is gone.
  w.hello(3, "c");
  w.event("reset", 3, "c");
  w.event("alarm", 4, "c");
  assert.deepEqual(page.take(), ["hello c-3", "reset c-3", "alarm c-4"]);
});

Deno.test("stream share: who is signed out hears so and is not tried for any more", async () => {
  const w = worker(() => true);
  const page = w.page({ types: "alarm" });
  page.join();
  await w.breaks();
  assert.deepEqual(page.take(), ["lost", "signed-out"]);
  w.pass(60_000);
  assert.equal(w.opened.length, 1);
});

Deno.test("stream share: what is refused again and again is no reason to keep all pages from theirs", async () => {
  const w = worker();
  const pages = [w.page({ types: "alarm" }), w.page({ types: "reading", sensor: "gone" })];
  pages.forEach((page) => page.join());
  for (let i = 0; i < 3; i++) {
    await w.breaks();
    w.pass(15_000);
  }
  for (const page of pages) assert.equal(page.heard.at(-1), "alone");
  assert.equal(w.isOpen(), false);
});

Deno.test("stream share: nobody left, no stream; who was forgotten says again what it wants", () => {
  const w = worker();
  const page = w.page({ types: "alarm" });
  page.join("b-5");
  w.hello(5);
  page.leave();
  page.join("b-5");
  w.pass(3_000);
  assert.ok(w.isOpen(), "from one page to the next it stays");
  w.pass(60_000);
  w.look();
  w.pass(3_000);
  assert.ok(!w.isOpen(), "a page that is gone says nothing");
  page.take();
  page.here();
  assert.deepEqual(page.take(), ["unknown"]);
});

Deno.test("stream asks: together they are what each wants, and readings of two sensors are all readings", () => {
  assert.equal(unionOf([{ types: "a,b" }, { types: "b,c" }]), "types=a%2Cb%2Cc");
  assert.equal(unionOf([{ types: "a" }, {}]), "");
  const two = unionOf([{ types: "reading", sensor: "1" }, { types: "reading", sensor: "2" }]);
  assert.equal(two, "types=reading");
  const beside = unionOf([{ types: "reading", sensor: "1" }, { types: "alarm" }]);
  assert.ok(brings(beside, { types: "reading", sensor: "1" }));
  assert.ok(!brings(beside, { types: "reading", sensor: "2" }));
  assert.ok(!brings(beside, { types: "reading" }));
  assert.ok(brings(two, { types: "reading", sensor: "2" }));
  const own = unionOf([{ types: "alarm", person: "7" }, { types: "reading", person: "7" }]);
  assert.equal(new URLSearchParams(own).get("person"), "7");
  assert.ok(brings(own, { types: "alarm", person: "7" }));
  assert.ok(!brings(own, { types: "alarm", person: "8" }));
});

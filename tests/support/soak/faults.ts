/** What happens to the Perch of the test of endurance, one after the other. Each undoes what it did. */
import { createClient } from "@libsql/client";
import { fileURLToPath } from "node:url";
import { hostileHttpBytes, hostileMessage, type Random } from "../hostile.ts";
import { publishAll, throwAt } from "../hostile_wire.ts";
import { until } from "../until.ts";
import type { SoakSite } from "./site.ts";

export interface Fault {
  what: string;
  /** `lastsMs`: so long, where it lasts. */
  run(site: SoakSite, random: Random, lastsMs: number): Promise<void>;
}

const HOSTILE = 200;
const STUCK = 50;
const STORM_SENSORS = 50;
const PASSWORDS = 30;
const TWO_HOURS_MS = 7_200_000;
const READER = fileURLToPath(new URL("../foreign_reader.ts", import.meta.url));
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const times = <T>(n: number, what: (i: number) => T): T[] =>
  Array.from({ length: n }, (_, i) => what(i));

export const FAULTS: readonly Fault[] = [
  {
    what: "a background task throws",
    run: async ({ child }, random) => {
      await child.obey({ order: "task", name: random.pick(child.tasks), fault: "throw" });
    },
  },
  {
    what: "the broker is ended and started again",
    run: async ({ broker }, _, lastsMs) => {
      await broker.stop();
      await sleep(lastsMs);
      await broker.restart();
    },
  },
  {
    what: "malformed and huge messages",
    run: ({ broker }, random) => {
      const all = times(HOSTILE, () => hostileMessage(random));
      // Mosquitto ends connections at some of the other topics.
      return publishAll(
        broker.port,
        all.filter(({ topic }) => topic.startsWith("factory/hostile")),
      );
    },
  },
  {
    what: "a background task hangs",
    run: async ({ child, troubles }, random) => {
      await child.obey({ order: "task", name: random.pick(child.tasks), fault: "hang" });
      await until(
        "that it is noticed",
        async () => /did not move/.test(`${await troubles()}`) || null,
      );
    },
  },
  {
    what: "another program locks the database",
    run: async ({ dataDir }, _, lastsMs) => {
      const client = createClient({ url: `file:${dataDir}/perch.db`, concurrency: 1 });
      const transaction = await client.transaction("write");
      await sleep(lastsMs);
      transaction.close();
      client.close();
    },
  },
  {
    what: "the disk is full",
    run: async ({ disk }, _, lastsMs) => {
      await disk?.fill();
      await sleep(lastsMs);
      await disk?.free();
    },
  },
  { what: "a storm of alarms", run: storm },
  {
    what: "readers of the stream that read nothing",
    run: async ({ port, child }, _, lastsMs) => {
      const head = `GET /api/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n` +
        `Authorization: Bearer ${child.key}\r\n\r\n`;
      await held(port, STUCK, new TextEncoder().encode(head), lastsMs);
    },
  },
  { what: "uploads that lie and break off", run: uploads },
  {
    what: "a hot processor",
    run: async ({ heat }, _, lastsMs) => {
      await heat(90);
      await sleep(lastsMs);
      await heat(50);
    },
  },
  {
    what: "mail server and webhook are away",
    run: async (site, random, lastsMs) => {
      site.smtp.mood = "silent";
      site.webhook.mood = "broken";
      try {
        await storm(site, random, lastsMs);
      } finally {
        site.smtp.mood = "good";
        site.webhook.mood = "good";
      }
    },
  },
  {
    what: "a backup is made",
    run: async ({ call }) => {
      const begun = await call("POST", "/api/backups", {});
      if (begun.status !== 202) throw new Error(begun.text);
      await until("the backup", async () => {
        const { job } = (await call("GET", "/api/backups/state")).json;
        if (job.state === "failed") throw new Error(job.error);
        return job.state === "done" || null;
      });
    },
  },
  {
    what: "programs report trouble and fall silent",
    run: async ({ call }, _, lastsMs) => {
      const report = (name: string, body: unknown) => call("POST", `/api/components/${name}`, body);
      await report("sms-gateway", { state: "error", detail: "No signal", queue: 80 });
      await report("scanner", { state: "online", expires_s: 10 });
      await sleep(lastsMs);
      await report("sms-gateway", { state: "online", queue: 0 });
      await call("DELETE", "/api/components/scanner");
    },
  },
  {
    what: "the host's clock is set two hours ahead and back",
    run: async ({ child }, _, lastsMs) => {
      await child.obey({ order: "step", ms: TWO_HOURS_MS });
      await sleep(lastsMs);
      await child.obey({ order: "step", ms: -TWO_HOURS_MS });
    },
  },
  {
    what: "another program reads the database on and on",
    run: async ({ dataDir }, _, lastsMs) => {
      const end = readOn(dataDir);
      await sleep(lastsMs);
      await end();
    },
  },
  {
    what: "malformed HTTP and slow connections",
    run: async ({ port }, random, lastsMs) => {
      const slow = held(port, STUCK, new TextEncoder().encode("GET / HTTP/1.1\r\nHo"), lastsMs);
      for (let i = 0; i < HOSTILE; i++) await throwAt(port, hostileHttpBytes(random));
      await slow;
    },
  },
  {
    what: "the broker hangs",
    run: async ({ broker }, _, lastsMs) => {
      Deno.kill(broker.pid(), "SIGSTOP");
      await sleep(lastsMs);
      Deno.kill(broker.pid(), "SIGCONT");
    },
  },
  {
    what: "wrong passwords",
    run: async ({ call }, random) => {
      for (let i = 0; i < PASSWORDS; i++) {
        const body = { email: `p${i % 3}@example.org`, password: `guess ${random.below(1e6)}` };
        await call("POST", "/api/users/login", body, { authorization: "" });
      }
    },
  },
  {
    what: "downloads that break off",
    run: async ({ child }) => {
      const headers = { authorization: `Bearer ${child.key}` };
      const paths = ["/api/events/export?from=-1d", "/api/readings?sensor=soak/d0/value&points=0"];
      for (const path of times(20, (i) => paths[i % 2])) {
        const response = await fetch(child.url + path, { headers });
        await response.body!.cancel();
        if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
      }
    },
  },
];

/** Another program begins to read the database and does not end; gives what ends it. */
export function readOn(dataDir: string): () => Promise<void> {
  const reader = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", READER, `${dataDir}/perch.db`],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return async () => {
    await reader.stdin.close();
    await reader.status;
  };
}

/** Sensors that go over their limit and back, again and again. */
async function storm({ call, nowMs }: SoakSite, _: Random, lastsMs: number): Promise<void> {
  const rows = times(STORM_SENSORS, (i) => `sensor,storm/m${i % 5}/load-${i},50`);
  const headers = { "content-type": "text/csv" };
  const text = ["type,path,warning_high", ...rows].join("\r\n");
  const imported = await call("POST", "/api/registry/import?confirm=true", text, headers);
  if (imported.status !== 200) throw new Error(imported.text);
  const untilMs = performance.now() + lastsMs;
  for (let round = 0; performance.now() < untilMs || round % 2 === 1; round++) {
    const readings = times(STORM_SENSORS, (i) => ({
      machine: `storm/m${i % 5}`,
      sensor: `load-${i}`,
      value: (round % 2 === 0 ? 60 : 40) + i / 100,
      ts: Math.round(nowMs()),
    }));
    await call("POST", "/api/ingest/batch", readings);
    await sleep(500);
  }
}

/** Files of tickets whose type is a lie, that are too large, and that end before their end. */
async function uploads({ call, child, port }: SoakSite, random: Random): Promise<void> {
  const ticket = (await call("POST", "/api/tickets", { title: "Oil" })).json;
  const path = `/api/tickets/${ticket.id}/attachments`;
  for (const bytes of [1_000, 100_000, 40_000_000]) {
    for (const type of ["image/png", "application/pdf", "text/html"]) {
      const form = new FormData();
      form.append("file", new Blob([new Uint8Array(bytes).fill(65)], { type }), `../../${type}`);
      await call("POST", path, form).catch(() => {});
    }
  }
  for (let i = 0; i < 20; i++) {
    const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${child.key}` +
      `\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 500000\r\n\r\n` +
      `--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n`;
    const bytes = random.bytes(random.below(20_000));
    await throwAt(port, new Uint8Array([...new TextEncoder().encode(head), ...bytes]));
  }
}

/** Connections that say no more than their beginning. */
async function held(port: number, n: number, begin: Uint8Array, lastsMs: number): Promise<void> {
  const open: Deno.Conn[] = [];
  for (let i = 0; i < n; i++) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    open.push(conn);
    await conn.write(begin).catch(() => {});
  }
  await sleep(lastsMs);
  for (const conn of open) conn.close();
}

import { createAccess } from "../../lib/access/access.ts";
import { systemActor } from "../../lib/access/audit_row.ts";
import { systemClock } from "../../lib/base/clock.ts";
import { silentLog } from "../../lib/base/log.ts";
import type { Database } from "../../lib/db/client.ts";
import { createEventLog } from "../../lib/events/events_store.ts";
import { createPasswordHasher } from "../../lib/access/passwords.ts";
import { openTestDatabase } from "../support/database.ts";
import {
  benchFolder,
  type BenchOptions,
  type BenchResult,
  doing,
  median,
  quantile,
} from "../support/bench.ts";
import { mount } from "../../routes/http/mount.ts";
import { route } from "../../routes/http/route.ts";
import { addKey } from "../support/perch.ts";
import { benchPerch } from "./ingest/setup.ts";

/*
 * What authentication costs per request, in one process without a socket: the same route open, and with
 * each kind of credentials; writes to the database and passwords hashed meanwhile are counted (both must be
 * none). Then ingest over HTTP alone and while fifty people sign in at once, and beside five hundred connections
 * that send a byte of their request now and then; Perch is a process of its own.
 */

const tester = { ...systemActor("bench"), address: "127.0.0.1" };
const PASSWORD = "long enough";
const SIGN_INS = 50;
const SLOW = 500;

type Figures = BenchResult["figures"];

/** Runs all parts. */
export async function run(options: BenchOptions): Promise<BenchResult> {
  const figures: Figures = {};
  await perRequest(figures, options);
  await signInsBesideIngest(figures, options.quick ? 2 : 8, options.quick ? 1 : 5);
  await slowConnectionsBesideIngest(figures, options.quick ? 2 : 8, options.quick ? 1 : 5);
  return { name: "access", figures };
}

async function perRequest(figures: Figures, options: BenchOptions): Promise<void> {
  const folder = await benchFolder(options);
  const plain = await openTestDatabase(folder.path);
  let writes = 0;
  const db: Database = { ...plain, write: (s) => (writes++, plain.write(s)) };
  const hasher = createPasswordHasher();
  const access = createAccess({
    events: createEventLog(db),
    db,
    clock: systemClock(),
    log: silentLog(),
    dataDir: folder.path,
    hasher,
  });
  await access.start();
  try {
    const request = { email: "a@example.org", password: PASSWORD, from: tester };
    await access.users.add({ ...request, role: "viewer" }, tester);
    const { access_token } = await access.signIn.api(request);
    const { secret } = await access.signIn.browser(request);
    const { key } = await access.keys.add({ name: "k", role: "viewer" }, tester);
    const app = mount({
      routes: (["public", "viewer"] as const).map((policy) =>
        route({
          method: "get",
          path: `/api/${policy}`,
          policy,
          summary: null,
          handler: () => new Response("ok"),
        })
      ),
      resolve: access.resolve,
      log: silentLog(),
      socketAddress: () => "192.168.1.7",
    });
    const kinds: [string, string, Record<string, string>][] = [
      ["open", "public", {}],
      ["cookie", "viewer", { cookie: `perch=${secret}` }],
      ["key", "viewer", { authorization: `Bearer ${key}` }],
      ["token", "viewer", { authorization: `Bearer ${access_token}` }],
      ["bad_token", "viewer", { authorization: `Bearer ${access_token}x` }],
    ];
    const requests = options.quick ? 2_000 : 20_000;
    [writes, figures.requests_per_kind] = [0, requests];
    const hashed = hasher.count();
    for (const [name, path, headers] of kinds) {
      const ask = () => app.request(`http://localhost/api/${path}`, { headers });
      doing(`requests: ${name}`);
      for (let i = 0; i < 500; i++) await ask();
      const rounds: number[] = [];
      for (let round = 0; round < 5; round++) {
        const startMs = performance.now();
        for (let i = 0; i < requests / 5; i++) await ask();
        rounds.push((performance.now() - startMs) * 1000 / (requests / 5));
      }
      figures[`request_${name}_us`] = median(rounds);
    }
    figures.database_writes = writes;
    figures.passwords_hashed = hasher.count() - hashed;
  } finally {
    await access.stop();
    await plain.close();
    await folder.remove();
  }
}

async function signInsBesideIngest(
  figures: Figures,
  seconds: number,
  rounds: number,
): Promise<void> {
  const { perch, headers, dataDir, stop: end } = await benchPerch({ MQTT_PORT: "0" });
  try {
    const admin = await addKey({ dataDir, role: "admin" });
    await addPeople(perch.url, { authorization: `Bearer ${admin}` });
    const alone: number[] = [], beside: number[] = [], signIn: number[] = [];
    for (let round = 0; round < rounds; round++) {
      doing("ingest alone", round + 1, rounds);
      alone.push(...await ingest(perch.url, headers, seconds * 1000, round * 2));
      doing(`ingest while ${SIGN_INS} people sign in`, round + 1, rounds);
      const stop = new AbortController();
      const signing = signInTogether(perch.url, stop.signal, signIn);
      beside.push(...await ingest(perch.url, headers, seconds * 1000, round * 2 + 1));
      stop.abort();
      await signing;
    }
    Object.assign(figures, {
      ingest_alone_p50_ms: quantile(alone, 0.5),
      ingest_alone_p99_ms: quantile(alone, 0.99),
      ingest_beside_sign_ins_p50_ms: quantile(beside, 0.5),
      ingest_beside_sign_ins_p99_ms: quantile(beside, 0.99),
      ingest_p99_ratio: quantile(beside, 0.99) / quantile(alone, 0.99),
      sign_ins: signIn.length,
      sign_in_p50_ms: quantile(signIn, 0.5),
      sign_in_p99_ms: quantile(signIn, 0.99),
    });
  } finally {
    await end();
  }
}

async function slowConnectionsBesideIngest(
  figures: Figures,
  seconds: number,
  rounds: number,
): Promise<void> {
  const { perch, headers, stop: end } = await benchPerch({ MQTT_PORT: "0" });
  try {
    const alone: number[] = [], beside: number[] = [];
    for (let round = 0; round < rounds; round++) {
      doing("ingest alone", round + 1, rounds);
      alone.push(...await ingest(perch.url, headers, seconds * 1000, 100 + round * 2));
      doing(`ingest beside ${SLOW} slow connections`, round + 1, rounds);
      const close = await openSlowly(perch.url, headers, SLOW);
      beside.push(...await ingest(perch.url, headers, seconds * 1000, 101 + round * 2));
      close();
    }
    Object.assign(figures, {
      slow_connections: SLOW,
      ingest_beside_slow_p99_ms: quantile(beside, 0.99),
      ingest_slow_p99_ratio: quantile(beside, 0.99) / quantile(alone, 0.99),
    });
  } finally {
    await end();
  }
}

/** Connections whose requests never end: half of them stay in the head, half in the body. */
async function openSlowly(
  url: string,
  headers: Record<string, string>,
  count: number,
): Promise<() => void> {
  const { hostname, port, host } = new URL(url);
  const utf8 = new TextEncoder();
  const head = `POST /api/ingest HTTP/1.1\r\nhost: ${host}\r\n` +
    `authorization: ${headers.authorization}\r\ncontent-length: 9000\r\n`;
  const open = await Promise.all(Array.from({ length: count }, async (_, n) => {
    const connection = await Deno.connect({ hostname, port: Number(port) });
    await connection.write(utf8.encode(n % 2 === 0 ? `${head}x-slow: ` : `${head}\r\n{`));
    return connection;
  }));
  const timer = setInterval(() => {
    for (const connection of open) connection.write(utf8.encode("x")).catch(() => {});
  }, 1_000);
  return () => {
    clearInterval(timer);
    for (const connection of open) connection.close();
  };
}

const person = (n: number) => `person${n}@example.org`;

async function addPeople(url: string, headers: Record<string, string>): Promise<void> {
  for (let n = 0; n < SIGN_INS; n++) {
    const answer = await fetch(`${url}/api/users`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({ email: person(n), role: "viewer", password: PASSWORD }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
  }
}

/** Fifty people who sign in again and again until told to stop; told to come back, they do. */
async function signInTogether(url: string, signal: AbortSignal, took: number[]): Promise<void> {
  await Promise.all(Array.from({ length: SIGN_INS }, async (_, n) => {
    const startMs = performance.now();
    while (!signal.aborted) {
      const answer = await fetch(`${url}/api/users/login`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ email: person(n), password: PASSWORD }),
      });
      const text = await answer.text();
      if (answer.ok) {
        took.push(performance.now() - startMs);
        return;
      }
      if (answer.status !== 503) throw new Error(text);
      await new Promise((r) => setTimeout(r, 1000 * Number(answer.headers.get("retry-after"))));
    }
  }));
}

/** Milliseconds from sending to acknowledgement of small batches, twenty a second. */
async function ingest(
  url: string,
  headers: Record<string, string>,
  forMs: number,
  part: number,
): Promise<number[]> {
  const took: number[] = [];
  const pending: Promise<void>[] = [];
  const startMs = performance.now();
  for (let n = 0; performance.now() - startMs < forMs; n++) {
    const ts = Date.UTC(2026, 0, 1) + part * 1_000_000 + n * 100;
    const readings = Array.from(
      { length: 25 },
      (_, i) => ({ machine: "bench/m", sensor: `s${i}`, ts, value: n + i }),
    );
    const sentMs = performance.now();
    pending.push(
      fetch(`${url}/api/ingest/batch`, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify(readings),
      }).then(async (answer) => {
        const text = await answer.text();
        if (!answer.ok) throw new Error(text);
        took.push(performance.now() - sentMs);
      }),
    );
    await new Promise((r) => setTimeout(r, 50));
  }
  await Promise.all(pending);
  return took;
}

/** A whole Perch in this process, two people, and a scheduler that mixes what they do. */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { systemActor } from "../../../lib/access/audit_row.ts";
import type { Parts } from "../../../lib/app/parts.ts";
import { createControl } from "../../../lib/cli/create_control.ts";
import type { Control } from "../../../lib/cli/control.ts";
import type { Audited } from "../../../lib/events/audit_change.ts";
import { PerchError } from "../../../lib/base/errors.ts";
import { problemOf } from "../../../routes/http/problem.ts";
import { createRandom } from "../../../sim/random.ts";
import { startApp } from "../app.ts";

export const PEOPLE = ["Ada", "Ben"] as const;
export type PersonName = typeof PEOPLE[number];

/** How a command ended. */
export interface Answer {
  status: number;
  body: unknown;
  /** As the audit log names them. */
  by: string;
}

export interface World {
  parts: Parts;
  /** Ids of Ada and Ben. */
  ids: Record<PersonName, string>;
  control: Control;
  audited: Audited;
  /** Asks as one of the two, with JSON or a file. */
  ask(who: PersonName, method: string, path: string, body?: unknown): Promise<Answer>;
  /** The same, and it must go well; gives the body. */
  // deno-lint-ignore no-explicit-any
  did(method: string, path: string, body?: unknown): Promise<any>;
  /** From now on the database's calls are mixed by this seed; null: no more. */
  mix(seed: number | null): void;
  /** A thing's name that was not there before. */
  fresh(what: string): string;
  /** New open alarms, each with its ticket where they open some. */
  alarms(n: number, withTickets?: boolean): Promise<{ alarm: string; ticket: string }[]>;
  /** Id of something odd that nobody has judged. */
  anomaly(): Promise<string>;
  /** What the command line does while Perch runs, answered as over HTTP. */
  line(run: () => Promise<unknown>): Promise<Answer>;
  close(): Promise<void>;
}

function finding(
  sensor: number,
  groupId: number,
  item: number,
  detector: string,
  phase: "raised" | "point",
) {
  const reason = { text: "9 is at or above 8", value: 9, numbers: { limit: 8 } };
  const severity = "warning" as const;
  return {
    sensor,
    groupId,
    item,
    finding: { detector, tMs: Date.now(), phase, severity, score: 0.6, reason },
  };
}

const emailOf = (who: PersonName) => `${who.toLowerCase()}@example.org`;
const PASSWORD = "long enough";
/** Turns of the event loop that a call waits at most, before and after it. */
const TURNS = 4;

export async function openWorld(): Promise<World> {
  const under = await startApp(
    { NEW_SENSORS_PER_HOUR: "100000", OUTGOING_NETWORKS: "127.0.0.0/8" },
    // Who was faster does not depend on when it reached the disk.
    { synchronous: "normal" },
  );
  const parts = under.app.parts();
  const { access, storage } = parts;
  const audited: Audited = (change) =>
    access.audit.statement({ actor: systemActor("test"), ...change });
  const ids = {} as World["ids"], tokens = {} as Record<PersonName, string>;
  for (const name of PEOPLE) {
    const email = emailOf(name);
    const person = { email, name, role: "admin", password: PASSWORD } as const;
    ids[name] = (await access.users.add(person, systemActor("test"))).id;
    const from = { kind: "system", id: null, name: "", address: "::1", agent: null } as const;
    const { access_token } = await access.signIn.api({ email, password: PASSWORD, from }) as {
      access_token: string;
    };
    tokens[name] = access_token;
  }

  let random: (() => number) | null = null;
  const pause = async () => {
    const turns = random === null ? 0 : Math.floor(random() * TURNS);
    for (let turn = 0; turn < turns; turn++) await setImmediate();
  };
  const { db } = storage;
  for (const call of ["query", "write"] as const) {
    const real = db[call] as (input: unknown) => Promise<unknown>;
    Object.assign(db, {
      async [call](input: unknown) {
        await pause();
        try {
          return await real(input);
        } finally {
          await pause();
        }
      },
    });
  }

  async function ask(who: PersonName, method: string, path: string, body?: unknown) {
    const raw = typeof body === "string" || body instanceof Uint8Array;
    const type = body instanceof Uint8Array
      ? "image/png"
      : raw
      ? "application/octet-stream"
      : "application/json";
    const response = await under.app.fetch(
      new Request(`${under.url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${tokens[who]}`,
          ...(body === undefined ? {} : { "content-type": type }),
        },
        body: body === undefined ? undefined : raw ? body as BodyInit : JSON.stringify(body),
      }),
    );
    const text = await response.text();
    return {
      status: response.status,
      body: text === "" ? null : JSON.parse(text),
      by: emailOf(who),
    };
  }

  let things = 0, group = 0;
  const fresh = (what: string) => `${what}-${++things}`;

  async function alarms(
    n: number,
    withTickets = true,
  ): Promise<{ alarm: string; ticket: string }[]> {
    const open = parts.alarms.open().map(({ id }) => id);
    for (let from = 0; from < open.length; from += 500) {
      const some = open.slice(from, from + 500);
      await did("POST", "/api/alarms/bulk", { ids: some, action: "resolve" });
    }
    const machines = Array.from({ length: n }, () => fresh("hall/alarming"));
    const readings = machines.map((machine) => ({ machine, sensor: "load", value: 9 }));
    await did("POST", "/api/ingest/batch", readings);
    group++;
    await parts.detection.findings.add(
      machines.map((machine, item) =>
        finding(parts.registry.find(`${machine}/load`)!.num, group, item, "threshold", "raised")
      ),
    );
    parts.alarms.wake();
    while (parts.alarms.open().length < n) await setImmediate();
    const raised = parts.alarms.open();
    const out = [];
    for (const { id } of raised) {
      // The alarm is known before it and its ticket are written.
      let ticket = await parts.tickets.tickets.ofAlarm(id);
      while (withTickets && ticket === null) ticket = await parts.tickets.tickets.ofAlarm(id);
      out.push({ alarm: id, ticket: ticket?.id ?? "" });
    }
    return out;
  }

  async function did(method: string, path: string, body?: unknown) {
    const answer = await ask("Ada", method, path, body);
    assert.ok(answer.status < 300, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  return {
    parts,
    ids,
    control: createControl(parts, { broker: { host: "127.0.0.1" } }),
    audited,
    ask,
    did,
    mix(seed) {
      random = seed === null ? null : createRandom(seed, "turns").uniform;
    },
    async anomaly() {
      await did("POST", "/api/ingest", { machine: "hall/odd", sensor: "load", value: 9 });
      const [{ id }] = await parts.detection.findings.add([
        finding(parts.registry.find("hall/odd/load")!.num, ++group, 0, "streaming", "point"),
      ]);
      return String(id);
    },
    async line(run) {
      try {
        return { status: 200, body: await run(), by: "command line" };
      } catch (error) {
        if (!(error instanceof PerchError)) throw error;
        const body = problemOf(error);
        return { status: body.status, body, by: "command line" };
      }
    },
    fresh,
    alarms,
    close: under.close,
  };
}

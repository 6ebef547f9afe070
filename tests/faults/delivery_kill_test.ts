/**
 * T20, its second half: kill -9 at random moments between an alarm's step and its delivery, to a webhook and by
 * mail. The oracle is what the receivers wrote down, against the steps that the process said were committed.
 * Its control: `SABOTAGE=mark_first` marks an event as routed before its deliveries are written; then messages
 * are lost, and the test must be red.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { createClient } from "@libsql/client";
import { startReceiver } from "../support/receivers/http.ts";
import { startSmtp } from "../support/receivers/smtp.ts";
import { sabotaged } from "../support/sabotage.ts";

/** `DELIVERY_KILLS_N` sets how many (10; the soak 1 000). */
const CYCLES = Number(Deno.env.get("DELIVERY_KILLS_N") ?? 10);
const STEPS = 8 * CYCLES;
const LEAST_LIFE_MS = 10;
const MOST_LIFE_MS = 400;
const PROTOCOL = {
  answer: () => ({ status: 204 }),
  rateLimited: { status: 429 },
  broken: { status: 500 },
  lie: null,
};

Deno.test(`kill -9, ${CYCLES} times between steps and deliveries: each arrives, in order, with one id`, async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-delivery-kill-" });
  const hook = startReceiver(PROTOCOL);
  hook.delayMs = 15;
  const smtp = await startSmtp();
  const said = new Set<string>();
  try {
    const sabotage = sabotaged("mark_first") ? "mark_first" : "";
    let kills = 0;
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const child = spawn(dataDir, hook.url, smtp.port, sabotage, said);
      assert.ok(await child.said("ready"), "the process starts");
      await sleep(LEAST_LIFE_MS + Math.random() * (MOST_LIFE_MS - LEAST_LIFE_MS));
      if (!said.has("done")) kills++;
      await child.kill();
    }
    hook.delayMs = 0;
    const last = spawn(dataDir, hook.url, smtp.port, sabotage, said);
    assert.ok(await last.said("done"), "all is delivered");
    await last.ended;
    const steps = await eventsOf(dataDir);
    const acknowledged = [...said].filter((line) => line.startsWith("wrote ")).length;
    assert.ok(steps.length === STEPS && acknowledged > STEPS / 2, `${acknowledged} of ${STEPS}`);
    const byHook = hook.accepted.map((one) => one.headers.get("webhook-id")!);
    const byMail = smtp.mails.map((one) => one.mail.messageId ?? "");
    let repeated = 0;
    for (const [name, got] of [["webhook", byHook], ["mail", byMail]] as const) {
      const at = (uid: string) => got.findIndex((id) => id.includes(uid));
      const missing = steps.filter(({ uid }) => at(uid) < 0);
      assert.deepEqual(
        missing.slice(0, 3),
        [],
        `${missing.length} of ${STEPS} by ${name} are lost`,
      );
      for (let i = 0; i < steps.length; i += 2) {
        const ordered = at(steps[i].uid) < at(steps[i + 1].uid);
        assert.ok(ordered, `${steps[i].subject} ended by ${name} before it began`);
      }
      const known = got.filter((id) => steps.some(({ uid }) => id.includes(uid)));
      assert.equal(known.length, got.length, "nothing came that no step stands for");
      repeated += got.length - steps.length;
    }
    console.log(
      `  ${kills} kills, ${STEPS} steps by two channels, 0 lost, ${repeated} repeated with the ` +
        `same id; 0 of ${CYCLES} means below ${3 / CYCLES} at 95 %`,
    );
    assert.ok(kills > CYCLES / 2, `${kills} of ${CYCLES} were killed while they worked`);
  } finally {
    await hook.close();
    await smtp.close();
    await Deno.remove(dataDir, { recursive: true });
  }
});

async function eventsOf(dataDir: string): Promise<{ uid: string; subject: string }[]> {
  const client = createClient({ url: `file:${dataDir}/perch.db`, concurrency: 1 });
  try {
    const { rows } = await client.execute("select uid, subject from events order by id");
    return rows.map((row) => ({ uid: String(row.uid), subject: String(row.subject) }));
  } finally {
    client.close();
  }
}

interface Child {
  /** True when it printed the line; false when it ended without. */
  said(line: string): Promise<boolean>;
  kill(): Promise<void>;
  ended: Promise<Deno.CommandStatus>;
}

function spawn(
  dataDir: string,
  hook: string,
  smtpPort: number,
  sabotage: string,
  said: Set<string>,
): Child {
  said.delete("ready");
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      join(import.meta.dirname!, "delivery_kill_child.ts"),
      dataDir,
      hook,
      String(smtpPort),
      String(STEPS),
      sabotage,
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let over = false;
  const reading = (async () => {
    let rest = "";
    for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) said.add(line);
    }
  })().finally(() => over = true);
  return {
    ended: process.status,
    async said(line) {
      while (!said.has(line) && !over) await sleep(5);
      return said.has(line);
    },
    async kill() {
      try {
        process.kill("SIGKILL");
      } catch { /* it has ended */ }
      await process.status;
      await reading.catch(() => {});
    },
  };
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

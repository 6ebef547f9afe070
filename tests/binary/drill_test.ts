/**
 * The way out of a loss as its owner goes it, on the compiled binaries: a backup beside the running Perch, the
 * database damaged, what the refusal names done, and everything of the backup is there again. On the host's own
 * binary by the commands, typed at a terminal as they stand there, and from an encrypted archive onto an empty host,
 * with the saved recovery sheet; on ARM64 through the API and the page of safe mode, because each process takes a
 * quarter of a minute to start under qemu, and only with `DRILL_ON=all`: it takes three minutes. Control:
 * `SABOTAGE=drill_database` (the restore does not put the database in place).
 */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { binaries, type Binary } from "../support/binaries.ts";
import { firstAccount } from "../support/first_account.ts";
import { type PerchProcess, startPerch } from "../support/perch.ts";
import { picture } from "../support/pictures.ts";
import { sabotaged } from "../support/sabotage.ts";
import { until } from "../support/until.ts";

const onAll = Deno.env.get("DRILL_ON") === "all";
const SENSOR = "hall/press/t";
const BATCH = 50;
const TOKEN = /with the token (\S+)/;
const SLOW_MS = 300_000;

class Owner {
  readonly dataDir: string;
  /** Commands are typed, else the pages are used. */
  readonly isTyped: boolean;
  key = "";
  /** Started last. */
  running: PerchProcess | null = null;
  acknowledged = 0;
  readonly #startMs = Date.now() - 3_600_000;

  constructor(readonly binary: Binary, readonly folder: string) {
    // As somebody may have named it: the command in the sentence has to be right all the same.
    this.dataDir = join(folder, "the plant's data");
    this.isTyped = binary.runner.length === 0;
  }

  async start(readyPath?: string): Promise<PerchProcess> {
    const { runner, path, readyMs } = this.binary;
    this.running = await startPerch({
      ...{ dataDir: this.dataDir, binary: [...runner, path], readyMs, readyPath },
      env: { MQTT_PORT: "0" },
    });
    return this.running;
  }

  /** Types a command into a shell at a terminal, and `answer` when it asks. */
  async type(command: string, answer = "") {
    const bin = join(this.folder, "bin");
    await Deno.mkdir(bin, { recursive: true });
    const start = [...this.binary.runner, `'${this.binary.path}'`].join(" ");
    await Deno.writeTextFile(join(bin, "perch"), `#!/bin/sh\nexec ${start} "$@"\n`, {
      mode: 0o755,
    });
    const child = new Deno.Command("script", {
      args: ["--quiet", "--return", "--command", command, "/dev/null"],
      cwd: this.folder,
      env: {
        ...{ PATH: `${bin}:${Deno.env.get("PATH")}`, NO_COLOR: "1" },
        ...{ PERCH_DATA: this.dataDir, MQTT_PORT: "0", PERCH_PORT: "0" },
      },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    if (answer !== "") await writer.write(new TextEncoder().encode(`${answer}\n`));
    const { code, stdout } = await child.output();
    await writer.close().catch(() => {});
    const said = new TextDecoder().decode(stdout).replaceAll("\r\n", "\n");
    assert.equal(code, 0, `${command}: ${said}`);
    return said;
  }

  async call(perch: PerchProcess, path: string, body: unknown, method = "POST") {
    const isForm = body instanceof FormData;
    const response = await fetch(perch.url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(isForm ? {} : { "content-type": "application/json" }),
      },
      body: isForm ? body : JSON.stringify(body),
    });
    assert.ok(response.ok, `${path}: ${response.status} ${await response.clone().text()}`);
    return await response.json();
  }

  /** The first account with the token that was printed, and a key. */
  async signIn(perch: PerchProcess): Promise<void> {
    this.key = (await firstAccount(perch.url, perch.output())).key;
  }

  /** The next readings, counted when they are acknowledged. */
  async send(perch: PerchProcess): Promise<void> {
    const readings = Array.from({ length: BATCH }, (_, i) => ({
      ...{ machine: "hall/press", sensor: "t", value: this.acknowledged + i },
      ts: this.#startMs + (this.acknowledged + i) * 1000,
    }));
    const { accepted } = await this.call(perch, "/api/ingest/batch", { readings });
    this.acknowledged += accepted;
  }

  async stored(perch: PerchProcess): Promise<number[]> {
    const query = `sensor=${SENSOR}&points=0&from=${this.#startMs}&to=${Date.now()}`;
    const response = await fetch(`${perch.url}/api/readings?${query}`, {
      headers: { authorization: `Bearer ${this.key}` },
    });
    assert.equal(response.status, 200, await response.clone().text());
    return (await response.json()).v;
  }

  /** Attaches a picture to a new ticket, and gives its address. */
  async attach(perch: PerchProcess): Promise<string> {
    const ticket = await this.call(perch, "/api/tickets", { title: "Seal leaks" });
    const form = new FormData();
    form.set("file", new File([picture("png")], "seal.png", { type: "image/png" }));
    const path = `/api/tickets/${ticket.id}/attachments`;
    return `${path}/${(await this.call(perch, path, form)).id}`;
  }

  async attached(perch: PerchProcess, address: string): Promise<Uint8Array> {
    const response = await fetch(perch.url + address, {
      headers: { authorization: `Bearer ${this.key}` },
    });
    assert.equal(response.status, 200);
    return await response.bytes();
  }

  /** A backup while readings go on: its path, and how many were acknowledged before and after. */
  async backUp(perch: PerchProcess) {
    const before = this.acknowledged;
    let isBusy = true;
    const making = this.isTyped ? this.backUpTyped() : this.backUpAsked(perch);
    const made = making.finally(() => isBusy = false);
    while (isBusy) {
      await this.send(perch);
      // Under qemu the two would take each other's time.
      if (!this.isTyped) await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    return { archive: await made, before, after: this.acknowledged };
  }

  async backUpTyped(): Promise<string> {
    return /^(\/.*\.tar\.gz(?:\.age)?) \(/m.exec(await this.type("perch backup"))![1];
  }

  async backUpAsked(perch: PerchProcess): Promise<string> {
    const { id } = await this.call(perch, "/api/backups", {});
    return await until("the backup", async () => {
      const { job } = await this.call(perch, "/api/backups/state", undefined, "GET");
      assert.equal(job.id, id);
      assert.notEqual(job.state, "failed", job.error);
      return job.state === "done" ? join(this.dataDir, "backups", job.backup) : null;
    }, SLOW_MS);
  }

  /** Everything of the backup is there, each reading exactly once, and the files as they were. */
  async compare(
    perch: PerchProcess,
    { before, after }: { before: number; after: number },
    file: string,
  ) {
    const values = await this.stored(perch);
    assert.deepEqual(values, values.map((_, i) => i), "each once, without a gap");
    assert.ok(values.length >= before, `${values.length} of ${before} before the backup`);
    assert.ok(values.length <= after, "nothing from after the backup");
    assert.deepEqual(await this.attached(perch, file), picture("png"));
    assert.equal(Deno.statSync(join(this.dataDir, "perch.db")).mode! & 0o777, 0o600);
    this.acknowledged = values.length;
    await this.send(perch);
    assert.equal((await this.stored(perch)).length, values.length + BATCH, "it takes new ones");
  }
}

/** On the page of safe mode, with the token of the console; Perch starts then by itself. */
async function restoreByPage(perch: PerchProcess, archive: string): Promise<void> {
  const token = await until("the token", () => TOKEN.exec(perch.output())?.[1] ?? null);
  const asked = await fetch(`${perch.url}/restore`, {
    method: "POST",
    redirect: "manual",
    headers: { "sec-fetch-site": "same-origin" },
    body: new URLSearchParams({ token, file: basename(archive) }),
  });
  assert.equal(asked.status, 303, await asked.text());
  await until("the start", async () => {
    const ready = await fetch(`${perch.url}/health/ready`).catch(() => null);
    await ready?.body?.cancel();
    return ready?.status === 200 || null;
  }, SLOW_MS);
}

/** The beginning of the database is lost, and so is what it had not taken in yet. */
function damage(dataDir: string): void {
  for (const { name } of [...Deno.readDirSync(dataDir)]) {
    if (/^perch\.db-(wal|shm)$/.test(name)) Deno.removeSync(join(dataDir, name));
  }
  using file = Deno.openSync(join(dataDir, "perch.db"), { write: true });
  file.writeSync(new Uint8Array(4096));
}

async function skipDatabase(dataDir: string): Promise<void> {
  if (!sabotaged("drill_database")) return;
  const replaced = [...Deno.readDirSync(dataDir)].find(({ name }) => name.startsWith("replaced-"))!;
  await Deno.rename(join(dataDir, replaced.name, "perch.db"), join(dataDir, "perch.db"));
}

async function damagedAndRestored(owner: Owner): Promise<{ perch: PerchProcess; file: string }> {
  let perch = await owner.start();
  await owner.signIn(perch);
  const file = await owner.attach(perch);
  await owner.send(perch);
  const made = await owner.backUp(perch);
  await owner.send(perch);
  const code = await perch.stop();
  // Under qemu on a busy host the end may take longer than Perch waits for it.
  if (owner.isTyped) assert.equal(code, 0);
  damage(owner.dataDir);

  perch = await owner.start("/health/live");
  const { reason } = await (await fetch(`${perch.url}/health`)).json();
  const [, command] = /`([^`]*perch restore [^`]+)`/.exec(reason) ?? assert.fail(reason);
  // As it is quoted for a shell.
  assert.ok(reason.includes(basename(made.archive)), reason);
  assert.match(reason, /made (just now|\d+ \w+ ago)/);
  if (owner.isTyped) {
    assert.equal(await perch.stop(), 2);
    const said = await owner.type(command, "yes");
    assert.match(said, /is restored\. What was there before is in .*replaced-/);
    await skipDatabase(owner.dataDir);
    perch = await owner.start();
  } else await restoreByPage(perch, made.archive);
  await owner.compare(perch, made, file);
  return { perch, file };
}

/** Onto a host where nothing is, from an archive that was copied away. */
async function movedToAnotherHost(owner: Owner, perch: PerchProcess, file: string): Promise<void> {
  const { identity, sheet } = await owner.call(perch, "/api/backups/encryption", {});
  await owner.call(perch, "/api/backups/encryption/confirm", { identity });
  await Deno.writeTextFile(join(owner.folder, "perch-recovery-sheet.txt"), sheet);
  const made = await owner.backUp(perch);
  assert.match(made.archive, /\.age$/);
  const name = basename(made.archive);
  await Deno.copyFile(made.archive, join(owner.folder, name));
  await owner.send(perch);
  assert.equal(await perch.stop(), 0);
  await Deno.remove(owner.dataDir, { recursive: true });

  const said = await owner.type(
    `perch restore ${name} --identity perch-recovery-sheet.txt`,
    "yes",
  );
  assert.match(said, /is restored in .*, where nothing was\. Start Perch\./);
  const again = await owner.start();
  await owner.compare(again, made, file);
  assert.equal(await again.stop(), 0);
}

for (const binary of binaries().filter(({ runner }) => onAll || runner.length === 0)) {
  Deno.test({
    name: `${binary.file} (${binary.name}) is restored by the command that it names`,
    ignore: !binary.isThere,
  }, async () => {
    const folder = await Deno.makeTempDir({ prefix: "perch-drill-" });
    const owner = new Owner(binary, folder);
    await Deno.mkdir(owner.dataDir);
    try {
      const { perch, file } = await damagedAndRestored(owner);
      if (owner.isTyped) await movedToAnotherHost(owner, perch, file);
      else await perch.stop();
    } finally {
      await owner.running?.kill();
      await Deno.remove(folder, { recursive: true });
    }
  });
}

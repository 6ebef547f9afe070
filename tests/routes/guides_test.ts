/** The guides: they are served, lead nowhere wrong, and what they name is there. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { systemActor } from "../../lib/access/audit_row.ts";
import { VARIABLE_NAMES, type VariableName } from "../../lib/base/variables.ts";
import { notesOf } from "../../lib/base/variables.ts";
import { COMMANDS } from "../../lib/cli/commands/mod.ts";
import { SETTINGS } from "../../lib/settings/registry.ts";
import type { Simulator } from "../../sim/simulator.ts";
import { GUIDES } from "../../routes/site/guides.tsx";
import { runApp, type RunningApp } from "../support/app_client.ts";

const ROOT = join(import.meta.dirname!, "../..");
const FOLDER = join(ROOT, "static/guides");
const textOf = (name: string) => Deno.readTextFileSync(join(FOLDER, `${name}.md`));

/** What the others had: each of it has a row, and nobody may take one away. */
const THEY_HAD = `
  /dashboard/overview /dashboard/machines/stats /sensors/stats /predictions/stats /data?tag=
  /anomalies?tag= /stats /users/login /users/refresh /users/me /ingest/batch /machines/{id}/summary
  /sensors/{id}/trend /api/start /api/stop /api/verify /sensor-data/logs?limit= /mqtt/status
  /notifications/test-email /notifications/test-webhook /api/status /api/metrics /api/events
  /api/alerts /api/stream POSTGRES_HOST AI_SERVICE_URL SIMULATION_PORT UI_PORT AI_CHAT_PORT
  EMAIL_SMTP_SERVER NOTIFICATION_EMAIL_TO JWT_EXP_MINUTES MQTT_BROKER_HOST
`.trim().split(/\s+/);

interface Row {
  there: string;
  here: string;
}

/** Rows of the tables of a guide. */
function rowsOf(markdown: string): Row[] {
  return markdown.split("\n").filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()))
    .filter(([there]) => there !== "There" && !/^-+$/.test(there))
    .map(([there, here]) => ({ there, here }));
}

const codeOf = (text: string) => Array.from(text.matchAll(/`([^`]+)`/g), ([, code]) => code);

/** A simulator that does nothing, so that its routes are there. */
function idleSimulator(): Simulator {
  return {
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    status: () => ({
      running: false,
      scenario: "plant",
      title: "",
      scenarios: [],
      seed: 1,
      speed: 1,
      machines: 0,
      sensors: 0,
      simulatedS: 0,
      connected: false,
      published: 0,
      acknowledged: 0,
      pending: 0,
      dropped: 0,
      faults: [],
    }),
  };
}

/** What calls of the guide send, where they need a body to be answered. */
const BODIES: Record<string, unknown> = {
  "/api/ingest/batch": [{ tag: "outside", value: 7 }],
  "/api/users/login": { email: "ada@example.org", password: "long enough" },
  "/api/users/refresh": { refresh_token: "none" },
};

Deno.test("guide coming-from: every row's call is answered, and every name exists", async (t) => {
  const app = await runApp({ OUTGOING_NETWORKS: "127.0.0.1" }, { simulator: idleSimulator() });
  try {
    const ids = await idsOf(app);
    const call = async (method: string, path: string) => {
      const filled = path.replace(/\{(\w+)\}/g, (_, name) => ids[name] ?? assert.fail(path));
      const body = BODIES[path];
      const answer = await app.ask(filled, {
        role: "admin",
        method,
        headers: body === undefined ? {} : { "content-type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      await answer.body?.cancel();
      return answer.status;
    };
    const rows = rowsOf(textOf("coming-from"));
    for (const { there, here } of rows) {
      await t.step(there, async () => {
        for (const code of codeOf(here)) {
          const [, method, path] = /^(GET|POST) (\/\S+)$/.exec(code) ?? [];
          if (method !== undefined) {
            const status = await call(method, pathFor(there, path));
            // What is asked for may be wrong (no mail server, a made-up token); the call has to be there.
            assert.ok(![404, 405, 500].includes(status), `${code}: ${status}`);
          } else if (/^[A-Z]+(_[A-Z]+)+$/.test(code)) {
            assert.ok(VARIABLE_NAMES.includes(code as VariableName), `${code} is no variable`);
            assert.ok(!notesOf(code as VariableName).reserved, `${code} is not read by anything`);
          } else if (code.startsWith("perch ")) assert.ok(isCommand(code), `${code}: no command`);
          else if (/^\w+\.\w+$/.test(code)) assert.ok(code in SETTINGS, `${code}: no setting`);
        }
        // Once it is there, the guide has to say so.
        const path = /`\w+ (\S+)`/.exec(there)?.[1];
        if (here.startsWith("Not in this version")) {
          assert.ok([404, 405].includes(await call("GET", path!)), `${path} is there`);
        }
      });
    }
    const named = rows.flatMap(({ there }) => codeOf(there))
      .map((code) => code.replace(/^(GET|POST) /, ""));
    assert.deepEqual(THEY_HAD.filter((one) => !named.includes(one)), []);
  } finally {
    await app.stop();
  }
});

/** Things for the calls of the guide to find. */
async function idsOf(app: RunningApp): Promise<Record<string, string>> {
  await app.ingest([{ tag: "outside", value: 7 }, {
    machine: "hall-1/press-3",
    sensor: "temperature",
    value: 21,
  }]);
  const users = app.parts.access.users;
  await users.add(
    { email: "ada@example.org", role: "admin", password: "long enough" },
    systemActor("test"),
  );
  const idFrom = async (path: string) =>
    (await (await app.ask(path, { role: "admin" })).json()).items[0].id as string;
  const add = async (path: string, body: unknown) =>
    await (await app.ask(path, {
      role: "admin",
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    })).json();
  // Nobody listens there.
  const address = "http://127.0.0.1:9/perch";
  const channel = await add("/api/channels", {
    kind: "webhook",
    name: "test",
    options: { url: address },
  });
  const webhook = await add("/api/webhooks", {
    name: "signed",
    url: address,
    events: ["alarm.raised"],
  });
  return {
    tag: "outside",
    machine: await idFrom("/api/machines"),
    sensor: await idFrom("/api/sensors"),
    channel: channel.id ?? assert.fail(JSON.stringify(channel)),
    webhook: webhook.id ?? assert.fail(JSON.stringify(webhook)),
  };
}

/** `{id}` is that of a machine or of a sensor, by the path. */
function pathFor(there: string, path: string): string {
  return path.replace("{id}", there.includes("/machines/") ? "{machine}" : "{sensor}");
}

function isCommand(code: string): boolean {
  const words = code.replace(/^perch /, "").split(" ");
  return COMMANDS.some(({ name }) => name === words[0] || name === words.slice(0, 2).join(" "));
}

Deno.test("guides are served to everybody, name each other, and lead nowhere wrong", async () => {
  const files = [...Deno.readDirSync(FOLDER)].map(({ name }) => name.replace(/\.md$/, ""));
  assert.deepEqual(files.sort(), [...GUIDES].sort(), "each file is listed, and no other");
  const app = await runApp();
  try {
    const index = await (await fetch(`${app.url}/guides`)).text();
    const paths = new Set<string>();
    for (const name of GUIDES) {
      assert.ok(index.includes(`href="/guides/${name}"`), name);
      const answer = await fetch(`${app.url}/guides/${name}`);
      const html = await answer.text();
      assert.equal(answer.status, 200, name);
      assert.equal(html.match(/<h1/g)?.length, 1);
      assert.ok(
        !/\]\(|\*\*|^#|\| -/m.test(html.replace(/<pre[^]*?<\/pre>/g, "")),
        `${name}: Markdown is left as it was typed`,
      );
      const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
      assert.equal(new Set(ids).size, ids.length, `${name}: two parts have one name`);
      for (const [, href] of html.matchAll(/<a href="([^"]+)"/g)) {
        if (href.startsWith("/")) paths.add(href);
        else assert.match(href, /^#|^https:\/\//, `${name}: ${href}`);
      }
    }
    for (const path of paths) {
      const answer = await app.ask(path, { role: "admin", redirect: "manual" });
      await answer.body?.cancel();
      assert.ok(answer.status < 400, `${path}: ${answer.status}`);
    }
    const more = await (await app.ask("/more")).text();
    assert.ok(more.includes('href="/guides"'));
    const none = await fetch(`${app.url}/guides/nothing`);
    await none.body?.cancel();
    assert.equal(none.status, 404);
  } finally {
    await app.stop();
  }
});

Deno.test("guides name only variables, settings and commands that exist", () => {
  for (const name of GUIDES.filter((one) => one !== "coming-from")) {
    for (const code of codeOf(textOf(name).replace(/```[^]*?```/g, ""))) {
      const variable = /^([A-Z]+(?:_[A-Z]+)+)(=\S*)?$/.exec(code)?.[1];
      if (variable !== undefined) {
        assert.ok(VARIABLE_NAMES.includes(variable as VariableName), `${name}: ${variable}`);
      } else if (code.startsWith("perch ")) assert.ok(isCommand(code), `${name}: ${code}`);
      else if (/^(access|intake|outgoing|notify|storage|attachments)\.\w+$/.test(code)) {
        assert.ok(code in SETTINGS, `${name}: ${code}`);
      }
    }
  }
});

Deno.test("guides quote the proxies' configurations as they are", () => {
  const plain = (text: string) => text.replace(/^\s*#.*\n/gm, "").replace(/[ \t]+/g, " ").trim();
  const blocks = (text: string) =>
    Array.from(text.matchAll(/```\w*\n([^]*?)```/g), ([, code]) => plain(code));
  for (const file of ["nginx.conf", "Caddyfile"]) {
    const text = plain(Deno.readTextFileSync(join(ROOT, ".github/proxy", file)));
    assert.ok(blocks(textOf("proxy")).includes(text), `${file} is the tested one`);
  }
});

Deno.test("troubleshooting quotes words that the product says", () => {
  const source = [...sourcesBelow(join(ROOT, "lib")), ...sourcesBelow(join(ROOT, "routes")), ...[
    ...sourcesBelow(join(ROOT, "islands")),
  ]].map((path) => Deno.readTextFileSync(path)).join("\n")
    // Sentences over several literals, and values put in.
    .replace(/["`]\s*\+\s*["`]/g, "").replace(/\$\{[^{}]*(\{[^{}]*\}[^{}]*)*\}/g, "…")
    .replace(/\s+/g, " ");
  for (const name of ["troubleshooting", "proxy", "cameras"]) {
    for (const { there } of rowsOf(textOf(name))) {
      for (const code of codeOf(there)) {
        // Several words in a row are a message; a value in it is left out.
        if (!/^[\w…].* .* /.test(code) || /^[A-Z]+_[A-Z]+/.test(code)) continue;
        for (const piece of code.split("…").map((text) => text.trim())) {
          if (piece.split(" ").length < 3) continue;
          assert.ok(source.includes(piece), `${name}: nobody says "${piece}"`);
        }
      }
    }
  }
});

function* sourcesBelow(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* sourcesBelow(path);
    else if (/(?<!_test)\.tsx?$/.test(entry.name)) yield path;
  }
}

import assert from "node:assert/strict";
import { silentLog } from "../base/log.ts";
import { openTestDatabase } from "../../tests/support/database.ts";
import { failingWrites } from "../../tests/support/failing_writes.ts";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { createEventLog } from "../events/events_store.ts";
import { type ChannelList, createChannelList } from "./channel_list.ts";
import { slack } from "./channels/slack.ts";
import { webhook } from "./channels/webhook.ts";
import { createSealer } from "../base/sealed.ts";

const NOTE = () => ({ sql: "select 1" });
const KEY = "a".repeat(43);
const SUBSCRIPTION = { events: ["alarm"], severity: "info" } as const;

async function withChannels(
  work: (t: {
    channels: ChannelList;
    failAfter: (writes: number) => void;
    /** Runs while the options of the next change are checked. */
    meanwhile: (run: () => Promise<void>) => void;
    write: (
      statements: Parameters<Awaited<ReturnType<typeof openTestDatabase>>["write"]>[0],
    ) => Promise<unknown>;
    /** Memory and disk hold the same. */
    agree: () => Promise<void>;
  }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-channels-" });
  const real = await openTestDatabase(folder);
  const { db, failAfter } = failingWrites(real);
  let between = () => Promise.resolve();
  const open = async (database: typeof db) => {
    const channels = createChannelList({
      db: database,
      clock: fakeClock(),
      log: silentLog(),
      kinds: [webhook, slack],
      environment: { smtp: null, slackUrl: "https://hooks.example.org/1" } as never,
      sealer: createSealer(KEY),
      events: createEventLog(database),
      check: () => between(),
    });
    await channels.load();
    return channels;
  };
  try {
    const channels = await open(db);
    await work({
      channels,
      failAfter,
      meanwhile: (run) => void (between = run),
      write: real.write,
      agree: async () => assert.deepEqual(channels.all(), (await open(real)).all()),
    });
  } finally {
    await db.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("createChannelList: a change that is not written leaves memory as the disk", () =>
  withChannels(async ({ channels, failAfter, agree }) => {
    const options = { url: "https://example.org/" };
    const { id } = await channels.add({ kind: "webhook", name: "Hook", options }, NOTE);
    await agree();
    for (
      const change of [
        () => channels.add({ kind: "webhook", name: "Other", options }, NOTE),
        () => channels.change(id, { name: "Renamed", enabled: false }, NOTE),
        () => channels.remove(id, NOTE),
      ]
    ) {
      failAfter(0);
      await assert.rejects(change, /does not answer/);
      await agree();
    }
  }));

Deno.test("createChannelList: a receiver that goes while its channel is changed stays switched off", () =>
  withChannels(async ({ channels, meanwhile, write, agree }) => {
    const options = { url: "https://example.org/" };
    const { id } = await channels.add({ kind: "webhook", name: "Hook", options }, NOTE);
    meanwhile(async () => {
      const noted = channels.noted(id, { state: "gone", answer: "410" }, 5);
      await write(noted.statements);
      noted.done();
    });
    await channels.change(id, { options: { url: "https://example.org/2" } }, NOTE);
    assert.equal(channels.find(id).state.enabled, false);
    assert.equal(channels.find(id).state.failingSinceMs, 5);
    await agree();
    meanwhile(() => Promise.resolve());
    await channels.change(id, { enabled: true }, NOTE);
    assert.deepEqual([channels.find(id).state.enabled, channels.find(id).state.triedMs], [true, 5]);
    await agree();
  }));

Deno.test("createChannelList: what the environment sets takes no subscription that the next start would lose", () =>
  withChannels(async ({ channels, agree }) => {
    const subscription = { ...SUBSCRIPTION, events: [...SUBSCRIPTION.events] };
    await assert.rejects(channels.change("env-slack", { subscription }, NOTE), /environment/);
    await channels.change("env-slack", { enabled: false }, NOTE);
    await agree();
  }));

import assert from "node:assert/strict";
import { PerchError } from "../../base/errors.ts";
import { optionFields } from "../../base/options.ts";
import { cameraFeeds, withFeedDeps } from "../../../tests/support/cameras/feeds.ts";
import { FeedError } from "./kind.ts";
import { CAMERA_KINDS, kindOf } from "./mod.ts";

for (const kind of CAMERA_KINDS) {
  Deno.test(`${kind.kind}: title, help and secrets of its options are there`, () => {
    assert.equal(kindOf(kind.kind), kind);
    assert.match(kind.kind, /^[a-z][a-z0-9_]*$/);
    assert.ok(kind.title.length > 2 && kind.about.endsWith("."), kind.about);
    for (const field of optionFields(kind.options)) {
      assert.notEqual(field.title, field.name, `${field.name} has a title`);
      assert.ok(field.help.length > 5, `${field.name} has a help`);
      assert.equal(field.secret, /password|token|secret/.test(field.name), field.name);
    }
  });

  Deno.test(`${kind.kind}: options that cannot be are refused with a sentence, by field`, async () => {
    const { good, bad } = cameraFeeds[kind.kind];
    for (const [name, value] of [...bad, ["unknown", 1] as const]) {
      const options = { ...good, [name]: value };
      const parsed = kind.options.safeParse(options);
      assert.equal(parsed.success, false, `${name}=${value}`);
      assert.ok(parsed.error!.issues.every(({ message }) => message.length > 5));
      await withFeedDeps(async (deps) => {
        await assert.rejects(
          kind.open(options, deps),
          (error) => error instanceof FeedError && / /.test(error.message),
        );
      });
    }
    assert.ok(kind.options.safeParse(good).success);
  });

  Deno.test(`${kind.kind}: connects to nothing, or to what its address says`, () => {
    const { good, target } = cameraFeeds[kind.kind];
    assert.deepEqual(kind.target(good), target ?? null);
    if (target === undefined) return;
    assert.throws(() => kind.target({ ...good, url: "file:///etc/passwd" }), PerchError);
  });

  Deno.test(`${kind.kind}: no address and no password among the arguments of ffmpeg`, async () => {
    const { good, canaries = [], world } = cameraFeeds[kind.kind];
    await withFeedDeps(async (deps) => {
      const feed = await kind.open(good, deps);
      try {
        const text = feed.input.join(" ");
        assert.equal(feed.input.at(-2), "-i");
        for (const canary of canaries) assert.ok(!text.includes(canary), text);
        const isOpen = /^(-f v4l2|-re -f lavfi)/.test(text);
        assert.ok(isOpen || /-protocol_whitelist [a-z,]+ /.test(text), text);
        assert.equal(text.includes("pipe:0"), feed.stdin !== undefined);
        assert.equal(feed.fault(), null);
      } finally {
        await feed.close();
        await feed.stdin?.cancel().catch(() => {});
      }
    }, world);
  });
}

/**
 * Z26. What a person can type as the address of a camera, names whose meaning changes, and what a hostile camera
 * answers, through each kind of network camera and with a real ffmpeg: a canary on every address of a network made
 * for the test counts what gets through.
 * `SABOTAGE=no-guard` judges no address, `SABOTAGE=no-relay` gives ffmpeg the address itself.
 */
import assert from "node:assert/strict";
import { haveCommands } from "../support/commands.ts";
import { inOwnNetwork } from "../support/own_network.ts";
import type { CameraSsrfReport } from "./camera_ssrf_child.ts";

const ignore = !haveCommands({
  dnsmasq: "dnsmasq-base",
  ip: "iproute2",
  unshare: "util-linux",
  ffmpeg: "ffmpeg",
});

const KINDS = ["rtsp", "http_mjpeg", "http_still"];

Deno.test({
  name:
    "Z26: closed addresses, a name that changes and a camera that lays traps lead no camera elsewhere",
  ignore,
  async fn() {
    const report = await inOwnNetwork<CameraSsrfReport>(
      new URL("./camera_ssrf_child.ts", import.meta.url),
    );
    assert.deepEqual(report.passed, []);
    assert.deepEqual(report.closed, []);
    assert.deepEqual(report.leaks, []);
    assert.ok(report.asked >= 3 * 140, `${report.asked} addresses`);

    assert.deepEqual(report.flips.other, []);
    assert.ok(report.flips.opened > 20 && report.flips.refused > 20, JSON.stringify(report.flips));

    for (const kind of KINDS) {
      const came = (what: string) => report.allowed[`${kind}: ${what}`];
      // It answers 404, so it was reached.
      assert.equal(came("internet"), "no_picture");
      assert.equal(came("LAN, allowed"), "no_picture");
      for (
        const what of [
          "LAN",
          "LAN, another port allowed",
          "LAN, another host allowed",
          "metadata, allowed",
          "loopback, allowed",
          "own port, allowed",
        ]
      ) assert.equal(came(what), "not_allowed", `${kind}: ${what}`);
      assert.equal(report.trapped[`${kind}: redirect`], "no_picture");
    }
    // Otherwise the traps would show nothing.
    assert.equal(report.trapped["http_still: addresses beside a picture"], "ffmpeg: a picture");
  },
});

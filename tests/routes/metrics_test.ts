/** `/metrics` as Prometheus reads it. */
import assert from "node:assert/strict";
import { runApp } from "../support/app_client.ts";
import { haveCommands } from "../support/commands.ts";

const ignore = !haveCommands({ promtool: "prometheus" });

Deno.test({
  name: "metrics: promtool has nothing to say about them",
  ignore,
  async fn() {
    const under = await runApp();
    try {
      const body = JSON.stringify([
        { machine: "hall-1/press-3", sensor: "temperature", value: 61.5 },
        { machine: "hall-1/press-3", sensor: "rpm", value: 420 },
        { machine: "hall-1/press-3" },
      ]);
      const ingested = await under.ask("/api/ingest/batch", {
        role: "engineer",
        method: "POST",
        body,
      });
      assert.equal(ingested.status, 200, await ingested.text());
      const answer = await under.ask("/metrics");
      assert.equal(answer.status, 200);
      const promtool = new Deno.Command("promtool", {
        args: ["check", "metrics"],
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const text = await answer.text();
      assert.match(text, /^perch_event_loop_lag_p99_seconds \d/m);
      const writer = promtool.stdin.getWriter();
      await writer.write(new TextEncoder().encode(text));
      await writer.close();
      const { code, stdout, stderr } = await promtool.output();
      const complaints = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
      assert.deepEqual([code, complaints], [0, ""]);
    } finally {
      await under.stop();
    }
  },
});

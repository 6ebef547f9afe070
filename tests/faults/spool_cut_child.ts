/**
 * The program whose writes are recorded: puts messages into the spool of a codec in the folder of its argument, says
 * on standard output which are on disk, and decides on some of them. `SABOTAGE=no_fsync` leaves the fsyncs out.
 */
import { systemClock } from "../../lib/base/clock.ts";
import { saveCodecState } from "../../lib/sources/codecs/codec_state.ts";
import { Spool } from "../../lib/sources/codecs/spool.ts";
import { sabotaged } from "../support/sabotage.ts";

const TURNS = 40;
const SEGMENT_BYTES = 20_000;

if (sabotaged("no_fsync")) {
  Deno.FsFile.prototype.sync = Deno.FsFile.prototype.syncData = () => Promise.resolve();
}
const [folder] = Deno.args;
const spool = new Spool({
  ...{ folder, codec: "one", clock: systemClock(), segmentBytes: SEGMENT_BYTES },
  limits: () => ({ bytes: 1e9, messages: 1e6 }),
  refusal: () => null,
  save: (next) => saveCodecState(folder, "one", { topics: ["raw/#"], next, pause: null }),
  onRoom() {},
  onError(what, error) {
    throw new Error(what, { cause: error });
  },
});
await spool.open(1);
let n = 0;
for (let turn = 0; turn < TURNS; turn++) {
  const stored = Array.from({ length: 1 + turn % 5 }, () => {
    const text = `${++n} `.repeat(1 + (n * 7919) % 400);
    return new Promise<void>((resolve, reject) => {
      const message = { source: "mqtt", topic: "raw/a", payload: new TextEncoder().encode(text) };
      const seq = spool.append(
        { ...message, arrival: { tMs: n, suspect: false } },
        (error) => error === null ? (say({ stored: seq, text }), resolve()) : reject(error),
      );
    });
  });
  spool.sync();
  await Promise.all(stored);
  if (turn % 8 !== 7) continue;
  const upTo = n - 5;
  say({ decided: upTo });
  spool.decided(upTo);
  await spool.settle();
}
await spool.close();

function say(line: unknown): void {
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(line) + "\n"));
}

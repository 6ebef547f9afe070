import { join } from "node:path";
import type { AppUnderTest } from "./app.ts";
import { until } from "./until.ts";

/** Texts as what a detector finds, and as what a fault detector sees. Gives how many findings there are. */
export async function asFindings(
  texts: readonly string[],
  { dataDir, app }: Pick<AppUnderTest, "dataDir" | "app">,
  ingest: (readings: readonly unknown[]) => Promise<number>,
): Promise<number> {
  const { scripts, custom } = app.parts();
  const list = JSON.stringify(texts.map((text) => text.slice(0, 300)));
  await write(
    dataDir,
    "detectors/hostile.js",
    `export const sensors = ["found/texts/number"];
export const title = ${list}[0];
export const step = (state, { kind, value }) => ({ state, findings: kind === "tick" ? [] : [
  { phase: "point", severity: "warning", text: (${list})[value] },
] });`,
  );
  await write(
    dataDir,
    "fault_detectors/hostile.js",
    `const texts = ${list}.slice(0, 10);
export const check = () => texts.map((message) => (
  { severity: "medium", component: message.slice(0, 100), message }
));`,
  );
  await scripts.look();
  await until("the detector", () => custom.stats().find(({ title }) => title !== null) ?? null);
  await ingest(texts.map((_, value) => ({ machine: "found/texts", sensor: "number", value })));
  return await until("what it finds", () => {
    const { steps, findings } = custom.stats().find(({ name }) => name === "hostile")!;
    return steps >= texts.length ? findings : null;
  });
}

async function write(dataDir: string, path: string, text: string): Promise<void> {
  await Deno.mkdir(join(dataDir, path, ".."), { recursive: true });
  await Deno.writeTextFile(join(dataDir, path), text);
}

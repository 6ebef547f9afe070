/**
 * DESIGN. Putting other data in the place of a plant's is a list of moves with a journal, in two phases: everything
 * that is there goes out, then what comes in goes in. The journal is on the disk before the first move, and its
 * name says how far it is, because a file can be renamed when the disk is full. So after a kill the next start
 * knows what each file is, and goes on. Where that fails (a full disk), the same moves backwards give what was
 * there.
 *
 *   out → in → done          in-back → out-back → as it was
 */
import { dirname, isAbsolute, join, relative } from "node:path";
import { z } from "zod";
import { makeFolder, removeDurably, syncFolder, writeDurably } from "../base/durable_file.ts";
import { messageOf, PerchError } from "../base/errors.ts";
import { lookAt, moveTree, removeEmpty } from "./moving.ts";

const PHASES = ["out", "in", "in-back", "out-back"] as const;
type Phase = typeof PHASES[number];

/** Of the journal, in the data directory. */
export const journalName = (phase: Phase) =>
  phase === "out" ? "restoring.json" : `restoring-${phase}.json`;

/** What a restore unpacks to begins with this, in the data directory. */
export const INCOMING = ".restore-";

export const itemShape = z.object({
  /** Where Perch has it; below the data directory if it does not begin with `/`. */
  live: z.string(),
  /** What it is called in the folders that it comes from and goes to. */
  name: z.string(),
});
export type Item = z.output<typeof itemShape>;

const swapShape = z.object({
  format: z.literal(1),
  kind: z.enum(["restore", "undo"]),
  /** Folder of what goes in, below the data directory. */
  incoming: z.string(),
  /** Folder of what goes out, below the data directory. */
  outgoing: z.string(),
  items: z.array(itemShape),
});
export type Swap = z.output<typeof swapShape>;

/** For tests: called before each step with its name. */
export type OnStep = (step: string) => void | Promise<void>;
const noStep: OnStep = () => {};

/** How a place is written down: so that the data directory may be somewhere else after a kill. */
export function placeIn(dataDir: string, path: string): string {
  const below = relative(dataDir, path);
  return below.startsWith("..") || isAbsolute(below) ? path : below;
}

/**
 * Does the swap; everything is on the disk then. When it fails, the plant is as it was before.
 * @throws what the file system says, or PerchError `not_started` when the way back failed too
 */
export async function doSwap(dataDir: string, swap: Swap, onStep = noStep): Promise<void> {
  await onStep("journal");
  await writeDurably(
    join(dataDir, journalName("out")),
    new TextEncoder().encode(JSON.stringify(swap, null, 2) + "\n"),
  );
  await forward(dataDir, swap, "out", onStep);
}

/**
 * What a kill left half done, is done, or taken back; null when there is nothing.
 * @throws PerchError `not_started`
 */
export async function finishSwap(
  dataDir: string,
  onStep = noStep,
): Promise<{ swap: Swap; done: boolean } | null> {
  const found = await readJournal(dataDir);
  if (found === null) return null;
  const { swap, phase } = found;
  if (phase === "out" || phase === "in") {
    try {
      await forward(dataDir, swap, phase, onStep);
      return { swap, done: true };
    } catch (error) {
      if (await readJournal(dataDir) !== null) throw stuck(dataDir, error);
      return { swap, done: false };
    }
  }
  await back(dataDir, swap, phase, onStep).catch((error) => {
    throw stuck(dataDir, error);
  });
  return { swap, done: false };
}

/** Whether a swap is half done. */
export async function isSwapping(dataDir: string): Promise<boolean> {
  const found = await Promise.all(PHASES.map((one) => lookAt(join(dataDir, journalName(one)))));
  return found.some((info) => info !== null);
}

async function forward(dataDir: string, swap: Swap, from: Phase, onStep: OnStep): Promise<void> {
  let phase = from;
  try {
    if (phase === "out") {
      await moveAll(dataDir, swap, "out", onStep);
      await turn(dataDir, "out", "in", onStep);
      phase = "in";
    }
    await moveAll(dataDir, swap, "in", onStep);
  } catch (error) {
    const returning = phase === "in" ? "in-back" : "out-back";
    await turn(dataDir, phase, returning, onStep)
      .then(() => back(dataDir, swap, returning, onStep))
      .catch((second) => {
        throw stuck(dataDir, second);
      });
    throw error;
  }
  await onStep("end");
  await removeDurably(join(dataDir, journalName("in")));
  await clear(dataDir, swap);
}

async function back(dataDir: string, swap: Swap, phase: Phase, onStep: OnStep): Promise<void> {
  if (phase === "in-back") {
    await moveAll(dataDir, swap, "in-back", onStep);
    await turn(dataDir, "in-back", "out-back", onStep);
  }
  await moveAll(dataDir, swap, "out-back", onStep);
  await onStep("end");
  await removeDurably(join(dataDir, journalName("out-back")));
  await removeEmpty(join(dataDir, swap.outgoing));
  // What a restore unpacked can be unpacked again; what an undo takes from must not be lost.
  if (swap.kind === "restore") await clear(dataDir, swap);
}

/** What is left of the folder that things came from. After a kill the next start does it (`clearLitter`). */
async function clear(dataDir: string, { kind, incoming }: Swap): Promise<void> {
  const folder = join(dataDir, incoming);
  if (kind === "undo") await removeEmpty(folder);
  else await Deno.remove(folder, { recursive: true }).catch(() => {});
}

async function moveAll(
  dataDir: string,
  { items, incoming, outgoing }: Swap,
  phase: Phase,
  onStep: OnStep,
): Promise<void> {
  const folder = join(dataDir, phase === "out" || phase === "out-back" ? outgoing : incoming);
  const toLive = phase === "in" || phase === "out-back";
  const touched = new Set([dataDir, folder]);
  for (const { live, name } of items) {
    await onStep(`${phase} ${name}`);
    const place = isAbsolute(live) ? live : join(dataDir, live);
    const [from, to] = toLive ? [join(folder, name), place] : [place, join(folder, name)];
    if (await lookAt(from) === null) continue;
    await makeFolder(dirname(to));
    await moveTree(from, to);
    for (const path of [from, to]) touched.add(dirname(path));
  }
  for (const path of touched) if (await lookAt(path) !== null) await syncFolder(path);
}

async function turn(dataDir: string, from: Phase, to: Phase, onStep: OnStep): Promise<void> {
  await onStep(`${from} to ${to}`);
  await Deno.rename(join(dataDir, journalName(from)), join(dataDir, journalName(to)));
  await syncFolder(dataDir);
}

async function readJournal(dataDir: string): Promise<{ swap: Swap; phase: Phase } | null> {
  for (const phase of PHASES) {
    const path = join(dataDir, journalName(phase));
    if (await lookAt(path) === null) continue;
    try {
      return { swap: swapShape.parse(JSON.parse(await Deno.readTextFile(path))), phase };
    } catch (error) {
      throw new PerchError(
        "not_started",
        `${path} says that a restore was interrupted, and cannot be read ` +
          `(${
            messageOf(error).slice(0, 200)
          }). Start the Perch that wrote it, and do not remove it: files of ` +
          "the plant are in the folders replaced-… and .restore-… beside it. Nothing was changed.",
        { refusal: { kind: "elsewhere", what: `${path} cannot be read` } },
      );
    }
  }
  return null;
}

function stuck(dataDir: string, error: unknown): PerchError {
  return new PerchError(
    "not_started",
    `A restore in ${dataDir} was interrupted and can neither be finished nor taken back ` +
      `(${
        messageOf(error)
      }). Make room, see to the disk, and start Perch again: it goes on where it was. ` +
      "Nothing is lost.",
    { cause: error, refusal: { kind: "elsewhere", what: `A restore in ${dataDir} is stuck` } },
  );
}

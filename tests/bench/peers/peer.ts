/** What is measured side by side: a database that takes line protocol over HTTP. */
import { influxPeer } from "./influx.ts";
import { perchPeer } from "./perch.ts";
import { victoriaPeer } from "./victoria.ts";

/** A stretch of the month, `[fromMs, toMs)`, in buckets of `bucketS`. */
export interface Asked {
  fromMs: number;
  toMs: number;
  bucketS: number;
}

/** One that runs, with its data in a temporary folder that goes with it. */
export interface Peer extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  /** Where lines with times in ms are sent. */
  readonly write: { path: string; headers: readonly string[] };
  /** Switches on what users have beside the intake, once the sensors are known. */
  settleIn(sensors: number): Promise<void>;
  /** SIGKILL, and a start on what it left. */
  killAndRestart(): Promise<void>;
  /** SIGTERM, and a start. */
  restart(): Promise<void>;
  /** Readings of the first `sensors` sensors between two times. */
  count(sensors: number, fromMs: number, toMs: number): Promise<number>;
  /** Asks for min, mean, max and count of the first sensor in buckets; the answer's text. */
  ask(asked: Asked): Promise<string>;
  /** How many readings such an answer counted, and in how many buckets. */
  counted(answer: string): { readings: number; buckets: number };
  /** Everything at rest: bytes that a stored reading takes there, before the folder goes. It does not run after it. */
  bytesPerReading(readings: number): Promise<number>;
}

export interface PeerKind {
  /** As figures begin. */
  name: "perch" | "influx" | "victoria";
  title: string;
  /** Why it is left out; null: it is there. */
  missing(): string | null;
  /** `below`: where its temporary folder is made. */
  start(below: string): Promise<Peer>;
}

/** In the order of the table. */
export const PEERS: readonly PeerKind[] = [
  {
    name: "victoria",
    title: "VictoriaMetrics",
    missing: () => notInstalled("victoria-metrics", "victoria-metrics"),
    start: victoriaPeer,
  },
  {
    name: "influx",
    title: "InfluxDB",
    missing: () => notInstalled("influxd", "influxdb"),
    start: influxPeer,
  },
  { name: "perch", title: "Perch", missing: () => null, start: perchPeer },
];

function notInstalled(program: string, debianPackage: string): string | null {
  const found = ["/usr/bin", "/usr/local/bin", "/usr/sbin"].some((folder) => {
    try {
      return Deno.statSync(`${folder}/${program}`).isFile;
    } catch {
      return false;
    }
  });
  return found ? null : `${program} is not installed: apt-get install ${debianPackage}`;
}

/** The text of an answer. @throws Error with what was answered instead of 200 */
export async function textOf(answer: Response): Promise<string> {
  const text = await answer.text();
  if (answer.ok) return text;
  throw new Error(`${answer.url}: ${answer.status} ${text.slice(0, 500)}`);
}

/** Bytes in the files of a folder; of those that were made larger than what was written to them, what is on the disk. */
export function diskBytes(folder: string): number {
  let sum = 0;
  for (const { name, isDirectory, isFile } of Deno.readDirSync(folder)) {
    if (isDirectory) sum += diskBytes(`${folder}/${name}`);
    if (!isFile) continue;
    const { size, blocks } = Deno.statSync(`${folder}/${name}`);
    sum += Math.min(size, blocks! * 512);
  }
  return sum;
}

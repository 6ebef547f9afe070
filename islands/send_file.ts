import type { UploadJson } from "../lib/uploads/shapes.ts";
import { fetchOwn } from "./own.ts";

/** How far a file is on its way to Perch. */
export interface Sending {
  sent: number;
  /** The connection is broken: it is tried again. */
  waiting: boolean;
}

const PART_BYTES = 4 * 1024 * 1024;
const WAIT_MS = [500, 1_000, 2_000, 5_000, 10_000];

/**
 * Sends a file in parts to `uploads` (`/api/…/uploads`). A broken connection, or a Perch that starts again, is waited
 * for; one that was begun before is gone on with. Gives its id. Throws the sentence of a refusal.
 */
export async function sendFile(
  file: File,
  uploads: string,
  signal: AbortSignal,
  onProgress: (sending: Sending) => void,
): Promise<string> {
  let upload: UploadJson | null = null;
  for (let failures = 0;;) {
    try {
      upload = upload === null
        ? await beginOrFind(file, uploads, signal)
        : await state(`${uploads}/${upload.id}`, signal);
      while (upload.received < file.size) {
        onProgress({ sent: upload.received, waiting: false });
        upload = { ...upload, received: await sendPart(uploads, upload, file, signal) };
        failures = 0;
      }
      return upload.id;
    } catch (error) {
      if (signal.aborted || error instanceof Refused) throw error;
      onProgress({ sent: upload?.received ?? 0, waiting: true });
      await pause(WAIT_MS[Math.min(failures++, WAIT_MS.length - 1)], signal);
    }
  }
}

/** Trying again does not help. */
export class Refused extends Error {}

async function beginOrFind(
  file: File,
  uploads: string,
  signal: AbortSignal,
): Promise<UploadJson> {
  const { items } = await (await ask(uploads, { signal })).json() as { items: UploadJson[] };
  const begun = items.find(({ state, name, bytes }) =>
    state === "coming" && bytes === file.size && name === plain(file.name)
  );
  if (begun !== undefined) return begun;
  const answer = await ask(uploads, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: file.name.slice(-200), bytes: file.size }),
    signal,
  });
  return await answer.json();
}

/** As Perch keeps names, for those that it takes as they are. */
const plain = (name: string) => name.replace(/[^A-Za-z0-9._-]+/g, "-").slice(-80);

async function state(path: string, signal: AbortSignal): Promise<UploadJson> {
  return await (await ask(path, { signal })).json();
}

/** Gives how much is there. */
async function sendPart(
  uploads: string,
  upload: UploadJson,
  file: File,
  signal: AbortSignal,
): Promise<number> {
  const answer = await ask(`${uploads}/${upload.id}`, {
    method: "PATCH",
    headers: {
      "content-type": "application/offset+octet-stream",
      "upload-offset": String(upload.received),
    },
    body: file.slice(upload.received, upload.received + PART_BYTES),
    signal,
  });
  return Number(answer.headers.get("upload-offset"));
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  const answer = await fetchOwn(path, init);
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  const sentence = problem.detail ?? `Perch answered with ${answer.status}`;
  // Away for a moment, or the part before is still being written: where it stands is asked again.
  const passes = [408, 429, 502, 503, 504].includes(answer.status) ||
    (answer.status === 409 && init.method === "PATCH");
  throw passes ? new Error(sentence) : new Refused(sentence);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}

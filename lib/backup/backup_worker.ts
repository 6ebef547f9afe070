/** Makes a backup, or unpacks one, one after the other: both stay off the main loop. Started by `client.ts`. */
import { messageOf, PerchError } from "../base/errors.ts";
import { isAbort } from "../base/disk.ts";
import { makeBackup } from "./make.ts";
import type { FromBackup, ToBackup } from "./messages.ts";
import { unpackArchive } from "./unpack.ts";
import type { Progress } from "./types.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<ToBackup>) => void;
  postMessage: (answer: FromBackup) => void;
};

/** A share is reported when it is so much larger than the one before. */
const REPORTED_SHARE = 0.005;
const BEGINNING: Progress = { stage: "copying", share: -1 };
/** Of the call that runs. */
let stop = new AbortController();
let last = BEGINNING;

function onProgress(progress: Progress): void {
  if (progress.stage === last.stage && progress.share - last.share < REPORTED_SHARE) return;
  last = progress;
  scope.postMessage({ kind: "progress", progress });
}

async function answer(message: ToBackup): Promise<FromBackup> {
  const { signal } = stop;
  if (message.kind === "make") {
    const { request, migrationsFolder } = message;
    const made = await makeBackup({ request, migrationsFolder, signal, onProgress });
    return { kind: "made", made };
  }
  if (message.kind === "stop") throw new TypeError("a stop is no work");
  const { file, identity, target, migrationsFolder, mostBytes } = message.request;
  const onShare = (share: number) => onProgress({ stage: "unpacking", share });
  const { manifest } = await unpackArchive({
    file,
    identity,
    into: target,
    mostBytes,
    migrationsFolder,
    durable: true,
    signal,
    onShare,
  });
  return { kind: "unpacked", manifest };
}

function failure(error: unknown): FromBackup {
  if (isAbort(error)) {
    return {
      kind: "failed",
      code: "unavailable",
      message: "The backup was called off.",
      errors: [],
    };
  }
  if (error instanceof PerchError) {
    const { code, message, errors, retryAfterS } = error;
    return { kind: "failed", code, message, errors, retryAfterS };
  }
  return { kind: "failed", code: "internal", message: messageOf(error), errors: [] };
}

scope.onmessage = async ({ data }) => {
  if (data.kind === "stop") return stop.abort();
  stop = new AbortController();
  last = BEGINNING;
  scope.postMessage(await answer(data).catch(failure));
};

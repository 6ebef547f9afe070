import type { ErrorCode, FieldError } from "../base/errors.ts";
import type { Manifest } from "./manifest.ts";
import type { MadeBackup, MakeRequest, Progress, UnpackRequest } from "./types.ts";

/** What the worker is told. */
export type ToBackup =
  | { kind: "make"; request: MakeRequest; migrationsFolder: string }
  | { kind: "unpack"; request: UnpackRequest }
  | { kind: "stop" };

/** What it answers: progress, and one of the others at its end. */
export type FromBackup =
  | { kind: "progress"; progress: Progress }
  | { kind: "made"; made: MadeBackup }
  | { kind: "unpacked"; manifest: Manifest }
  | {
    kind: "failed";
    code: ErrorCode;
    message: string;
    errors: readonly FieldError[];
    retryAfterS?: number;
  };

/** What a script may use. */
export const LIMITS = {
  /** Of the file. */
  sourceBytes: 256_000,
  /** Everything that it holds. */
  memoryBytes: 16 * 1024 * 1024,
  stackBytes: 256 * 1024,
  /** To be read and run once. */
  loadMs: 100,
  /** After so long within a batch the rest is left for the next turn. */
  turnMs: 10,
  /** An input that is still running so long after the turn began is ended: it has had at least 20 ms. */
  inputMs: 30,
  /** The answers of one call, as JSON. */
  outputChars: 1_000_000,
  /** Arrays and objects within each other. */
  depth: 32,
  /** A message to people. */
  messageChars: 500,
  /** A worker that is silent for longer hangs in something that cannot be interrupted. */
  hangMs: 3_000,
  /** Inputs that are sent to the worker at a time, and characters of them. */
  batch: 256,
  batchChars: 1_000_000,
} as const;

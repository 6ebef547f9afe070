/** Where a command writes and reads. Tests hand in their own. */
export interface Terminal {
  /** Results: standard output, one line. */
  out(line: string): void;
  /** Logs, progress and errors: standard error, one line. */
  err(line: string): void;
  /** Everything on standard input. Throws a TypeError when it is not UTF-8. */
  input(): Promise<string>;
  /** True when a person reads the errors (colour, hints). */
  readonly isPerson: boolean;
  /** True when standard input is a keyboard rather than a pipe. */
  readonly isKeyboard: boolean;
}

const MOST_INPUT_BYTES = 64 * 1024;

/** The process's own streams. A closed or full pipe never stops Perch. */
export function processTerminal(): Terminal {
  const writer = (stream: { writeSync(bytes: Uint8Array): number }) => (line: string) => {
    const bytes = new TextEncoder().encode(line + "\n");
    try {
      for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
    } catch {
      // Nobody reads any more (EPIPE) or the reader is slow (EAGAIN): the line is lost, the work goes on.
    }
  };
  return {
    out: writer(Deno.stdout),
    err: writer(Deno.stderr),
    isPerson: Deno.stderr.isTerminal(),
    isKeyboard: Deno.stdin.isTerminal(),
    async input() {
      const chunks: Uint8Array<ArrayBuffer>[] = [];
      let size = 0;
      for await (const chunk of Deno.stdin.readable) {
        size += chunk.length;
        if (size > MOST_INPUT_BYTES) throw new TypeError("standard input is too long");
        chunks.push(chunk);
      }
      return new TextDecoder("utf-8", { fatal: true }).decode(await new Blob(chunks).arrayBuffer());
    },
  };
}

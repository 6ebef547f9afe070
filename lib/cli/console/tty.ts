/**
 * The terminal that a person sits at. Keys are looked for and then read, never waited for in a read: what a shell
 * moves into the background must not be stopped because it reads or sets up a terminal that is not its own (SIGTTIN,
 * SIGTTOU). Needs `--allow-ffi`; without libc there is none.
 */
import { createKeyReader, type Key } from "./keys.ts";
import type { Size } from "./screen.ts";

export interface TtyEvents {
  onKey(key: Key): void;
  /** It has another size, or somebody else wrote on it. */
  onRedraw(): void;
  /** The terminal is gone, or the process is asked to end. */
  onGone(): void;
}

export interface Tty {
  size(): Size;
  write(text: string): void;
  /** Moves no cursor. */
  readonly isDumb: boolean;
  readonly hasColour: boolean;
  /** This process may read from it: no shell has put it into the background. */
  isOurs(): boolean;
  /** Takes the keyboard; what is given sets the terminal back, however often it is called. */
  open(events: TtyEvents): () => void;
}

const LOOK_MS = 30;
const POLLIN = 1;
/** POLLERR, POLLHUP, POLLNVAL. */
const GONE = 0x38;
const FALLBACK: Size = { columns: 80, rows: 24 };
const ENDS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

export interface TtyOptions {
  /** Where it is drawn. */
  out: { writeSync(bytes: Uint8Array): number; isTerminal(): boolean };
  isDumb: boolean;
  /** Listens for what asks the process to end: nobody else does. */
  takesSignals: boolean;
}

/** Null: standard input or `out` is no terminal. */
export function openTty({ out, isDumb, takesSignals }: TtyOptions): Tty | null {
  if (!Deno.stdin.isTerminal() || !out.isTerminal()) return null;
  const opened = openLibc();
  if (opened === null) return null;
  const libc = opened;
  const isOurs = () => libc.tcgetpgrp(0) === libc.getpgrp();
  const write = (text: string) => {
    const bytes = new TextEncoder().encode(text);
    try {
      for (let at = 0; at < bytes.length;) at += out.writeSync(bytes.subarray(at));
    } catch {
      // Nobody reads any more, or too slowly: what is drawn next repairs it.
    }
  };

  function open(events: TtyEvents): () => void {
    const reader = createKeyReader();
    let isOpen = true;
    const setRaw = (raw: boolean) => {
      try {
        if (isOurs()) Deno.stdin.setRaw(raw);
      } catch {
        // The terminal is gone.
      }
    };
    const gone = () => {
      if (isOpen) events.onGone();
    };
    const look = () => {
      if (!isOurs()) return;
      const seen = libc.poll(0);
      if ((seen & GONE) !== 0) return gone();
      const bytes = (seen & POLLIN) === 0 ? null : readNow();
      if (bytes?.length === 0) return gone();
      const keys = bytes === null ? reader.settle() : reader.push(bytes);
      for (const key of keys) if (isOpen) events.onKey(key);
    };
    const again = () => {
      setRaw(true);
      events.onRedraw();
    };
    const restore = () => {
      if (!isOpen) return;
      isOpen = false;
      clearInterval(timer);
      stopListening();
      if (!isDumb) write("\x1b[?7h\x1b[?25h");
      setRaw(false);
    };
    // What was typed before there was anything to answer is no answer.
    setRaw(true);
    while ((libc.poll(0) & POLLIN) !== 0 && (readNow()?.length ?? 0) > 0);
    if (!isDumb) write("\x1b[?25l");
    const timer = setInterval(look, LOOK_MS);
    const stopListening = listen([
      ["SIGWINCH", events.onRedraw],
      ["SIGCONT", again],
      ...(takesSignals ? ENDS.map((name) => [name, gone] as const) : []),
    ], restore);
    return restore;
  }

  return { size: sizeNow, write, isDumb, hasColour: !isDumb && !Deno.noColor, isOurs, open };
}

function sizeNow(): Size {
  try {
    const { columns, rows } = Deno.consoleSize();
    return columns > 0 && rows > 0 ? { columns, rows } : FALLBACK;
  } catch {
    return FALLBACK;
  }
}

/** What is there to read; null: nothing after all. */
function readNow(): Uint8Array | null {
  const buffer = new Uint8Array(1_024);
  try {
    const n = Deno.stdin.readSync(buffer);
    return buffer.subarray(0, n ?? 0);
  } catch (error) {
    return error instanceof Deno.errors.WouldBlock ? null : new Uint8Array();
  }
}

/** Signals, and the process's own end whatever the reason: the terminal is set back before it. */
function listen(
  signals: readonly (readonly [Deno.Signal, () => void])[],
  restore: () => void,
): () => void {
  const onCrash = (event: Event) => {
    // Somebody survives it.
    if (!event.defaultPrevented) restore();
  };
  for (const [name, handler] of signals) Deno.addSignalListener(name, handler);
  globalThis.addEventListener("unload", restore);
  globalThis.addEventListener("error", onCrash);
  globalThis.addEventListener("unhandledrejection", onCrash);
  return () => {
    for (const [name, handler] of signals) Deno.removeSignalListener(name, handler);
    globalThis.removeEventListener("unload", restore);
    globalThis.removeEventListener("error", onCrash);
    globalThis.removeEventListener("unhandledrejection", onCrash);
  };
}

const LIBC: Readonly<Record<string, string>> = { linux: "libc.so.6", darwin: "libSystem.B.dylib" };

/** What Deno does not give: poll(2), tcgetpgrp(3), getpgrp(2). */
function openLibc() {
  try {
    const { symbols } = Deno.dlopen(LIBC[Deno.build.os], {
      poll: { parameters: ["buffer", "usize", "i32"], result: "i32" },
      tcgetpgrp: { parameters: ["i32"], result: "i32" },
      getpgrp: { parameters: [], result: "i32" },
    });
    return {
      /** What can be done with a descriptor now. */
      poll(fd: number): number {
        // struct pollfd: descriptor 4 bytes, asked 2, answered 2.
        const entry = new DataView(new ArrayBuffer(8));
        entry.setInt32(0, fd, true);
        entry.setInt16(4, POLLIN, true);
        return symbols.poll(entry, 1n, 0) > 0 ? entry.getInt16(6, true) : 0;
      },
      tcgetpgrp: symbols.tcgetpgrp,
      getpgrp: symbols.getpgrp,
    };
  } catch {
    return null;
  }
}

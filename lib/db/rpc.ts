import { PerchError } from "../base/errors.ts";
import type { ErrorCode, FieldError } from "../base/errors.ts";

/**
 * Typed request and response over `postMessage`: the application's side of the database worker and
 * the worker's side of it. Calls are answered one at a time, in the order they are made.
 */

/** What both ends of a message channel have in common (Worker, MessagePort, worker scope). */
export interface MessagePeer {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
}

interface Request {
  call: number;
  method: string;
  args: unknown[];
}
type Response =
  | { call: number; ok: true; value: unknown }
  | {
    call: number;
    ok: false;
    code: ErrorCode;
    message: string;
    errors: readonly FieldError[];
    retryAfterS?: number;
    refusal?: PerchError["refusal"];
  };

export interface RpcClient {
  /** Rejects with the PerchError of the other side, or `busy` when too many calls wait. */
  // deno-lint-ignore no-explicit-any
  call(method: string, args: unknown[], transfer?: Transferable[]): Promise<any>;
  /** Rejects every waiting and every later call: the other side is gone. */
  fail(error: PerchError): void;
}

/** More calls than this do not wait: the caller gets `busy`. */
const MOST_WAITING = 10_000;

/** A call that nobody waits for, made before there is a client; later calls are answered after it. */
export function earlyCall(method: string, args: unknown[]): unknown {
  return { call: 0, method, args } satisfies Request;
}

export function createRpcClient(peer: MessagePeer): RpcClient {
  const waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: PerchError) => void }
  >();
  let calls = 0;
  let failed: PerchError | null = null;
  peer.addEventListener("message", (event) => {
    const response = event.data as Response;
    const entry = waiting.get(response.call);
    if (!entry) return;
    waiting.delete(response.call);
    if (response.ok) return entry.resolve(response.value);
    entry.reject(
      new PerchError(response.code, response.message, {
        errors: [...response.errors],
        retryAfterS: response.retryAfterS,
        refusal: response.refusal,
      }),
    );
  });
  return {
    call(method, args, transfer = []) {
      if (failed) return Promise.reject(failed);
      if (waiting.size >= MOST_WAITING) {
        return Promise.reject(
          new PerchError("busy", "the database has too much to do", { retryAfterS: 1 }),
        );
      }
      return new Promise((resolve, reject) => {
        const call = ++calls;
        waiting.set(call, { resolve, reject });
        try {
          peer.postMessage({ call, method, args } satisfies Request, transfer);
        } catch (error) {
          waiting.delete(call);
          reject(error);
        }
      });
    },
    fail(error) {
      failed = error;
      for (const entry of waiting.values()) entry.reject(error);
      waiting.clear();
    },
  };
}

// deno-lint-ignore no-explicit-any
export type RpcHandlers = Record<string, (...args: any[]) => unknown>;

/** Answers calls with `handlers`, one after the other. Typed arrays in answers are transferred. */
export function serveRpc(peer: MessagePeer, handlers: RpcHandlers): void {
  let last: Promise<void> = Promise.resolve();
  peer.addEventListener("message", (event) => {
    const request = event.data as Request;
    last = last.then(() => answer(peer, handlers, request));
  });
}

async function answer(peer: MessagePeer, handlers: RpcHandlers, request: Request): Promise<void> {
  const { call, method, args } = request;
  try {
    const handler = handlers[method];
    if (!handler) throw new PerchError("internal", `the database worker knows no ${method}`);
    const value = await handler(...args);
    peer.postMessage({ call, ok: true, value } satisfies Response, buffersOf(value));
  } catch (error) {
    const perch = error instanceof PerchError
      ? error
      : new PerchError("internal", `${method} failed: ${String(error)}`);
    const { code, message, errors, retryAfterS, refusal } = perch;
    peer.postMessage(
      { call, ok: false, code, message, errors, retryAfterS, refusal } satisfies Response,
      [],
    );
  }
}

/** Buffers of the typed arrays that are direct fields of an answer: they change hands uncopied. */
function buffersOf(value: unknown): Transferable[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  const buffers = new Set<ArrayBuffer>();
  for (const field of Object.values(value)) {
    if (ArrayBuffer.isView(field) && field.buffer instanceof ArrayBuffer) {
      buffers.add(field.buffer);
    }
  }
  return [...buffers];
}

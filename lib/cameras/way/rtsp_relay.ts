/*
 * DESIGN
 * ffmpeg connects to a port of loopback and no further: the connection to the camera is the guard's, made before
 * ffmpeg is started. Messages are changed on the way (rtsp_exchange.ts), packets pass as they come. When Perch is
 * killed, both connections close with it, and so ffmpeg ends.
 */
import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { FeedError } from "../fault.ts";
import { createExchange } from "./rtsp_exchange.ts";
import { createFraming, NoRtsp } from "./rtsp_framing.ts";
import type { CameraAddress } from "./target.ts";
import { type RelayWay, SILENCE_MS, type WayDeps } from "./way.ts";
import { connectFault, otherLanguage, silent } from "./way_fault.ts";

export interface RelayDeps extends WayDeps {
  /** What comes within so long is handed on together, which costs half as much. Default 0: at once. */
  gatherMs?: number;
}

/** More than this is not kept for one write. */
const GATHERED_MOST = 16_384;

/** Connects to the camera, then listens for one client on loopback. @throws FeedError */
export async function openRtspRelay(address: CameraAddress, deps: RelayDeps): Promise<RelayWay> {
  const { outgoing, allowed, signal, silenceMs = SILENCE_MS } = deps;
  const camera = await outgoing.connect(address.host, address.port, {
    signal,
    allow: allowed ?? undefined,
    tls: address.scheme === "rtsps",
    timeoutMs: silenceMs,
  }).catch(async (error) => {
    throw await connectFault(error, address, deps);
  });
  return relayOf(camera, address, signal, silenceMs, deps.gatherMs ?? 0);
}

/** Stands between the camera and the first who connects, until one of them leaves. */
function relayOf(
  camera: Socket,
  address: CameraAddress,
  signal: AbortSignal,
  silenceMs: number,
  gatherMs: number,
): RelayWay {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const exchange = createExchange(`rtsp://127.0.0.1:${listener.addr.port}`, address);
  let client: Deno.TcpConn | null = null;
  let fault: FeedError | null = null;
  let over = false;
  const life = new AbortController();
  let bytes = 0;
  let lastByteAtMs = performance.now();
  let lastRequestAtMs = lastByteAtMs;
  let handingOn = false;

  function end(why: FeedError | null): void {
    if (over) return;
    over = true;
    life.abort();
    fault = why;
    clearInterval(watch);
    signal.removeEventListener("abort", onAbort);
    camera.destroy();
    closeQuietly(listener);
    if (client !== null) closeQuietly(client);
  }

  function toCamera(message: Uint8Array): void {
    lastRequestAtMs = performance.now();
    camera.write(message);
  }

  async function toClient(to: Deno.TcpConn, what: Uint8Array): Promise<void> {
    handingOn = true;
    try {
      for (let at = 0; at < what.length;) at += await to.write(what.subarray(at));
    } catch {
      end(null);
    } finally {
      handingOn = false;
    }
  }

  async function fromClient(from: Deno.TcpConn): Promise<void> {
    const split = createFraming();
    const parts: Uint8Array[] = [];
    for await (const chunk of from.readable) {
      for (const piece of split(chunk)) {
        if (piece.kind === "message") {
          toCamera(exchange.ask(piece.message));
          continue;
        }
        // A request that is sent again must not fall into the middle of a packet.
        parts.push(piece.bytes.slice());
        if (piece.whole) { for (const part of parts.splice(0)) camera.write(part); }
      }
    }
  }

  async function fromCamera(to: Deno.TcpConn): Promise<void> {
    const split = createFraming();
    /** Packets that came meanwhile, for one write. */
    const held: Uint8Array[] = [];
    const handOn = () => toClient(to, Buffer.concat(held.splice(0)));
    for await (const chunk of camera as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      lastByteAtMs = performance.now();
      for (const piece of split(chunk)) {
        if (piece.kind === "packets") {
          held.push(piece.bytes);
          continue;
        }
        await handOn();
        const said = exchange.heard(piece.message);
        if (said?.to === "client") await toClient(to, said.bytes);
        else if (said !== null) toCamera(said.bytes);
      }
      const length = held.reduce((sum, part) => sum + part.length, 0);
      // All that waits is taken before anybody waits again: else pictures grow old here.
      if (camera.readableLength > 0 && length < GATHERED_MOST) continue;
      await handOn();
      if (length > 0 && camera.readableLength === 0) await gathering(gatherMs, life.signal);
    }
    await handOn();
    end(LEFT());
  }

  async function serve(): Promise<void> {
    client = await listener.accept();
    // Whoever comes second is not ffmpeg.
    closeQuietly(listener);
    if (over) return closeQuietly(client);
    lastRequestAtMs = performance.now();
    await Promise.allSettled([
      fromClient(client).then(() => end(null), () => end(null)),
      fromCamera(client).catch((error) => end(cameraFault(error))),
    ]);
  }

  const onAbort = () => end(null);
  const watch = setInterval(() => {
    if (client === null || handingOn || !exchange.expects()) return;
    if (performance.now() - Math.max(lastByteAtMs, lastRequestAtMs) > silenceMs) {
      end(silent(silenceMs));
    }
  }, silenceMs / 10);
  signal.addEventListener("abort", onAbort);
  camera.on("error", (error) => end(cameraFault(error)));
  camera.on("close", () => end(LEFT()));
  if (signal.aborted) end(null);
  const done = serve().catch(() => end(null));

  return {
    url: exchange.url,
    fault: () => fault,
    bytes: () => bytes,
    async close() {
      end(null);
      await done;
    },
  };
}

function gathering(ms: number, signal: AbortSignal): Promise<void> {
  if (ms === 0) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}

const LEFT = () => new FeedError("unreachable", "The camera closed the connection.");

function cameraFault(error: unknown): FeedError {
  if (error instanceof FeedError) return error;
  if (error instanceof NoRtsp) return otherLanguage("RTSP");
  const code = String((error as { code?: unknown } | null)?.code ?? "no more is known");
  return new FeedError("unreachable", `The connection to the camera broke (${code}).`);
}

function closeQuietly(what: { close(): void }): void {
  try {
    what.close();
  } catch {
    // closed already
  }
}

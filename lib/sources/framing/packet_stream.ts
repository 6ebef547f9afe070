import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import { Framer } from "./framer.ts";
import type { Link } from "./link.ts";

/*
 * DESIGN
 * A packet stream sits between a socket and an MQTT library. It cuts the inbound bytes into packets and
 * hands each to `packet`, which may keep it or pass it on (`pass`). When `packet` returns false, the socket is
 * not read until `goOn`: that is the back-pressure. What the library writes leaves as it is; writes of
 * one turn leave together, and a library never waits here: what a peer does not read is bounded, and
 * beyond that the connection is closed.
 */

/** Most bytes that wait to be written. */
const OUT_BYTES_MOST = 4 * 1024 * 1024;
/** Reads of bytes that are there already give nobody else a turn; after so many bytes others get one. */
const TURN_BYTES = 512 * 1024;

export abstract class PacketStream extends Duplex {
  readonly #link: Link;
  readonly #framer: Framer;
  #out: Uint8Array[] = [];
  #outBytes = 0;
  #writing = false;
  #goOn: (() => void) | null = null;
  #stopped = false;

  constructor(link: Link, packetBytesMost: number) {
    super({ emitClose: true, autoDestroy: true });
    this.#link = link;
    this.#framer = new Framer(
      packetBytesMost,
      (bytes, at, bodyAt, end, cut) => this.packet(bytes, at, bodyAt, end, cut),
    );
  }

  /** A packet at `[at, end)`; false when there is no room for it now. May throw a `FrameFault`. */
  protected abstract packet(
    bytes: Uint8Array,
    at: number,
    bodyAt: number,
    end: number,
    cut: boolean,
  ): boolean;

  /** All packets of one read were accepted. */
  protected drained(): void {}

  /** The peer sends no more. */
  protected ended(): void {
    this.destroy();
  }

  /** Bytes that go out behind what the library has written; null when there are none. */
  protected behind(): Uint8Array | null {
    return null;
  }

  /** Whether reading waits for room. */
  protected get stopped(): boolean {
    return this.#stopped;
  }

  /** Begins to read. */
  protected begin(): void {
    this.#readAll();
  }

  /** Hands bytes to the library. */
  protected pass(bytes: Uint8Array, at = 0, end = bytes.length): void {
    this.push(Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at));
  }

  /** There is room again: takes the refused packet once more and reads on. */
  goOn(): void {
    if (!this.#stopped || this.destroyed) return;
    try {
      if (!this.#framer.resume()) return;
      this.#stopped = false;
      this.drained();
      this.#goOn?.();
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  async #readAll(): Promise<void> {
    try {
      for (let bytes = 0;;) {
        const read = await this.#link.read();
        if (this.destroyed) return;
        if (read === null) return this.ended();
        bytes += read.length;
        if (bytes >= TURN_BYTES) {
          bytes = 0;
          await new Promise((resolve) => setTimeout(resolve, 0));
          if (this.destroyed) return;
        }
        const chunk = this.#framer.passOver(read);
        if (chunk.length === 0) continue;
        // A copy, as packets are handed over in place and the next read may write over these bytes.
        if (this.#framer.feed(chunk.slice())) this.drained();
        else {
          this.#stopped = true;
          this.drained();
          await new Promise<void>((resolve) => this.#goOn = resolve);
          this.#goOn = null;
        }
        if (this.destroyed) return;
      }
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  protected send(chunk: Uint8Array): void {
    this.#out.push(chunk);
    this.#outBytes += chunk.length;
    if (this.#outBytes > OUT_BYTES_MOST) {
      this.destroy(new Error(`the peer does not read: ${this.#outBytes} bytes wait for it`));
    } else this.flush();
  }

  /** Writes what waits, a microtask later, so that everything of this turn goes into one write. */
  protected flush(): void {
    if (this.#writing || this.destroyed) return;
    this.#writing = true;
    queueMicrotask(() => this.#writeAll());
  }

  async #writeAll(): Promise<void> {
    try {
      for (;;) {
        const bytes = this.#takeOutgoing();
        if (bytes.length === 0 || this.destroyed) break;
        await this.#link.write(bytes);
      }
    } catch (error) {
      this.destroy(error as Error);
    }
    this.#writing = false;
  }

  #takeOutgoing(): Uint8Array {
    const behind = this.behind();
    if (this.#out.length === 0 && behind !== null) return behind;
    if (this.#out.length === 1 && behind === null) {
      const only = this.#out[0];
      this.#out = [];
      this.#outBytes = 0;
      return only;
    }
    const bytes = new Uint8Array(this.#outBytes + (behind?.length ?? 0));
    let at = 0;
    for (const chunk of this.#out) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    if (behind !== null) bytes.set(behind, at);
    this.#out = [];
    this.#outBytes = 0;
    return bytes;
  }

  override _read(): void {}

  override _write(chunk: Uint8Array, _: string, done: (error?: Error | null) => void): void {
    this.send(chunk);
    done();
  }

  override _writev(chunks: { chunk: Uint8Array }[], done: (error?: Error | null) => void): void {
    for (const { chunk } of chunks) this.send(chunk);
    done();
  }

  override _final(done: (error?: Error | null) => void): void {
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#link.close();
    this.#goOn?.();
    done(error);
  }
}

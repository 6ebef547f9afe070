export interface ServerEvent {
  id: string;
  type: string;
  data: string;
}

/** Reads an event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export class EventReader {
  #reader: ReadableStreamDefaultReader<Uint8Array>;
  #decoder = new TextDecoder();
  #rest = "";
  #ready: ServerEvent[] = [];
  /** Last id received, also from blocks without data. */
  lastId = "";
  comments = 0;

  /** `answer` is held: the runtime does not tell the signal of a request to a body whose answer was collected. */
  constructor(body: ReadableStream<Uint8Array>, private readonly answer?: Response) {
    this.#reader = body.getReader();
  }

  /** The next event, or null at the end of the stream. */
  async next(): Promise<ServerEvent | null> {
    while (this.#ready.length === 0) {
      const { done, value } = await this.#reader.read();
      if (done) return null;
      const blocks = (this.#rest + this.#decoder.decode(value, { stream: true })).split("\n\n");
      this.#rest = blocks.pop()!;
      for (const block of blocks) this.#take(block);
    }
    return this.#ready.shift()!;
  }

  /** Ends the stream; a `next` that waits gives null. */
  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }

  #take(block: string): void {
    const event: ServerEvent = { id: this.lastId, type: "message", data: "" };
    for (const line of block.split("\n")) {
      if (line.startsWith(":")) this.comments++;
      const [, field, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
      if (field === "id") event.id = this.lastId = value;
      else if (field === "event") event.type = value;
      else if (field === "data") event.data += value;
    }
    if (event.data !== "") this.#ready.push(event);
  }
}

/** Opens `/api/stream`; throws with the status when it is refused. */
export async function openStream(
  url: string,
  options: {
    lastEventId?: string;
    headers?: Record<string, string>;
    signal?: AbortSignal;
    client?: Deno.HttpClient;
  } = {},
): Promise<EventReader> {
  const headers = { ...options.headers };
  if (options.lastEventId !== undefined) headers["last-event-id"] = options.lastEventId;
  const response = await fetch(
    url,
    { headers, signal: options.signal, client: options.client } as RequestInit,
  );
  if (response.status !== 200) {
    throw new Error(`stream refused with ${response.status}: ${await response.text()}`);
  }
  return new EventReader(response.body!, response);
}

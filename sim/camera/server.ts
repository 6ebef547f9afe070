/** What a camera of the plant does, by the faults of cameras in `../faults.ts`. */
export type CameraMode = "well" | "freeze" | "black" | "stop" | "half-open";

/** HTTP on this host alone: `/stream` is MJPEG, `/snapshot.jpg` one picture. */
export interface CameraServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Gives the next picture to send after the one numbered `after`; null: no more, this connection ends. */
export type NextPicture = (
  after: number,
  signal: AbortSignal,
) => Promise<{ jpeg: Uint8Array<ArrayBuffer>; sequence: number } | null>;

const BOUNDARY = "frame";

/** Listens on `port`, or on a free one if that is 0 or taken. */
export function serveCamera(port: number, next: NextPicture): CameraServer {
  const ending = new AbortController();
  const handler = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (pathname === "/stream") return await stream(next, ending.signal);
    if (pathname !== "/snapshot.jpg") return new Response("no such picture", { status: 404 });
    const picture = await next(0, ending.signal);
    if (picture === null) return new Response("no picture", { status: 503 });
    return new Response(picture.jpeg, { headers: { "content-type": "image/jpeg" } });
  };
  const listen = (wanted: number) =>
    Deno.serve({ hostname: "127.0.0.1", port: wanted, onListen() {}, handler });
  const server = listenOrElse(listen, port);
  return {
    port: server.addr.port,
    async close() {
      ending.abort();
      await server.shutdown();
    },
  };
}

function listenOrElse<T>(listen: (port: number) => T, port: number): T {
  try {
    return listen(port);
  } catch (error) {
    if (port === 0 || !(error instanceof Deno.errors.AddrInUse)) throw error;
    return listen(0);
  }
}

/** As a camera sends it: nothing, not even a header, until there is a picture. */
async function stream(next: NextPicture, ending: AbortSignal): Promise<Response> {
  const left = new AbortController();
  const signal = AbortSignal.any([ending, left.signal]);
  let picture = await next(0, signal);
  if (picture === null) return new Response("no picture", { status: 503 });
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (picture === null) return controller.close();
      controller.enqueue(part(picture.jpeg));
      picture = await next(picture.sequence, signal);
    },
    cancel: () => left.abort(),
  }, { highWaterMark: 0 });
  return new Response(body, {
    headers: {
      "content-type": `multipart/x-mixed-replace; boundary=${BOUNDARY}`,
      "cache-control": "no-store",
    },
  });
}

function part(jpeg: Uint8Array): Uint8Array {
  const head = new TextEncoder().encode(
    `--${BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`,
  );
  const bytes = new Uint8Array(head.length + jpeg.length + 2);
  bytes.set(head);
  bytes.set(jpeg, head.length);
  bytes.set([13, 10], bytes.length - 2);
  return bytes;
}

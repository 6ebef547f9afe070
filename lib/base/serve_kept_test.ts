import assert from "node:assert/strict";
import { silentLog } from "./log.ts";
import { serveKept } from "./serve_kept.ts";

Deno.test("serveKept stops within its grace while a client keeps a stream open, and no error ends the process", async () => {
  let controller: ReadableStreamDefaultController<Uint8Array>;
  const server = serveKept(
    (signal) =>
      Deno.serve(
        { hostname: "127.0.0.1", port: 0, signal, onListen: () => {} },
        () =>
          new Response(
            new ReadableStream({
              start(one) {
                controller = one;
                one.enqueue(new Uint8Array(1));
              },
            }),
          ),
      ),
    { log: silentLog(), name: "test" },
  );
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const reader = (await fetch(url)).body!.getReader();
  await reader.read();
  await server.stop(50);
  await assert.rejects(fetch(url), "nothing new is accepted");
  controller!.close();
  assert.equal((await reader.read()).done, true, "what was under way may end");
});

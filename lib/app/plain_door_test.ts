import assert from "node:assert/strict";
import { peerRules } from "../../routes/http/peer.ts";
import { createPlainDoor } from "./plain_door.ts";

const ROUTES = [
  { policy: "device-or:engineer", method: "post", path: "/api/ingest" },
  { policy: "engineer", method: "post", path: "/api/alarms" },
  { policy: "viewer", method: "get", path: "/api/ingest" },
] as const;
const HERE = { hostname: "192.168.1.9", port: 5000, transport: "tcp" } as const;

function doorOf(ingest: boolean, base = "") {
  const door = createPlainDoor({
    answer: () => new Response("let in"),
    routes: ROUTES,
    base,
    peers: peerRules([], null),
    hosts: { hostName: "plant", publicUrl: null },
    securePort: () => 8443,
    ingest,
  });
  return async (asked: string, headers: Record<string, string> = {}) => {
    const [method, path] = asked.split(" ");
    const request = new Request(`http://plant:8080${path}`, {
      method,
      headers: { host: "plant:8080", ...headers },
    });
    const answer = await door(request, { remoteAddr: HERE });
    await answer.body?.cancel();
    return answer.headers.get("location") ?? answer.status;
  };
}

Deno.test("plain HTTP beside HTTPS takes readings of devices where it may, and nothing else", async () => {
  const token = { authorization: "Bearer device" };
  assert.equal(await doorOf(false)("POST /api/ingest", token), 403);
  const open = doorOf(true);
  assert.equal(await open("POST /api/ingest", token), 200);
  // Neither another method at that path, nor what only looks like it.
  for (
    const asked of [
      ...["GET /api/ingest", "POST /api/ingest/", "POST /api/alarms", "POST /sign-in"],
      ...["POST /api/ingest/../alarms", "POST //api/ingest", "PUT /api/ingest"],
    ]
  ) assert.equal(await open(asked, token), 403, asked);
  assert.equal(await open("GET /alarms"), "https://plant:8443/alarms");
  // What follows the own name is no other one.
  assert.equal(await open("GET //evil.example/x"), "https://plant:8443//evil.example/x");
  assert.equal(await open("GET /alarms", { host: "evil.example" }), 200, "refused as ever, by 421");
  const below = doorOf(true, "/monitor");
  assert.equal(await below("POST /monitor/api/ingest", token), 200);
  assert.equal(await below("POST /monitor/api/alarms", token), 403);
});

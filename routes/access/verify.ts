import { z } from "zod";
import type { Access } from "../../lib/access/access.ts";
import { PerchError } from "../../lib/base/errors.ts";
import { readJson } from "../http/body.ts";
import { validate } from "../http/validate.ts";
import { type Route, route } from "../http/route.ts";

export interface VerifyServices {
  access: Pick<Access, "keys">;
  site: {
    /** `USER_ID`. */
    id: string | null;
    name: string;
    /** `LOCAL_SENSOR_IP`. */
    address: string | null;
    version: string;
  };
}

const challengeShape = z.strictObject({
  key: z.string().min(1).max(80).describe("name or id of the key that the client holds"),
  nonce: z.string().min(16).max(128).describe("random, new for each call"),
}).meta({ id: "Challenge" });

const verificationShape = z.object({
  site: z.string().nullable().describe("USER_ID"),
  name: z.string(),
  address: z.string().nullable().describe("LOCAL_SENSOR_IP"),
  version: z.string(),
  machine: z.string().nullable().describe("the machine of a device key that was sent"),
  proof: z.string().nullable().describe(
    "hex HMAC-SHA256 with the hex SHA-256 of the key as its key, over `perch-verify <nonce> <site>`",
  ),
}).meta({ id: "Verification" });

/**
 * `POST /api/verify`: who this Perch is, for clients on the network that hold one of its keys. Either the key
 * itself is sent, or its name and a nonce: then the answer proves that this Perch knows the key, and the key
 * never leaves the client.
 */
export function verifyRoutes({ access, site }: VerifyServices): Route[] {
  return [
    route({
      method: "post",
      path: "/api/verify",
      policy: "public",
      summary: "Who this Perch is, for clients that hold a key of it",
      tags: ["About"],
      maxBodyBytes: 4096,
      accepts: {
        "application/json": {
          description: "not needed with an Authorization header",
          schema: challengeShape,
          example: { key: "fixture", nonce: "0123456789abcdef" },
        },
      },
      responses: {
        200: { description: "This Perch", schema: verificationShape },
        401: { description: "No valid key" },
      },
      handler: async ({ c, who }) => {
        const empty = c.req.raw.body === null || c.req.header("content-length") === "0";
        const body = empty ? null : await validate(
          challengeShape,
          await readJson(c.req.raw),
          "body",
        ) as z.output<typeof challengeShape>;
        const proof = body &&
          access.keys.prove(body.key, `perch-verify ${body.nonce} ${site.id ?? ""}`);
        if (who === null && !proof) {
          throw new PerchError("unauthenticated", "sign in, or send a valid token or key");
        }
        const { id, name, address, version } = site;
        const machine = who?.machine ?? null;
        return Response.json({ site: id, name, address, version, machine, proof });
      },
    }),
  ];
}

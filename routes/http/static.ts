import { createHash } from "node:crypto";
import { join, normalize } from "node:path";
import { gzipSync } from "node:zlib";
import { carried } from "../../lib/base/carried.ts";
import { PerchError } from "../../lib/base/errors.ts";
import { type Route, route } from "./route.ts";

interface Asset {
  bytes: Uint8Array<ArrayBuffer>;
  /** Null where compressing gains nothing. */
  gzip: Uint8Array<ArrayBuffer> | null;
  type: string;
  /** First characters of the content's SHA-256. */
  hash: string;
}

/** Files of `static/`, read once when first needed. */
export interface Assets {
  /** Address of a file that changes with its content: `/static/built/perch.css?v=…`. Null when it is not there. */
  url(path: string): string | null;
  /** Undefined when there is no such file. */
  get(path: string): Asset | undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  webmanifest: "application/manifest+json",
  md: "text/markdown; charset=utf-8",
};
const YEAR = "public, max-age=31536000, immutable";

/** Opens the folder; in a compiled binary it is the embedded one. */
export function createAssets(folder = carried("static")): Assets {
  const known = new Map<string, Asset | undefined>();

  function read(path: string): Asset | undefined {
    const type = TYPES[path.slice(path.lastIndexOf(".") + 1)];
    if (type === undefined || !isPlain(path)) return undefined;
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      bytes = Deno.readFileSync(join(folder, path));
    } catch {
      return undefined;
    }
    const packed = type === "image/png" ? null : new Uint8Array(gzipSync(bytes));
    return {
      bytes,
      gzip: packed && packed.length < bytes.length * 0.9 ? packed : null,
      type,
      hash: createHash("sha256").update(bytes).digest("hex").slice(0, 16),
    };
  }

  function get(path: string): Asset | undefined {
    // Only what exists is kept: asking for other names must not fill the memory.
    const found = known.get(path) ?? read(path);
    if (found) known.set(path, found);
    return found;
  }
  return {
    get,
    url(path) {
      const asset = get(path);
      return asset === undefined ? null : `/static/${path}?v=${asset.hash}`;
    },
  };
}

/** A relative path that stays inside its folder. */
function isPlain(path: string): boolean {
  return path.length < 200 && /^[\w][\w./-]*$/.test(path) && !path.includes("..") &&
    normalize(path) === path;
}

/** `/static/*` and the few files that browsers ask for at the root. */
export function staticRoutes(assets: Assets): Route[] {
  return [
    route({
      method: "get",
      path: "/static/*",
      policy: "public",
      summary: null,
      handler: ({ c }) => {
        const path = c.req.path.slice("/static/".length);
        const asset = assets.get(path);
        if (asset === undefined) throw new PerchError("not_found", "there is no such file");
        // Names of shared parts carry their content's hash; so does an address with `?v=`.
        const fixed = c.req.query("v") === asset.hash || /-[A-Z0-9]{8}\.js$/.test(path);
        return answer(asset, fixed, c.req.raw.headers);
      },
    }),
    route({
      method: "get",
      path: "/favicon.ico",
      policy: "public",
      summary: null,
      handler: ({ c }) => {
        const icon = assets.get("icon.svg");
        if (icon === undefined) throw new PerchError("not_found", "there is no such file");
        return answer(icon, false, c.req.raw.headers);
      },
    }),
  ];
}

function answer(asset: Asset, fixed: boolean, headers: Headers): Response {
  const gzip = asset.gzip !== null && acceptsGzip(headers);
  const etag = `"${asset.hash}${gzip ? "-gz" : ""}"`;
  const common = {
    etag,
    "cache-control": fixed ? YEAR : "no-cache",
    vary: "accept-encoding",
  };
  if (headers.get("if-none-match")?.includes(etag)) {
    return new Response(null, { status: 304, headers: common });
  }
  return new Response(gzip ? asset.gzip : asset.bytes, {
    headers: {
      ...common,
      "content-type": asset.type,
      ...(gzip ? { "content-encoding": "gzip" } : {}),
    },
  });
}

/** What a client takes, beside `Accept-Encoding`, where a node hands its request on and the answer back as it is. */
export const PACKED_FOR = "perch-node-accept-encoding";

/** True when the client takes gzip. */
export function acceptsGzip(headers: Headers): boolean {
  const takes = headers.get(PACKED_FOR) ?? headers.get("accept-encoding") ?? "";
  return /\bgzip\b(?!;\s*q=0(\.0+)?\s*(,|$))/.test(takes);
}

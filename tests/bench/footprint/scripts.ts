/** Script of each page as a browser would load it, gzip, in bytes: `script_gzip_bytes <page>`. */
export async function scriptBytes(url: string, key: string): Promise<Record<string, number>> {
  const headers = { authorization: `Bearer ${key}`, accept: "text/html" };
  const answer = await fetch(`${url}/api/sensors?limit=1`, { headers });
  const [sensor] = answer.ok ? (await answer.json()).items : (await answer.body?.cancel(), []);
  const pages: [string, string][] = [["overview", "/"], ["sources", "/sources"]];
  if (sensor !== undefined) pages.push(["sensor", `/sensors/${sensor.id}`]);
  const figures: Record<string, number> = {};
  for (const [name, path] of pages) {
    const response = await fetch(url + path, { headers });
    const html = await response.text();
    if (!response.ok) continue;
    figures[`script_gzip_bytes ${name}`] = await bytesOfPage(url + path, html);
  }
  return figures;
}

async function bytesOfPage(page: string, html: string): Promise<number> {
  let bytes = 0;
  for (const [, inline] of html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([^<]+)<\/script>/g)) {
    bytes += (await gzip(new TextEncoder().encode(inline))).length;
  }
  const waiting = [...html.matchAll(/<(?:script|link)[^>]*(?:src|href)="([^"]+\.js[^"]*)"/g)]
    .map(([, source]) => new URL(source, page).href);
  const loaded = new Set<string>();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (loaded.has(next)) continue;
    loaded.add(next);
    const text = await (await fetch(next)).text();
    bytes += (await gzip(new TextEncoder().encode(text))).length;
    const from = next;
    for (
      const [, inner] of text.matchAll(/(?:from|import)\s*\(?\s*["'](\.{0,2}\/[^"']+\.js)["']/g)
    ) {
      waiting.push(new URL(inner, from).href);
    }
  }
  return bytes;
}

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

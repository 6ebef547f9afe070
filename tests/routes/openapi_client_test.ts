/** What others do with the API document: lint it, and generate a client from it. */
import assert from "node:assert/strict";
import {
  BaseResolver,
  createConfig,
  lintDocument,
  makeDocumentFromString,
} from "@redocly/openapi-core";
import openapiTypeScript, { astToString } from "openapi-typescript";
import { systemActor } from "../../lib/access/audit_row.ts";
import { withDocument } from "../support/api_document.ts";
import { ROOT } from "../support/perch.ts";

/** What an operation may add, with its shapes: a new room must not make the document long again. */
const MOST_BYTES_PER_OPERATION = 1_240;

Deno.test("openapi: redocly's recommended rules have nothing to say, and the document is small", () =>
  withDocument({}, async (text) => {
    const operations = [...text.matchAll(/"operationId":/g)].length;
    const bytes = text.length / operations;
    assert.ok(bytes <= MOST_BYTES_PER_OPERATION, `${operations} operations of ${bytes} bytes`);
    const found = await lintDocument({
      document: makeDocumentFromString(text, "openapi.json"),
      externalRefResolver: new BaseResolver(),
      config: await createConfig({ extends: ["recommended"] }),
    });
    const words = found.map((f) => `${f.ruleId}: ${f.message} (${f.location[0]?.pointer})`);
    assert.deepEqual(words, []);
  }));

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A program as a user would write it against the generated types. */
const client = (field: string) => `
import createClient from "openapi-fetch";
import type { components, paths } from "./perch.ts";

const [baseUrl, key] = Deno.args;
const perch = createClient<paths>({ baseUrl, headers: { authorization: \`Bearer \${key}\` } });
const posted = await perch.POST("/api/ingest", {
  body: { machine: "hall-1/press-3", sensor: "temperature", value: 61.5 },
});
const { data, error } = await perch.GET("/api/alarms", {
  params: { query: { open: true, severity: ["critical"] } },
});
if (error) throw new Error(error.detail);
const alarms: components["schemas"]["Alarm"][] = data.items;
console.log(JSON.stringify({ accepted: posted.data?.accepted, alarms: alarms.map((a) => a.${field}) }));
`;

// Its control: a field that there is not must not pass the type check.
Deno.test("openapi: a client generated from the document lists alarms and posts a reading", () =>
  withDocument({}, async (document, under) => {
    const dir = await Deno.makeTempDir({ prefix: "perch-client-" });
    try {
      const types = await openapiTypeScript(JSON.parse(document));
      await Deno.writeTextFile(`${dir}/perch.ts`, astToString(types));
      const { key } = await under.app.parts().access.keys.add(
        { name: "client", role: "engineer" },
        systemActor("test"),
      );
      const run = async (field: string) => {
        await Deno.writeTextFile(`${dir}/client.ts`, client(field));
        return await new Deno.Command(Deno.execPath(), {
          args: ["run", "--check", "--allow-net", "--config", `${ROOT}deno.json`]
            .concat(`${dir}/client.ts`, under.url, key),
          env: { NO_COLOR: "1" },
        }).output();
      };
      const good = await run("title");
      assert.equal(good.code, 0, text(good.stderr));
      assert.deepEqual(JSON.parse(text(good.stdout)), { accepted: 1, alarms: [] });
      const wrong = await run("titel");
      assert.notEqual(wrong.code, 0);
      assert.match(text(wrong.stderr), /'titel'/);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  }));

/** As a process: holds a read transaction on a database until it is ended, as a tool that looks into it may. */
import { createClient } from "@libsql/client";

const client = createClient({ url: `file:${Deno.args[0]}` });
const reader = await client.transaction("read");
await reader.execute("select count(*) from migrations");
console.log("holding");
for await (const _ of Deno.stdin.readable);
Deno.exit(0);

/**
 * Many who look at one live picture, in a process of their own. Arguments: address, key, viewers. Prints the bytes that
 * came after each line on standard input, and ends with it.
 */
const [url, key, count] = Deno.args;
let bytes = 0;

async function look(): Promise<void> {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
  if (!answer.ok) throw new Error(await answer.text());
  for await (const chunk of answer.body!) bytes += chunk.length;
}

for (let i = 0; i < Number(count); i++) look();
for await (const _ of Deno.stdin.readable) console.log(bytes);
Deno.exit(0);

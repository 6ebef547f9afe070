import assert from "node:assert/strict";

/** What the first account of a Perch can do. */
export interface FirstAccount {
  password: string;
  /** Headers of its browser: a session, from the same origin. */
  browser: Record<string, string>;
  /** An API key of an admin. */
  key: string;
}

const TOKEN = /with the token (\S+)/;

/** Makes the first account with the token that Perch printed, and a key. */
export async function firstAccount(url: string, output: string): Promise<FirstAccount> {
  const password = "words that nobody else has";
  const token = TOKEN.exec(output)![1];
  const headers = { "sec-fetch-site": "same-origin" };
  const body = new URLSearchParams({ token, email: "owner@plant.example", password });
  const door = await fetch(`${url}/setup`, { method: "POST", headers, body, redirect: "manual" });
  assert.equal(door.status, 303, await door.text());
  const browser = { ...headers, cookie: door.headers.get("set-cookie")!.split(";")[0] };
  const added = await fetch(`${url}/api/keys`, {
    method: "POST",
    headers: { ...browser, "content-type": "application/json" },
    body: JSON.stringify({ name: "test", role: "admin" }),
  });
  assert.equal(added.status, 201, await added.clone().text());
  return { password, browser, key: (await added.json()).key };
}

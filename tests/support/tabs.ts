/**
 * Chromium as a person has it: one window whose tabs open in the background are really hidden. Playwright keeps
 * every page visible, so this speaks the DevTools protocol itself.
 */
import { CHROMIUM, FLAGS } from "./browser.ts";
import { until } from "./until.ts";

// deno-lint-ignore no-explicit-any
type Answer = any;

export interface Tab {
  /** Value of an expression; promises are awaited. */
  run(expression: string): Promise<Answer>;
  /** True when its document and scripts are loaded, within `withinMs`. */
  loads(withinMs?: number): Promise<boolean>;
}

export interface Tabs {
  /** `background`: as a link opened with the middle button. `window`: a window of its own, visible beside others. */
  open(url: string, how?: "foreground" | "background" | "window"): Promise<Tab>;
  close(): Promise<void>;
}

/** `without`: features of the browser that are taken away from it. */
export async function startTabs(without: readonly string[] = []): Promise<Tabs> {
  const folder = await Deno.makeTempDir({ prefix: "perch-tabs-" });
  const child = new Deno.Command(CHROMIUM, {
    args: [
      "--headless=new",
      "--remote-debugging-port=0",
      `--user-data-dir=${folder}`,
      ...FLAGS,
      ...(without.length === 0 ? [] : [`--disable-blink-features=${without.join(",")}`]),
      "about:blank",
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const port = await until("Chromium to say its port", async () => {
    const text = await Deno.readTextFile(`${folder}/DevToolsActivePort`).catch(() => "");
    return text.split("\n")[0] || null;
  });
  const version = await (await fetch(`http://127.0.0.1:${port}/json/version`)).json();
  const send = await connection(version.webSocketDebuggerUrl);

  return {
    async open(url, how = "foreground") {
      const { targetId } = await send("Target.createTarget", {
        url,
        background: how === "background",
        newWindow: how === "window",
      });
      const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
      const run = async (expression: string) => {
        const answer = await send("Runtime.evaluate", {
          expression,
          awaitPromise: true,
          returnByValue: true,
        }, sessionId);
        return answer.result.value;
      };
      // While it goes to another page there is nothing to ask, and before it goes to the first it is empty.
      const ready = () =>
        run("location.href === 'about:blank' ? null : document.readyState").catch(() => null);
      return {
        run,
        loads: (withinMs = 15_000) =>
          until(
            `${url} to load`,
            async () => (await ready()) === "complete" || null,
            withinMs,
          ).then(() => true, () => false),
      };
    },
    async close() {
      await send("Browser.close", {}).catch(() => {});
      await child.status;
      await Deno.remove(folder, { recursive: true }).catch(() => {});
    },
  };
}

async function connection(url: string) {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const waiting = new Map<
    number,
    { resolve: (answer: Answer) => void; reject: (e: Error) => void }
  >();
  let last = 0;
  socket.onmessage = ({ data }) => {
    const { id, result, error } = JSON.parse(data);
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error) asked?.reject(new Error(error.message));
    else asked?.resolve(result);
  };
  socket.onclose = () => {
    for (const { reject } of waiting.values()) reject(new Error("the browser has ended"));
  };
  return (method: string, params: unknown, sessionId?: string): Promise<Answer> => {
    const id = ++last;
    socket.send(JSON.stringify({ id, method, params, sessionId }));
    return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  };
}

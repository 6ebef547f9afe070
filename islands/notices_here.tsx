/** Switches notices of this browser on: asks the person, the push service, and tells Perch. */
import { useEffect, useState } from "preact/hooks";
import { at, fetchOwn } from "./own.ts";
import { sentence } from "../lib/words/sentence.ts";

type Now = "looking" | "off" | "on" | "busy" | "refused" | "unable";

const WORDS: Record<Now, string> = {
  looking: "Checking whether this browser shows notices.",
  off: "This browser does not show notices.",
  on: "This browser shows notices.",
  busy: "Switching on.",
  refused: "This browser was told not to show notices of Perch: allow them in its site settings.",
  unable: "This browser cannot show notices of a page.",
};

/** What stands about this browser, with the button. */
export function NoticesHere() {
  const [now, setNow] = useState<Now>("looking");
  const [fault, setFault] = useState<string | null>(null);
  useEffect(() => {
    lookNow().then(setNow, () => setNow("off"));
  }, []);

  async function switchOn() {
    setFault(null);
    setNow("busy");
    try {
      if (await Notification.requestPermission() !== "granted") return setNow("refused");
      await subscribe();
      location.assign(at("/notices"));
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
      setNow("off");
    }
  }

  return (
    <>
      <p role="status">{WORDS[now]}</p>
      {fault !== null && <p class="error" role="alert">{sentence(fault)}</p>}
      {(now === "off" || now === "busy") && (
        <button type="button" class="primary" disabled={now === "busy"} onClick={switchOn}>
          Show notices on this device
        </button>
      )}
    </>
  );
}

async function lookNow(): Promise<Now> {
  if (
    !("serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis)
  ) {
    return "unable";
  }
  if (Notification.permission === "denied") return "refused";
  const worker = await navigator.serviceWorker.getRegistration(at("/"));
  return await worker?.pushManager.getSubscription() ? "on" : "off";
}

async function subscribe(): Promise<void> {
  const { public_key } = await answered(await fetchOwn("/api/push")) as { public_key: string };
  const { pushManager } = await navigator.serviceWorker.ready;
  // One that was made for another Perch, or before its key changed, would be of no use.
  await (await pushManager.getSubscription())?.unsubscribe();
  const made = await pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: public_key,
  });
  const response = await fetchOwn("/api/push/subscriptions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(made.toJSON()),
  });
  if (!response.ok) await made.unsubscribe();
  await answered(response);
}

/** What was answered. @throws Error with the sentence of the problem */
async function answered(response: Response): Promise<unknown> {
  const said = await response.json();
  if (!response.ok) throw new Error(String(said?.detail ?? response.status));
  return said;
}

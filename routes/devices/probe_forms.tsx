import type { VNode } from "preact";
import { shownAddress } from "../../lib/sources/polls/fault.ts";
import { kindOf } from "../../lib/sources/polls/kinds/mod.ts";
import type { PollView } from "../../lib/sources/polls/poll_view.ts";
import { SeenField } from "../frame/form.tsx";
import { type FormState, stateOf } from "../frame/form_page.ts";
import { Post } from "../frame/parts.tsx";
import { ProbeFields } from "./probe_fields.tsx";
import { probeHref } from "./probe_parts.tsx";

/** The one question before an address in the local network is connected to. */
export function Ask({ view, address }: { view: PollView; address: string }): VNode {
  return (
    <section class="card attention" aria-labelledby="ask">
      <h2 id="ask">{`Allow ${shownAddress(address)} for this probe?`}</h2>
      <Post
        action={`${probeHref(view.id)}/allow`}
        fields={{ address }}
        look="primary"
        about={
          <p class="help">
            Perch connects to nothing in the local network unless an admin says so. This allows this
            address and port to this probe, and to nothing else.
          </p>
        }
      >
        Allow
      </Post>
    </section>
  );
}

/** What engineers do with a probe that is there. */
export function Doings({ view }: { view: PollView }): VNode {
  const at = probeHref(view.id);
  return (
    <div class="buttons">
      {kindOf(view.kind)?.reports !== true && (
        <Post action={`${at}/test`} look="small">Test now</Post>
      )}
      <Post
        action={`${at}/enable`}
        fields={{ enabled: view.enabled ? "off" : "on" }}
        seen
        look="small"
      >
        {view.enabled ? "Pause" : "Resume"}
      </Post>
    </div>
  );
}

/** Where it connects to, how often, and its end. For admins. */
export function ChangeForm({ view, state }: { view: PollView; state: FormState }): VNode {
  const kind = kindOf(view.kind);
  const { values, errors } = stateOf(state, "change");
  const at = probeHref(view.id);
  return (
    <section class="card" aria-labelledby="settings">
      <h2 id="settings">Settings</h2>
      {kind === null
        ? <p class="error">{view.text}</p>
        : (
          <details class="more-form" open={state.form === "change" && state.status >= 400}>
            <summary>{`Name, ${kind.title} and how often`}</summary>
            <form method="post" action={`${at}/change`} class="camera-settings">
              <SeenField />
              <ProbeFields kind={kind} stored={view} values={values} errors={errors} />
              <button type="submit" class="primary">Save</button>
            </form>
          </details>
        )}
      {view.kind === "modbus" && (
        <p>
          <a href={`${at}/registers`}>The register map as a form</a>
        </p>
      )}
      {kind?.reports === true && (
        <details class="more-form">
          <summary>A new address</summary>
          <Post
            action={`${at}/secret`}
            seen
            about={<p class="help">The one that it has now is none any more.</p>}
          >
            {`Give ${view.name} a new address`}
          </Post>
        </details>
      )}
      <details class="more-form">
        <summary>Remove this probe</summary>
        <Post
          action={`${at}/remove`}
          seen
          about={<p class="help">Its machine, readings and events stay.</p>}
        >
          {`Remove ${view.name}`}
        </Post>
      </details>
      {view.allowed !== null && (
        <p class="muted">{`An admin allowed it to connect to ${view.allowed}.`}</p>
      )}
    </section>
  );
}

import type { VNode } from "preact";
import type { CameraView } from "../../lib/cameras/camera_view.ts";
import { kindOf } from "../../lib/cameras/kinds/mod.ts";
import { type FormState, stateOf } from "../frame/form_page.ts";
import { SeenField } from "../frame/form.tsx";
import { cameraHref } from "../frame/links.ts";
import { Post } from "../frame/parts.tsx";
import { CameraFields, SettingFields } from "./fields.tsx";
import type { CameraPageParts } from "./page_parts.tsx";

/** The one question before a camera in the local network is connected to. */
export function Ask({ view, address }: { view: CameraView; address: string }): VNode {
  return (
    <section class="card attention" aria-labelledby="ask">
      <h2 id="ask">{`Allow ${address} for this camera?`}</h2>
      <Post
        action={`${cameraHref(view.id)}/allow`}
        fields={{ address }}
        look="primary"
        about={
          <p class="help">
            Perch connects to nothing in the local network unless an admin says so. This allows this
            address and port to this camera, and to nothing else.
          </p>
        }
      >
        Allow
      </Post>
    </section>
  );
}

/** What engineers and admins do with a camera that is there. */
export function Doings({ view, admin }: { view: CameraView; admin: boolean }): VNode {
  const at = cameraHref(view.id);
  return (
    <div class="buttons">
      {view.enabled && <Post action={`${at}/keep`} look="small">Keep a picture</Post>}
      <Post action={`${at}/test`} look="small">Test</Post>
      {view.enabled && <Post action={`${at}/recover`} look="small">Restart it</Post>}
      {admin && (
        <Post
          action={`${at}/enable`}
          fields={{ enabled: view.enabled ? "off" : "on" }}
          seen
          look="small"
        >
          {view.enabled ? "Switch off" : "Switch on"}
        </Post>
      )}
    </div>
  );
}

/** Where it gets its pictures from, and what is done with them. For admins. */
export function SettingsForms(
  { parts, view, state }: { parts: CameraPageParts; view: CameraView; state: FormState },
): VNode {
  const kind = kindOf(view.kind);
  const [source, settings] = [stateOf(state, "change"), stateOf(state, "settings")];
  const at = cameraHref(view.id);
  return (
    <section class="card" aria-labelledby="settings">
      <h2 id="settings">Settings</h2>
      {kind === null
        ? <p class="error">{view.fault}</p>
        : (
          <details class="more-form" open={state.form === "change" && state.status >= 400}>
            <summary>{`Name, machine and source (${kind.title})`}</summary>
            <form method="post" action={`${at}/change`}>
              <SeenField />
              <CameraFields
                parts={parts}
                kind={kind}
                stored={view}
                values={source.values}
                errors={source.errors}
              />
              <button type="submit" class="primary">Save</button>
            </form>
          </details>
        )}
      <details class="more-form" open={state.form === "settings" && state.status >= 400}>
        <summary>Pictures, thresholds and recovery</summary>
        <form method="post" action={`${at}/settings`} class="camera-settings">
          <SeenField />
          <SettingFields
            stored={view.settings}
            values={settings.values}
            errors={settings.errors}
          />
          <button type="submit" class="primary">Save</button>
        </form>
      </details>
      <RemoveForm view={view} />
      {view.allowed !== null && (
        <p class="muted">{`An admin allowed it to connect to ${view.allowed}.`}</p>
      )}
    </section>
  );
}

/** The button stands behind a first step, and says what goes. */
function RemoveForm({ view }: { view: CameraView }): VNode {
  return (
    <details class="more-form">
      <summary>Remove this camera</summary>
      <Post
        action={`${cameraHref(view.id)}/remove`}
        seen
        about={
          <p class="help">
            Its settings and the pictures that were kept of it are deleted for good. Events and
            readings stay.
          </p>
        }
      >
        {`Remove ${view.name} and its pictures`}
      </Post>
    </details>
  );
}
